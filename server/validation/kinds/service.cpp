// Services. Families and cluster addresses are settled, and judged, where they are given out
// (registry/service_families.h).
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::int64_t kMaxAffinitySeconds = 86400;
constexpr std::string_view kOnlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

std::string_view type_of(const Json& spec) { return text_at(spec, "type"); }

// A service's addresses as a list, of clients too that know one only.
std::vector<std::string> addresses_of(const Json& spec) {
  std::vector<std::string> list = object::texts_of(member(spec, "clusterIPs"));
  const std::string_view one = text_at(spec, "clusterIP");
  if (list.empty() && !one.empty()) list.emplace_back(one);
  return list;
}

bool is_headless(const Json& spec) {
  const std::vector<std::string> addresses = addresses_of(spec);
  return addresses.size() == 1 && addresses[0] == "None";
}

// Reachable from outside the cluster.
bool is_exposed(const Json& spec) {
  const std::string_view type = type_of(spec);
  return type == "NodePort" || type == "LoadBalancer" ||
         (type == "ClusterIP" && !elements(member(spec, "externalIPs")).empty());
}

bool needs_health_check(const Json& spec) {
  return type_of(spec) == "LoadBalancer" && text_at(spec, "externalTrafficPolicy") == "Local";
}

void check_external_name(const Json& spec, Causes& causes) {
  constexpr std::string_view kNot = "may not be set for ExternalName services";
  if (!addresses_of(spec).empty()) causes.forbidden(spec_path().child("clusterIPs"), kNot);
  if (!elements(member(spec, "ipFamilies")).empty()) {
    causes.forbidden(spec_path().child("ipFamilies"), kNot);
  }
  if (has(spec, "ipFamilyPolicy")) causes.forbidden(spec_path().child("ipFamilyPolicy"), kNot);
  std::string_view host = text_at(spec, "externalName");
  if (host.ends_with('.')) host.remove_suffix(1);
  check_needed_text(host, object::dns1123_subdomain, spec_path().child("externalName"), causes);
}

void check_type_needs(const Json& spec, Causes& causes) {
  const std::string_view type = type_of(spec);
  const bool headless = is_headless(spec);
  if (elements(member(spec, "ports")).empty() && !headless && type != "ExternalName") {
    causes.required(spec_path().child("ports"));
  }
  if (type == "ExternalName") return check_external_name(spec, causes);
  if (headless && (type == "LoadBalancer" || type == "NodePort")) {
    causes.invalid(spec_path().child("clusterIPs").index(0), std::string_view("None"),
                   "may not be set to 'None' for " + std::string(type) + " services");
  }
}

void check_port(const Json& port, bool needs_name, std::set<std::string_view>& names,
                const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(port, "name");
  if (!name.empty()) {
    check_text(name, object::dns1123_label, path.child("name"), causes);
    if (!names.insert(name).second) causes.duplicate(path.child("name"), name);
  } else if (needs_name) {
    causes.required(path.child("name"));
  }
  check_port_number(member(port, "port"), path.child("port"), causes);
  check_protocol(port, path, causes);
  check_port_or_name(member(port, "targetPort"), path.child("targetPort"), causes);
  if (has(port, "appProtocol")) {
    check_text(text_at(port, "appProtocol"), object::qualified_name, path.child("appProtocol"),
               causes);
  }
}

void check_ports(const Json& spec, Causes& causes) {
  const std::span<const Json> ports = elements(member(spec, "ports"));
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& port : ports) {
    check_port(port, ports.size() > 1, names, spec_path().child("ports").index(index++), causes);
  }
}

