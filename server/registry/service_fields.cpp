#include "registry/service_fields.h"

#include <algorithm>
#include <map>
#include <set>

#include "object/metadata.h"

namespace limen::registry {

namespace {

using object::Json;

const Json& spec_of(const Json& service) {
  static const Json kNone(boost::json::object_kind);
  const Json* const spec = object::member(service, "spec");
  return spec && spec->is_object() ? *spec : kNone;
}

boost::json::object& spec_of(Json& service) { return object::object_at(service, "spec"); }

std::string_view text(const Json& service, std::string_view key) {
  return object::text_at(spec_of(service), key);
}

// Equal, absent counting as null.
bool same(const Json& left, const Json& right, std::string_view key) {
  static const Json kNull;
  const Json* const a = object::member(spec_of(left), key);
  const Json* const b = object::member(spec_of(right), key);
  return (a ? *a : kNull) == (b ? *b : kNull);
}

bool is_set(const Json& service, std::string_view key) {
  const Json* const value = object::member(spec_of(service), key);
  if (!value || value->is_null()) return false;
  if (value->is_array()) return !value->get_array().empty();
  return !value->is_string() || !value->get_string().empty();
}

void keep(Json& service, const Json& old, std::string_view key) {
  if (const Json* const value = object::member(spec_of(old), key)) spec_of(service)[key] = *value;
}

void drop(Json& service, std::string_view key) { spec_of(service).erase(key); }

std::int64_t node_port_of(const Json& port) {
  return object::int_or(object::member(port, "nodePort"), 0);
}

boost::json::array* ports_of(Json& service) {
  Json* const list = spec_of(service).if_contains("ports");
  return list && list->is_array() ? &list->get_array() : nullptr;
}

// Ports are told apart by their names.
void keep_node_ports(Json& service, const Json& old) {
  std::map<std::string, std::int64_t, std::less<>> by_name;
  const Json* const before = object::member(spec_of(old), "ports");
  if (before && before->is_array()) {
    for (const Json& port : before->get_array()) {
      by_name[std::string(object::text_at(port, "name"))] = node_port_of(port);
    }
  }
  const std::vector<std::int64_t> now = node_ports(service);
  std::set<std::int64_t> used(now.begin(), now.end());
  boost::json::array* const ports = ports_of(service);
  if (!ports) return;
  for (Json& port : *ports) {
    if (!port.is_object() || node_port_of(port) != 0) continue;
    const auto known = by_name.find(object::text_at(port, "name"));
    if (known == by_name.end() || known->second == 0) continue;
    if (used.insert(known->second).second) port.get_object()["nodePort"] = known->second;
  }
}

void keep_allocated(Json& service, const Json& old) {
  if (needs_cluster_ip(old) && needs_cluster_ip(service)) {
    if (!is_set(service, "clusterIP")) keep(service, old, "clusterIP");
    if (!is_set(service, "clusterIPs") && same(service, old, "clusterIP")) {
      keep(service, old, "clusterIPs");
    }
  }
  if (needs_node_ports(old) && needs_node_ports(service)) keep_node_ports(service, old);
  if (needs_health_port(old) && needs_health_port(service) && health_port(service) == 0) {
    keep(service, old, "healthCheckNodePort");
  }
}

void follow_cluster_ip(Json& service) {
  const std::string address(text(service, "clusterIP"));
  boost::json::array list(spec_of(service).storage());
  list.emplace_back(address);
  spec_of(service)["clusterIPs"] = std::move(list);
}

// Older clients know clusterIP only.
void agree_on_cluster_ips(Json& service, const Json& old) {
  if (same(service, old, "clusterIP")) return;
  const bool list_as_before = same(service, old, "clusterIPs");
  if (!is_set(service, "clusterIP")) {
    if (is_set(old, "clusterIP") && list_as_before) drop(service, "clusterIPs");
  } else if (list_as_before) {
    follow_cluster_ip(service);
  }
}

void drop_node_ports(Json& service) {
  boost::json::array* const ports = ports_of(service);
  if (!ports) return;
  for (Json& port : *ports) {
    if (port.is_object()) port.get_object().erase("nodePort");
  }
}

bool is_external_name(const Json& service) { return service_type(service) == "ExternalName"; }
bool is_load_balancer(const Json& service) { return service_type(service) == "LoadBalancer"; }

// What the client has not changed itself and the new type does not have.
void drop_of_other_types(Json& service, const Json& old) {
  const auto lost = [&](bool (*has)(const Json&)) { return has(old) && !has(service); };
  const auto drop_same = [&](std::string_view key) {
    if (same(service, old, key)) drop(service, key);
  };
  if (lost(needs_cluster_ip)) {
    if (same(service, old, "clusterIPs")) {
      drop(service, "clusterIP");
      drop(service, "clusterIPs");
    }
    drop_same("ipFamilies");
    drop_same("ipFamilyPolicy");
    drop_same("internalTrafficPolicy");
  }
  if (lost(needs_node_ports)) {
    if (node_ports(service) == node_ports(old)) drop_node_ports(service);
    drop_same("externalTrafficPolicy");
  }
  if (lost(needs_health_port)) drop_same("healthCheckNodePort");
  if (lost(is_external_name)) drop_same("externalName");
  if (lost(is_load_balancer)) {
    drop_same("loadBalancerClass");
    drop_same("allocateLoadBalancerNodePorts");
  }
}

}  // namespace

std::string_view service_type(const Json& service) {
  const std::string_view type = text(service, "type");
  return type.empty() ? std::string_view("ClusterIP") : type;
}

bool is_headless(const Json& service) {
  const std::vector<std::string> addresses = cluster_ips(service);
  return text(service, "clusterIP") == "None" || (!addresses.empty() && addresses[0] == "None");
}

bool needs_cluster_ip(const Json& service) {
  const std::string_view type = service_type(service);
  return type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer";
}

bool needs_node_ports(const Json& service) {
  const std::string_view type = service_type(service);
  return type == "NodePort" || type == "LoadBalancer";
}

bool needs_health_port(const Json& service) {
  return is_load_balancer(service) && text(service, "externalTrafficPolicy") == "Local";
}

bool wants_node_ports(const Json& service) {
  if (!is_load_balancer(service)) return needs_node_ports(service);
  const Json* const wanted = object::member(spec_of(service), "allocateLoadBalancerNodePorts");
  return !wanted || !wanted->is_bool() || wanted->get_bool();
}

bool has_selector(const Json& service) {
  const Json* const selector = object::member(spec_of(service), "selector");
  return selector && selector->is_object() && !selector->get_object().empty();
}

std::vector<std::string> cluster_ips(const Json& service) {
  return object::texts_of(object::member(spec_of(service), "clusterIPs"));
}

std::vector<std::int64_t> node_ports(const Json& service) {
  std::vector<std::int64_t> numbers;
  const Json* const ports = object::member(spec_of(service), "ports");
  if (!ports || !ports->is_array()) return numbers;
  for (const Json& port : ports->get_array()) {
    if (const std::int64_t number = node_port_of(port); number != 0) numbers.push_back(number);
  }
  return numbers;
}

std::int64_t health_port(const Json& service) {
  return object::int_or(object::member(spec_of(service), "healthCheckNodePort"), 0);
}

void settle_new_service(Json& service) {
  if (is_set(service, "clusterIP") && !is_set(service, "clusterIPs")) follow_cluster_ip(service);
}

void settle_changed_service(Json& service, const Json& old) {
  keep_allocated(service, old);
  agree_on_cluster_ips(service, old);
  drop_of_other_types(service, old);
}

}  // namespace limen::registry
