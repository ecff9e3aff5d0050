// Network: services, endpoints, ingresses, addresses.
#include <algorithm>
#include <set>

#include "api/table/printer.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

// How many addresses or hosts a cell shows.
constexpr std::size_t kMostShown = 3;

constexpr Column kServiceColumns[] = {kNameColumn,
                                      text_column("Type"),
                                      text_column("Cluster-IP"),
                                      text_column("External-IP"),
                                      text_column("Port(s)"),
                                      kAgeColumn,
                                      text_column("Selector", 1)};
constexpr Column kIngressColumns[] = {kNameColumn,          text_column("Class"),
                                      text_column("Hosts"), text_column("Address"),
                                      text_column("Ports"), kAgeColumn};
constexpr Column kIngressClassColumns[] = {kNameColumn, text_column("Controller"),
                                           text_column("Parameters"), kAgeColumn};
constexpr Column kEndpointsColumns[] = {kNameColumn, text_column("Endpoints"), kAgeColumn};
constexpr Column kSliceColumns[] = {kNameColumn, text_column("AddressType"), text_column("Ports"),
                                    text_column("Endpoints"), kAgeColumn};
constexpr Column kPolicyColumns[] = {kNameColumn, text_column("Pod-Selector"), kAgeColumn};
constexpr Column kAddressColumns[] = {kNameColumn, text_column("ParentRef")};
constexpr Column kCidrColumns[] = {kNameColumn, text_column("CIDRs"), kAgeColumn};

// The addresses or host names of status.loadBalancer, each once, sorted.
std::vector<std::string> balancer_addresses(const Json& object) {
  std::set<std::string> found;
  for (const Json& ingress : list_in(object, {"status", "loadBalancer", "ingress"})) {
    const std::string_view ip = object::text_at(ingress, "ip");
    const std::string_view host = object::text_at(ingress, "hostname");
    if (!ip.empty()) {
      found.emplace(ip);
    } else if (!host.empty()) {
      found.emplace(host);
    }
  }
  return {found.begin(), found.end()};
}

std::string external_address(const Json& service) {
  const std::string_view type = text_in(service, {"spec", "type"});
  if (type == "ExternalName") return std::string(text_in(service, {"spec", "externalName"}));
  const std::string external = joined_texts(list_in(service, {"spec", "externalIPs"}), ",");
  if (type == "LoadBalancer") {
    std::string out = base::join(balancer_addresses(service), ",");
    if (!out.empty() && !external.empty()) out += ",";
    out += external;
    return out.empty() ? "<pending>" : out;
  }
  if (type == "ClusterIP" || type == "NodePort") return external.empty() ? "<none>" : external;
  return "<unknown>";
}

std::string service_ports(const Json& service) {
  std::string out;
  for (const Json& port : list_in(service, {"spec", "ports"})) {
    if (!out.empty()) out += ',';
    out += std::to_string(number_in(port, {"port"}));
    const std::int64_t node_port = number_in(port, {"nodePort"});
    if (node_port > 0) out += ":" + std::to_string(node_port);
    out += "/" + std::string(object::text_at(port, "protocol"));
  }
  return out.empty() ? "<none>" : out;
}

void print_service(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "type"}));
  const auto addresses = list_in(object, {"spec", "clusterIPs"});
  cells.text_or(addresses.empty() || !addresses.front().is_string()
                    ? text_in(object, {"spec", "clusterIP"})
                    : std::string_view(addresses.front().as_string()),
                "<none>");
  cells.text(external_address(object));
  cells.text(service_ports(object));
  cells.age(object);
  cells.text(labels_text(object::find(object, {"spec", "selector"})));
}

std::string ingress_hosts(const Json& object) {
  std::vector<std::string> hosts;
  for (const Json& rule : list_in(object, {"spec", "rules"})) {
    const std::string_view host = object::text_at(rule, "host");
    if (!host.empty()) hosts.emplace_back(host);
  }
  return hosts.empty() ? "*" : some_of(hosts, kMostShown);
}

void print_ingress(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text_or(text_in(object, {"spec", "ingressClassName"}), "<none>");
  cells.text(ingress_hosts(object));
  cells.text(base::join(balancer_addresses(object), ","));
  cells.text(size_in(object, {"spec", "tls"}) == 0 ? "80" : "80, 443");
  cells.age(object);
}