// Two ports of a service may not be one, inside or on the nodes.
void check_ports_differ(const Json& spec, Causes& causes) {
  const std::span<const Json> ports = elements(member(spec, "ports"));
  const FieldPath path = spec_path().child("ports");
  const auto key_of = [](const Json& port, std::string_view number) {
    return std::string(text_at(port, "protocol")) + "/" + std::to_string(number_at(port, number));
  };
  if (type_of(spec) == "ClusterIP") {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (number_at(ports[i], "nodePort") != 0) {
        causes.forbidden(path.index(i).child("nodePort"),
                         "may not be used when `type` is 'ClusterIP'");
      }
    }
  }
  std::set<std::string> on_nodes;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (number_at(ports[i], "nodePort") == 0) continue;
    if (!on_nodes.insert(key_of(ports[i], "nodePort")).second) {
      causes.duplicate(path.index(i).child("nodePort"), or_null(member(ports[i], "nodePort")));
    }
  }
  std::set<std::string> inside;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (inside.insert(key_of(ports[i], "port")).second) continue;
    const boost::json::object shown = {{"Name", ""},
                                       {"Protocol", text_at(ports[i], "protocol")},
                                       {"AppProtocol", nullptr},
                                       {"Port", number_at(ports[i], "port")},
                                       {"TargetPort", 0},
                                       {"NodePort", 0}};
    causes.duplicate(path.index(i), Json(shown));
  }
}

void check_affinity_of_clients(const Json& spec, Causes& causes) {
  const std::string_view affinity = text_at(spec, "sessionAffinity");
  const FieldPath config = spec_path().child("sessionAffinityConfig");
  check_enum(affinity, {"ClientIP", "None"}, spec_path().child("sessionAffinity"), true, causes);
  if (affinity == "None" && has(spec, "sessionAffinityConfig")) {
    causes.forbidden(config, "must not be set when session affinity is None");
  }
  if (affinity != "ClientIP") return;
  constexpr std::string_view kWhen = "when session affinity type is ClientIP";
  const Json& given = object_at(spec, "sessionAffinityConfig");
  if (!has(spec, "sessionAffinityConfig")) return causes.required(config, kWhen);
  const FieldPath client = config.child("clientIP");
  if (!has(given, "clientIP")) return causes.required(client, kWhen);
  const Json* seconds = find(given, {"clientIP", "timeoutSeconds"});
  if (!seconds || seconds->is_null()) return causes.required(client.child("timeoutSeconds"), kWhen);
  const std::int64_t number = object::int_or(seconds, 0);
  if (number <= 0 || number > kMaxAffinitySeconds) {
    causes.invalid(client.child("timeoutSeconds"), *seconds,
                   "must be greater than 0 and less than 86400");
  }
}

void check_external_ips(const Json& spec, Causes& causes) {
  std::size_t index = 0;
  for (const Json& address : elements(member(spec, "externalIPs"))) {
    const FieldPath path = spec_path().child("externalIPs").index(index++);
    if (!is_ip(text(&address))) {
      causes.invalid(path, text(&address), kBadIp);
    } else {
      check_not_special_ip(text(&address), path, causes);
    }
  }
}

void check_source_ranges(const Json& object, const Json& spec, Causes& causes) {
  constexpr std::string_view kAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";
  const bool balanced = type_of(spec) == "LoadBalancer";
  const std::span<const Json> ranges = elements(member(spec, "loadBalancerSourceRanges"));
  if (!ranges.empty()) {
    const FieldPath path = spec_path().child("LoadBalancerSourceRanges");
    if (!balanced) causes.forbidden(path, kOnlyLoadBalancer);
    std::size_t index = 0;
    for (const Json& range : ranges) {
      const std::string_view block = base::trim(text(&range));
      if (!is_cidr(block)) causes.invalid(path.index(index), block, kBadCidr);
      ++index;
    }
    return;
  }
  const Json* annotation =
      members(find(object, {"metadata", "annotations"})).if_contains(kAnnotation);
  if (!annotation) return;
  const FieldPath path = FieldPath("metadata.annotations").key(kAnnotation);
  if (!balanced) causes.forbidden(path, kOnlyLoadBalancer);
  const std::string_view list = base::trim(text(annotation));
  if (list.empty()) return;
  for (const std::string_view range : base::split(list, ',')) {
    const std::string_view block = base::trim(range);
    if (!is_cidr(block)) causes.invalid(path, block, kBadCidr);
  }
}

