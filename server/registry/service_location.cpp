#include "registry/service_location.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"
#include "object/metadata.h"
#include "registry/service_fields.h"

namespace limen::registry {

namespace {

using object::Json;

constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";

// The port as the Service has it; `name` is what its endpoints call it.
struct ServicePort {
  std::string name;
  std::uint16_t number = 0;
};

std::optional<std::uint16_t> port_number(const Json* value) {
  const std::int64_t number = object::int_or(value, 0);
  if (number < 1 || number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

bool is_tcp(const Json& port) {
  const std::string_view protocol = object::text_at(port, "protocol");
  return protocol.empty() || protocol == "TCP";
}

const boost::json::array& array_at(const Json& value, std::string_view key) {
  static const boost::json::array kNone;
  const Json* const list = object::member(value, key);
  return list && list->is_array() ? list->get_array() : kNone;
}

const Json& spec_of(const Json& object) {
  static const Json kNone(boost::json::object_kind);
  const Json* const spec = object::member(object, "spec");
  return spec ? *spec : kNone;
}

std::optional<ServicePort> find_port(const Json& service, std::string_view wanted) {
  const boost::json::array& ports = array_at(spec_of(service), "ports");
  const auto number = base::parse_int(wanted);
  for (const Json& port : ports) {
    const auto its_number = port_number(object::member(port, "port"));
    if (!its_number || !is_tcp(port)) continue;
    const std::string_view its_name = object::text_at(port, "name");
    const bool is_it = wanted.empty() ? ports.size() == 1 || its_name.empty()
                       : number       ? *number == *its_number
                                      : wanted == its_name;
    if (is_it) return ServicePort{std::string(its_name), *its_number};
  }
  return std::nullopt;
}

void note_pod(const Json& endpoint, Location& location) {
  const Json* const target = object::member(endpoint, "targetRef");
  if (!target || object::text_at(*target, "kind") != "Pod") return;
  location.pod_ns = object::text_at(*target, "namespace");
  location.pod = object::text_at(*target, "name");
}

class Finder {
 public:
  Finder(const storage::Store& store, std::string_view ns, std::string_view name, ServicePort port)
      : store_(store), ns_(ns), name_(name), port_(std::move(port)) {}

  void look_into_slices() {
    storage::ListOptions options;
    options.ns = ns_;
    options.filter = [this](const storage::StoredObject& slice) {
      return std::find(slice.labels.begin(), slice.labels.end(),
                       std::pair(std::string(kServiceLabel), std::string(name_))) !=
             slice.labels.end();
    };
    for (const storage::ObjectPtr& slice :
         store_.list({"discovery.k8s.io", "endpointslices"}, options).objects) {
      written_ = true;
      take_slice(boost::json::parse(slice->json));
    }
  }

  void look_into_endpoints() {
    const storage::ObjectPtr endpoints =
        store_.get({{"", "endpoints"}, std::string(ns_), std::string(name_)});
    if (!endpoints) return;
    written_ = true;
    const Json object = boost::json::parse(endpoints->json);
    for (const Json& subset : array_at(object, "subsets")) take_subset(subset);
  }

  // Whether anybody has written down what is behind the Service, if only that it is nothing.
  bool written() const { return written_; }
  std::vector<Location> take() { return std::move(found_); }
  bool empty() const { return found_.empty(); }

 private:
  void take_slice(const Json& slice) {
    const auto port = endpoint_port(array_at(slice, "ports"));
    if (!port || object::text_at(slice, "addressType") == "FQDN") return;
    for (const Json& endpoint : array_at(slice, "endpoints")) {
      const Json* const ready = object::find(endpoint, {"conditions", "ready"});
      if (ready && ready->is_bool() && !ready->get_bool()) continue;
      for (std::string& address : object::texts_of(object::member(endpoint, "addresses"))) {
        add(std::move(address), *port, endpoint);
      }
    }
  }

  void take_subset(const Json& subset) {
    const auto port = endpoint_port(array_at(subset, "ports"));
    if (!port) return;
    for (const Json& address : array_at(subset, "addresses")) {
      add(std::string(object::text_at(address, "ip")), *port, address);
    }
  }

  std::optional<std::uint16_t> endpoint_port(const boost::json::array& ports) const {
    for (const Json& port : ports) {
      if (is_tcp(port) && object::text_at(port, "name") == port_.name) {
        return port_number(object::member(port, "port"));
      }
    }
    return std::nullopt;
  }

  // An endpoint stands in several slices while it moves from one to another.
  void add(std::string address, std::uint16_t port, const Json& endpoint) {
    if (address.empty() || !seen_.insert({address, port}).second) return;
    Location location{std::move(address), port, {}, {}};
    note_pod(endpoint, location);
    found_.push_back(std::move(location));
  }

  const storage::Store& store_;
  const std::string_view ns_, name_;
  const ServicePort port_;
  bool written_ = false;
  std::vector<Location> found_;
  std::set<std::pair<std::string, std::uint16_t>> seen_;
};

std::string quoted_name(std::string_view ns, std::string_view name) {
  return base::go_quote(std::string(ns) + "/" + std::string(name));
}

ServiceLocations external(const Json& service, std::string_view port, ServiceLocations result) {
  const std::string_view name = object::text_at(spec_of(service), "externalName");
  auto number = base::parse_int(port);
  if (const auto listed = find_port(service, port)) number = listed->number;
  if (name.empty() || !number || *number < 1 || *number > 65535) {
    result.error = "the external service has no port " + base::go_quote(port);
    return result;
  }
  result.port_found = true;
  result.ready.push_back({std::string(name), static_cast<std::uint16_t>(*number), {}, {}});
  return result;
}

}  // namespace

ServiceLocations locate_service(const storage::Store& store, std::string_view ns,
                                std::string_view name, std::string_view port) {
  ServiceLocations result;
  const storage::ObjectPtr stored =
      store.get({{"", "services"}, std::string(ns), std::string(name)});
  if (!stored) {
    result.error = "service " + quoted_name(ns, name) + " not found";
    return result;
  }
  result.found = true;
  const Json service = boost::json::parse(stored->json);
  if (service_type(service) == "ExternalName") return external(service, port, std::move(result));

  const auto service_port = find_port(service, port);
  if (!service_port) {
    result.error = "service " + quoted_name(ns, name) +
                   (port.empty() ? " has several ports" : " has no port " + base::go_quote(port));
    return result;
  }
  result.port_found = true;
  Finder finder(store, ns, name, *service_port);
  finder.look_into_slices();
  if (finder.empty()) finder.look_into_endpoints();
  result.ready = finder.take();
  if (!result.ready.empty()) return result;

  const std::vector<std::string> addresses = cluster_ips(service);
  if (!finder.written() && !is_headless(service) && !addresses.empty()) {
    result.by_cluster_address = true;
    result.ready.push_back({addresses.front(), service_port->number, {}, {}});
  } else {
    result.error = "no endpoints available for service " + quoted_name(ns, name);
  }
  return result;
}

bool is_pod_address(const storage::Store& store, std::string_view ns, const Location& location) {
  if (location.pod.empty() || location.pod_ns != ns) return false;
  const storage::ObjectPtr stored = store.get({{"", "pods"}, location.pod_ns, location.pod});
  if (!stored) return false;
  const Json pod = boost::json::parse(stored->json);
  const Json* const status = object::member(pod, "status");
  if (!status) return false;
  if (object::text_at(*status, "podIP") == location.host) return true;
  for (const Json& address : array_at(*status, "podIPs")) {
    if (object::text_at(address, "ip") == location.host) return true;
  }
  return false;
}

}  // namespace limen::registry
