// Rules of Node, RuntimeClass, Endpoints and EndpointSlice.
#include <set>
#include <string>

#include "validation/kinds/addresses.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

void check_taints(const Json& spec, const FieldPath& path, Causes& causes) {
  std::set<std::string> seen;
  std::size_t index = 0;
  for (const Json& taint : elements(member(spec, "taints"))) {
    const FieldPath at = path.index(index++);
    const std::string_view key = text_at(taint, "key"), value = text_at(taint, "value");
    const std::string_view effect = text_at(taint, "effect");
    check_text(key, object::qualified_name, at.child("key"), causes);
    check_text(value, object::label_value, at.child("value"), causes);
    if (effect.empty()) {
      causes.required(at.child("effect"));
    } else {
      check_taint_effect(effect, at.child("effect"), causes);
    }
    if (!seen.insert(std::string(effect) + " " + std::string(key)).second) {
      boost::json::object shown;
      shown["Key"] = key;
      shown["Value"] = value;
      shown["Effect"] = effect;
      shown["TimeAdded"] = nullptr;
      causes.duplicate(at, Json(std::move(shown)), "taints must be unique by key and effect pair");
    }
  }
}

void check_pod_ranges(const Json& spec, const FieldPath& path, Causes& causes) {
  const std::span<const Json> ranges = elements(member(spec, "podCIDRs"));
  std::size_t index = 0, six = 0;
  bool valid = true;
  for (const Json& range : ranges) {
    if (!is_cidr(text(&range))) {
      valid = false;
      causes.invalid(path.index(index), text(&range), kBadCidr);
    }
    six += text(&range).find(':') != std::string_view::npos ? 1 : 0;
    ++index;
  }
  if (ranges.size() > 1 && valid && (ranges.size() > 2 || six != 1)) {
    causes.invalid(path, or_null(member(spec, "podCIDRs")),
                   "may specify no more than one CIDR for each IP family");
  }
}

void check_address(const Json& address, const FieldPath& path, Causes& causes) {
  const std::string_view ip = text_at(address, "ip");
  if (!is_ip(ip)) causes.invalid(path.child("ip"), ip, kBadIp);
  check_set_text(address, "hostname", object::dns1123_label, path, causes);
  check_set_text(address, "nodeName", object::dns1123_subdomain, path, causes);
  if (is_ip(ip)) check_not_special_ip(ip, path.child("ip"), causes);
}

void check_endpoint_port(const Json& port, bool named, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(port, "name");
  if (named || !name.empty()) {
    check_needed_text(name, object::dns1123_label, path.child("name"), causes);
  }
  check_port_number(member(port, "port"), path.child("port"), causes);
  check_protocol(port, path, causes);
  check_set_text(port, "appProtocol", object::qualified_name, path, causes);
}

void check_slice_address(std::string_view address, std::string_view type, const FieldPath& path,
                         Causes& causes) {
  if (type == "FQDN") return check_text(address, object::dns1123_subdomain, path, causes);
  const bool six = address.find(':') != std::string_view::npos;
  if (!is_ip(address) || six != (type == "IPv6")) {
    causes.invalid(
        path, address,
        type == "IPv6" ? "must be a valid IPv6 address" : "must be a valid IPv4 address");
    return;
  }
  check_not_special_ip(address, path, causes);
}

void check_slice_endpoint(const Json& endpoint, std::string_view type, const FieldPath& path,
                          Causes& causes) {
  constexpr std::size_t kMostAddresses = 100;
  const std::span<const Json> addresses = elements(member(endpoint, "addresses"));
  const FieldPath list = path.child("addresses");
  if (addresses.empty()) causes.required(list, "must contain at least 1 address");
  if (addresses.size() > kMostAddresses) {
    causes.too_many(list, addresses.size(), kMostAddresses);
  }
  std::size_t index = 0;
  for (const Json& address : addresses) {
    check_slice_address(text(&address), type, list.index(index++), causes);
  }
  check_set_text(endpoint, "nodeName", object::dns1123_subdomain, path, causes);
  check_set_text(endpoint, "hostname", object::dns1123_label, path, causes);
}

}  // namespace