void check_load_balancer(const Json& spec, Causes& causes) {
  const bool balanced = type_of(spec) == "LoadBalancer";
  const bool allocates = has(spec, "allocateLoadBalancerNodePorts");
  if (allocates && !balanced) {
    causes.forbidden(spec_path().child("allocateLoadBalancerNodePorts"), kOnlyLoadBalancer);
  } else if (balanced && !allocates) {
    causes.required(FieldPath("allocateLoadBalancerNodePorts"));
  }
  if (!has(spec, "loadBalancerClass")) return;
  const FieldPath path = spec_path().child("loadBalancerClass");
  if (balanced) {
    check_text(text_at(spec, "loadBalancerClass"), object::qualified_name, path, causes);
  } else {
    causes.forbidden(path, kOnlyLoadBalancer);
  }
}

void check_traffic(const Json& spec, Causes& causes) {
  const std::string_view external = text_at(spec, "externalTrafficPolicy");
  const FieldPath path = spec_path().child("externalTrafficPolicy");
  if (is_exposed(spec)) {
    check_enum(external, {"Cluster", "Local"}, path, true, causes);
  } else if (!external.empty()) {
    causes.invalid(path, external, "may only be set for externally-accessible services");
  }
  const Json* health = member(spec, "healthCheckNodePort");
  const FieldPath health_path = spec_path().child("healthCheckNodePort");
  if (needs_health_check(spec)) {
    if (object::int_or(health, 0) == 0) {
      causes.required(health_path);
    } else {
      check_port_number(health, health_path, causes);
    }
  } else if (object::int_or(health, 0) != 0) {
    causes.invalid(health_path, *health,
                   "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is "
                   "'Local'");
  }
  const std::string_view type = type_of(spec);
  const bool inside = type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer";
  if (inside || has(spec, "internalTrafficPolicy")) {
    check_enum(text_at(spec, "internalTrafficPolicy"), {"Cluster", "Local"},
               spec_path().child("internalTrafficPolicy"), true, causes);
  }
  if (has(spec, "trafficDistribution")) {
    check_one_of(text_at(spec, "trafficDistribution"),
                 {"PreferClose", "PreferSameNode", "PreferSameZone"},
                 spec_path().child("trafficDistribution"), causes);
  }
}

void check_topology_annotations(const Json& object, Causes& causes) {
  constexpr std::string_view kHints = "service.kubernetes.io/topology-aware-hints";
  constexpr std::string_view kMode = "service.kubernetes.io/topology-mode";
  const boost::json::object& all = members(find(object, {"metadata", "annotations"}));
  const Json* hints = all.if_contains(kHints);
  const Json* mode = all.if_contains(kMode);
  if (hints && mode && *hints != *mode) {
    causes.invalid(FieldPath("metadata.annotations").key(kMode), text(mode),
                   "must match annotations[" + std::string(kHints) + "] when both are specified");
  }
}

Json list_of(const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const std::string& one : texts) list.emplace_back(one);
  return list;
}

// The first address and its family are a service's for life.
void check_addresses_stay(const Json& now, const Json& before, Causes& causes) {
  const std::vector<std::string> was = addresses_of(before);
  const std::vector<std::string> is = addresses_of(now);
  const FieldPath path = spec_path().child("clusterIPs");
  if (was.empty() || (is_headless(before) && is_headless(now))) return;
  if (is.empty()) {
    causes.invalid(path.index(0), list_of(is), "primary clusterIP can not be unset");
  } else if (is.size() == was.size()) {
    for (std::size_t i = 0; i < is.size(); ++i) {
      if (is[i] != was[i]) causes.invalid(path.index(i), list_of(is), "may not change once set");
    }
  } else if (is[0] != was[0]) {
    causes.invalid(path.index(0), list_of(is), "may not change once set");
  }
  if (is.size() == 1 && was.size() > 1 && text_at(now, "ipFamilyPolicy") != "SingleStack") {
    causes.invalid(spec_path().child("ipFamilyPolicy"), shown_of(member(now, "ipFamilyPolicy")),
                   "must be set to 'SingleStack' when releasing the secondary clusterIP");
  }
}