void print_ingress_class(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(text_in(object, {"spec", "controller"}));
  std::string parameters = "<none>";
  const Json* reference = object::find(object, {"spec", "parameters"});
  if (reference != nullptr && reference->is_object()) {
    parameters = object::text_at(*reference, "kind");
    const std::string_view group = object::text_at(*reference, "apiGroup");
    if (!group.empty()) parameters += "." + std::string(group);
    parameters += "/" + std::string(object::text_at(*reference, "name"));
  }
  cells.text(parameters);
  cells.age(object);
}

// host:port with an IPv6 host in brackets.
std::string host_port(std::string_view host, std::int64_t port) {
  std::string out(host);
  if (host.find(':') != std::string_view::npos) out = "[" + out + "]";
  return out + ":" + std::to_string(port);
}

std::string endpoints_text(const Json& object) {
  std::vector<std::string> texts;
  for (const Json& subset : list_in(object, {"subsets"})) {
    const auto ports = list_in(subset, {"ports"});
    const auto addresses = list_in(subset, {"addresses"});
    for (const Json& port : ports) {
      for (const Json& address : addresses) {
        texts.push_back(host_port(object::text_at(address, "ip"), number_in(port, {"port"})));
      }
    }
    if (!ports.empty()) continue;
    for (const Json& address : addresses) texts.emplace_back(object::text_at(address, "ip"));
  }
  return texts.empty() ? "<none>" : some_of(texts, kMostShown);
}

void print_endpoints(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(endpoints_text(object));
  cells.age(object);
}

void print_slice(Cells& cells, const Json& object) {
  std::vector<std::string> ports, addresses;
  for (const Json& port : list_in(object, {"ports"})) {
    const std::string number = scalar_in(port, {"port"});
    ports.push_back(number.empty() ? "*" : number);
  }
  for (const Json& endpoint : list_in(object, {"endpoints"})) {
    for (const Json& address : list_in(endpoint, {"addresses"})) {
      if (address.is_string()) addresses.emplace_back(address.as_string());
    }
  }
  cells.text(object::name(object));
  cells.text(object::text_at(object, "addressType"));
  cells.text(ports.empty() ? "<unset>" : some_of(ports, kMostShown));
  cells.text(addresses.empty() ? "<unset>" : some_of(addresses, kMostShown));
  cells.age(object);
}

void print_policy(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(selector_text(object::find(object, {"spec", "podSelector"})));
  cells.age(object);
}

void print_address(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  const Json* parent = object::find(object, {"spec", "parentRef"});
  std::string text = "<none>";
  if (parent != nullptr && parent->is_object()) {
    text = object::text_at(*parent, "resource");
    const std::string_view group = object::text_at(*parent, "group");
    if (!group.empty()) text += "." + std::string(group);
    const std::string_view ns = object::text_at(*parent, "namespace");
    if (!ns.empty()) text += "/" + std::string(ns);
    text += "/" + std::string(object::text_at(*parent, "name"));
  }
  cells.text(base::to_lower(text));
}

void print_cidr(Cells& cells, const Json& object) {
  cells.text(object::name(object));
  cells.text(joined_texts(list_in(object, {"spec", "cidrs"}), ","));
  cells.age(object);
}

constexpr Printer kPrinters[] = {
    {"", "services", kServiceColumns, print_service},
    {"", "endpoints", kEndpointsColumns, print_endpoints},
    {"discovery.k8s.io", "endpointslices", kSliceColumns, print_slice},
    {"networking.k8s.io", "ingresses", kIngressColumns, print_ingress},
    {"networking.k8s.io", "ingressclasses", kIngressClassColumns, print_ingress_class},
    {"networking.k8s.io", "networkpolicies", kPolicyColumns, print_policy},
    {"networking.k8s.io", "ipaddresses", kAddressColumns, print_address},
    {"networking.k8s.io", "servicecidrs", kCidrColumns, print_cidr}};

}  // namespace

std::span<const Printer> network_printers() { return kPrinters; }

}  // namespace limen::api
