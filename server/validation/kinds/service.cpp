// Services.
#include <set>
#include <string>
#include <vector>

#include "object/metadata.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

constexpr std::string_view kBadIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

const Json& spec_of(const Json& object) {
  static const Json kNone(boost::json::object_kind);
  const Json* spec = member(object, "spec");
  return spec && spec->is_object() ? *spec : kNone;
}

// A service without a type is a ClusterIP service.
std::string_view type_of(const Json& spec) {
  const std::string_view type = text_at(spec, "type");
  return type.empty() ? std::string_view("ClusterIP") : type;
}

void check_target(const Json* target, const FieldPath& path, Causes& causes) {
  if (!target || target->is_null()) return;
  if (target->is_string()) {
    const std::string_view name(target->get_string());
    causes.invalid_each(path, name, object::port_name(name));
  } else {
    check_range(target, 1, 65535, path, causes);
  }
}

struct PortsSeen {
  std::set<std::string, std::less<>> names;
  std::set<std::string, std::less<>> numbers;  // port/protocol
};

void check_port(const Json& port, const FieldPath& path, bool needs_name, PortsSeen& seen,
                Causes& causes) {
  const std::string_view name = text_at(port, "name");
  if (name.empty()) {
    if (needs_name) causes.required(path.child("name"));
  } else {
    causes.invalid_each(path.child("name"), name, object::dns1123_label(name));
    if (!seen.names.emplace(name).second) causes.duplicate(path.child("name"), name);
  }
  const std::int64_t number = object::int_or(member(port, "port"), 0);
  if (number < 1 || number > 65535) {
    causes.invalid(path.child("port"), Json(number), object::inclusive_range_problem(1, 65535));
  }
  std::string_view protocol = text_at(port, "protocol");
  check_enum(protocol, {"SCTP", "TCP", "UDP"}, path.child("protocol"), false, causes);
  check_target(member(port, "targetPort"), path.child("targetPort"), causes);
  if (protocol.empty()) protocol = "TCP";
  if (!seen.numbers.insert(std::to_string(number) + "/" + std::string(protocol)).second) {
    causes.duplicate(path, port);
  }
  const Json* node_port = member(port, "nodePort");
  if (object::int_or(node_port, 0) != 0) {
    check_range(node_port, 1, 65535, path.child("nodePort"), causes);
  }
}