void check_node(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_taints(spec, FieldPath("metadata").child("taints"), causes);
  check_pod_ranges(spec, FieldPath("spec").child("podCIDRs"), causes);
}

void check_node_update(const Json& object, const Json& old, Causes& causes) {
  const FieldPath path("spec");
  const Json* ranges = find(old, {"spec", "podCIDRs"});
  if (!elements(ranges).empty() && !same(find(object, {"spec", "podCIDRs"}), ranges)) {
    causes.forbidden(path.child("podCIDRs"),
                     "node updates may not change podCIDR except from \"\" to valid");
  }
  const std::string_view id = text_at(spec_of(old), "providerID");
  if (!id.empty() && id != text_at(spec_of(object), "providerID")) {
    causes.forbidden(path.child("providerID"),
                     "node updates may not change providerID except from \"\" to valid");
  }
}

void check_endpoints(const Json& object, Causes& causes) {
  std::size_t index = 0;
  for (const Json& subset : elements(member(object, "subsets"))) {
    const FieldPath path = FieldPath("subsets").index(index++);
    if (elements(member(subset, "addresses")).empty() &&
        elements(member(subset, "notReadyAddresses")).empty()) {
      causes.required(path, "must specify `addresses` or `notReadyAddresses`");
    }
    for (const std::string_view key : {"addresses", "notReadyAddresses"}) {
      std::size_t number = 0;
      for (const Json& address : elements(member(subset, key))) {
        check_address(address, path.child(key).index(number++), causes);
      }
    }
    const std::span<const Json> ports = elements(member(subset, "ports"));
    std::size_t number = 0;
    for (const Json& port : ports) {
      check_endpoint_port(port, ports.size() > 1, path.child("ports").index(number++), causes);
    }
  }
}

void check_endpoint_slice(const Json& object, Causes& causes) {
  constexpr std::size_t kMostEndpoints = 1000, kMostPorts = 20000;
  const std::string_view type = text_at(object, "addressType");
  if (type.empty()) {
    causes.required(FieldPath("addressType"));
  } else {
    check_one_of(type, {"FQDN", "IPv4", "IPv6"}, FieldPath("addressType"), causes);
  }
  const std::span<const Json> endpoints = elements(member(object, "endpoints"));
  const FieldPath list("endpoints");
  if (endpoints.size() > kMostEndpoints) {
    causes.too_many(list, endpoints.size(), kMostEndpoints);
  } else if (type == "IPv4" || type == "IPv6" || type == "FQDN") {
    std::size_t index = 0;
    for (const Json& endpoint : endpoints) {
      check_slice_endpoint(endpoint, type, list.index(index++), causes);
    }
  }
  const std::span<const Json> ports = elements(member(object, "ports"));
  if (ports.size() > kMostPorts) {
    return causes.too_many(FieldPath("ports"), ports.size(), kMostPorts);
  }
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& port : ports) {
    const FieldPath path = FieldPath("ports").index(index++);
    const std::string_view name = text_at(port, "name");
    check_set_text(port, "name", object::dns1123_label, path, causes);
    if (!names.insert(name).second) causes.duplicate(path.child("name"), name);
    check_protocol(port, path, causes);
    check_set_text(port, "appProtocol", object::qualified_name, path, causes);
  }
}

void check_endpoint_slice_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(member(object, "addressType"), member(old, "addressType"),
                  FieldPath("addressType"), causes);
}

void check_runtime_class(const Json& object, Causes& causes) {
  check_text(text_at(object, "handler"), object::dns1123_label, FieldPath("handler"), causes);
}

void check_runtime_class_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(member(object, "handler"), member(old, "handler"), FieldPath("handler"), causes);
}

}  // namespace limen::validation::kinds