void check_families_stay(const Json& now, const Json& before, Causes& causes) {
  if (is_headless(now) || is_headless(before)) return;
  const std::vector<std::string> was = object::texts_of(member(before, "ipFamilies"));
  const std::vector<std::string> is = object::texts_of(member(now, "ipFamilies"));
  if (!was.empty() && !is.empty() && was[0] != is[0]) {
    causes.invalid(spec_path().child("ipFamilies").index(0), list_of(is),
                   "may not change once set");
  }
}

void check_ingress_point(const Json& ingress, const FieldPath& path, Causes& causes) {
  const std::string_view ip = text_at(ingress, "ip");
  const std::string_view mode = text_at(ingress, "ipMode");
  if (!ip.empty() && !is_ip(ip)) causes.invalid(path.child("ip"), ip, kBadIp);
  if (!has(ingress, "ipMode")) {
    if (!ip.empty()) causes.required(path.child("ipMode"), "must be specified when `ip` is set");
  } else if (ip.empty()) {
    causes.forbidden(path.child("ipMode"), "may not be specified when `ip` is not set");
  } else {
    check_one_of(mode, {"Proxy", "VIP"}, path.child("ipMode"), causes);
  }
  check_load_balancer_host(ingress, path, causes);
}

}  // namespace

void check_load_balancer_host(const Json& ingress, const FieldPath& path, Causes& causes) {
  const std::string_view host = text_at(ingress, "hostname");
  if (host.empty()) return;
  check_text(host, object::dns1123_subdomain, path.child("hostname"), causes);
  if (is_ip(host)) {
    causes.invalid(path.child("hostname"), host, "must be a DNS name, not an IP address");
  }
}

void check_service(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_topology_annotations(object, causes);
  check_type_needs(spec, causes);
  check_ports(spec, causes);
  check_labels(member(spec, "selector"), spec_path().child("selector"), causes);
  check_affinity_of_clients(spec, causes);
  std::size_t index = 0;
  if (type_of(spec) != "ExternalName") {
    for (const std::string& address : addresses_of(spec)) {
      const FieldPath at = spec_path().child("clusterIPs").index(index++);
      if (address != "None" && !is_ip(address)) causes.invalid(at, address, kBadIp);
    }
  }
  check_external_ips(spec, causes);
  check_enum(type_of(spec), {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"},
             spec_path().child("type"), true, causes);
  check_ports_differ(spec, causes);
  check_source_ranges(object, spec, causes);
  check_load_balancer(spec, causes);
  check_traffic(spec, causes);
}

void check_service_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  if (type_of(now) != "ExternalName" && type_of(before) != "ExternalName") {
    check_addresses_stay(now, before, causes);
    check_families_stay(now, before, causes);
  }
  const bool balanced = type_of(now) == "LoadBalancer" && type_of(before) == "LoadBalancer";
  const Json* balancer = member(now, "loadBalancerClass");
  if (balanced && !same(balancer, member(before, "loadBalancerClass"))) {
    causes.invalid(spec_path().child("loadBalancerClass"), shown_of(balancer),
                   "may not change once set");
  }
  if (needs_health_check(now) && needs_health_check(before) &&
      !same(member(now, "healthCheckNodePort"), member(before, "healthCheckNodePort"))) {
    causes.forbidden(spec_path().child("healthCheckNodePort"), kImmutable);
  }
}

void check_service_status(const Json& object, const Json&, Causes& causes) {
  const FieldPath path = FieldPath("status").child("loadBalancer").child("ingress");
  const std::span<const Json> list = elements(find(object, {"status", "loadBalancer", "ingress"}));
  if (!list.empty() && type_of(spec_of(object)) != "LoadBalancer") {
    return causes.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
  }
  std::size_t index = 0;
  for (const Json& ingress : list) check_ingress_point(ingress, path.index(index++), causes);
}

}  // namespace limen::validation::kinds