void check_ports(const Json& spec, Causes& causes) {
  const std::span<const Json> ports = elements(member(spec, "ports"));
  const bool headless = text_at(spec, "clusterIP") == "None";
  if (ports.empty() && !headless && type_of(spec) != "ExternalName") {
    causes.required(spec_path().child("ports"));
  }
  PortsSeen seen;
  std::size_t index = 0;
  for (const Json& port : ports) {
    const FieldPath path = spec_path().child("ports").index(index++);
    check_port(port, path, ports.size() > 1, seen, causes);
    const Json* node_port = member(port, "nodePort");
    if (object::int_or(node_port, 0) != 0 && type_of(spec) == "ClusterIP") {
      causes.forbidden(path.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
    }
  }
}

void check_addresses(const Json& spec, Causes& causes) {
  const std::string_view cluster_ip = text_at(spec, "clusterIP");
  if (type_of(spec) == "ExternalName") {
    if (!cluster_ip.empty()) {
      causes.forbidden(spec_path().child("clusterIPs").index(0),
                       "may not be set when `type` is 'ExternalName'");
    }
  } else if (!cluster_ip.empty() && cluster_ip != "None" && !is_ip(cluster_ip)) {
    causes.invalid(spec_path().child("clusterIPs").index(0), cluster_ip, kBadIp);
  }
  if (cluster_ip == "None" && (type_of(spec) == "NodePort" || type_of(spec) == "LoadBalancer")) {
    causes.invalid(spec_path().child("clusterIPs").index(0), cluster_ip,
                   "may not be set to 'None' for " + std::string(type_of(spec)) + " services");
  }
  std::size_t index = 0;
  for (const Json& address : elements(member(spec, "externalIPs"))) {
    if (!is_ip(text(&address))) {
      causes.invalid(spec_path().child("externalIPs").index(index), text(&address), kBadIp);
    }
    ++index;
  }
  index = 0;
  for (const Json& range : elements(member(spec, "loadBalancerSourceRanges"))) {
    if (!is_cidr(text(&range))) {
      causes.invalid(spec_path().child("loadBalancerSourceRanges").index(index), text(&range),
                     "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
    ++index;
  }
}

// A service's addresses as a list, of clients too that know one only.
std::vector<std::string> addresses_of(const Json& spec) {
  std::vector<std::string> list = object::texts_of(member(spec, "clusterIPs"));
  const std::string_view one = text_at(spec, "clusterIP");
  if (list.empty() && !one.empty()) list.emplace_back(one);
  return list;
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
  if (was.empty()) return;
  const bool headless = was[0] == "None" && !is.empty() && is[0] == "None";
  if (headless) return;
  if (is.empty()) {
    causes.invalid(spec_path().child("clusterIPs").index(0), list_of(is),
                   "primary clusterIP can not be unset");
  } else if (is[0] != was[0]) {
    causes.invalid(spec_path().child("clusterIPs").index(0), list_of(is),
                   "may not change once set");
  }
  const std::vector<std::string> family = object::texts_of(member(before, "ipFamilies"));
  const std::vector<std::string> new_family = object::texts_of(member(now, "ipFamilies"));
  if (!family.empty() && !new_family.empty() && family[0] != new_family[0]) {
    causes.invalid(spec_path().child("ipFamilies").index(0), list_of(new_family),
                   "may not change once set");
  }
}

}  // namespace

void check_service(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_ports(spec, causes);
  check_enum(text_at(spec, "type"), {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"},
             spec_path().child("type"), false, causes);
  check_labels(member(spec, "selector"), spec_path().child("selector"), causes);
  check_enum(text_at(spec, "sessionAffinity"), {"ClientIP", "None"},
             spec_path().child("sessionAffinity"), false, causes);
  check_enum(text_at(spec, "internalTrafficPolicy"), {"Cluster", "Local"},
             spec_path().child("internalTrafficPolicy"), false, causes);
  check_enum(text_at(spec, "externalTrafficPolicy"), {"Cluster", "Local"},
             spec_path().child("externalTrafficPolicy"), false, causes);
  check_addresses(spec, causes);
  if (type_of(spec) == "ExternalName") {
    const std::string_view target = text_at(spec, "externalName");
    const std::string_view host = target.substr(0, target.size() - (target.ends_with('.') ? 1 : 0));
    if (target.empty()) {
      causes.required(spec_path().child("externalName"));
    } else {
      causes.invalid_each(spec_path().child("externalName"), target,
                          object::dns1123_subdomain(host));
    }
  }
}

void check_service_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  if (type_of(now) == "ExternalName" || type_of(before) == "ExternalName") return;
  check_addresses_stay(now, before, causes);
  if (type_of(now) != "LoadBalancer" || type_of(before) != "LoadBalancer") return;
  if (!same(member(now, "loadBalancerClass"), member(before, "loadBalancerClass"))) {
    const Json* const changed = member(now, "loadBalancerClass");
    causes.invalid(spec_path().child("loadBalancerClass"), changed ? *changed : Json(),
                   "may not change once set");
  }
  const bool local = text_at(now, "externalTrafficPolicy") == "Local" &&
                     text_at(before, "externalTrafficPolicy") == "Local";
  if (local && !same(member(now, "healthCheckNodePort"), member(before, "healthCheckNodePort"))) {
    causes.forbidden(spec_path().child("healthCheckNodePort"), kImmutable);
  }
}

}  // namespace limen::validation::kinds
