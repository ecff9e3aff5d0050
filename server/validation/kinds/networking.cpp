// Ingresses and network policies.
#include "object/metadata.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

const Json& spec_of(const Json& object) {
  static const Json kNone(boost::json::object_kind);
  const Json* spec = member(object, "spec");
  return spec && spec->is_object() ? *spec : kNone;
}

void check_backend(const Json* backend, const FieldPath& path, Causes& causes) {
  if (!backend || !backend->is_object()) return causes.required(path);
  const Json* service = member(*backend, "service");
  const bool resource = has(*backend, "resource");
  if (resource && service) {
    return causes.invalid(path, std::string_view(),
                          "cannot set both resource and service backends");
  }
  if (resource) return;
  if (!service || !service->is_object()) {
    return causes.required(path, "resource or service backend is required");
  }
  const FieldPath at = path.child("service");
  const std::string_view name = text_at(*service, "name");
  if (name.empty()) {
    causes.required(at.child("name"));
  } else {
    causes.invalid_each(at.child("name"), name, object::dns1035_label(name));
  }
  const std::string_view port_name = text(find(*service, {"port", "name"}));
  const Json* port = find(*service, {"port", "number"});
  const std::int64_t number = object::int_or(port, 0);
  if (!port_name.empty() && number != 0) {
    causes.invalid(path, std::string_view(), "cannot set both port name & port number");
  } else if (!port_name.empty()) {
    causes.invalid_each(at.child("port").child("name"), port_name, object::port_name(port_name));
  } else if (number != 0) {
    check_range(port, 1, 65535, at.child("port").child("number"), causes);
  } else {
    causes.required(path, "port name or number is required");
  }
}

void check_http_path(const Json& entry, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(entry, "pathType");
  const std::string_view value = text_at(entry, "path");
  if (type.empty()) {
    causes.required(path.child("pathType"), "pathType must be specified");
  } else if (type == "Exact" || type == "Prefix") {
    if (!value.starts_with('/')) {
      causes.invalid(path.child("path"), value, "must be an absolute path");
    }
    for (const std::string_view bad : {"//", "/./", "/../", "%2f", "%2F"}) {
      if (value.find(bad) != std::string_view::npos) {
        causes.invalid(path.child("path"), value, "must not contain '" + std::string(bad) + "'");
      }
    }
    for (const std::string_view bad : {"/..", "/."}) {
      if (value.ends_with(bad)) {
        causes.invalid(path.child("path"), value, "cannot end with '" + std::string(bad) + "'");
      }
    }
  } else if (type == "ImplementationSpecific") {
    if (!value.empty() && !value.starts_with('/')) {
      causes.invalid(path.child("path"), value, "must be an absolute path");
    }
  } else {
    causes.not_supported(path.child("pathType"), type,
                         {"Exact", "ImplementationSpecific", "Prefix"});
  }
  check_backend(member(entry, "backend"), path.child("backend"), causes);
}

void check_host(std::string_view host, const FieldPath& path, Causes& causes) {
  if (host.empty()) return;
  if (is_ip(host)) {
    causes.invalid(path, host, "must be a DNS name, not an IP address");
  } else if (host.find('*') != std::string_view::npos) {
    causes.invalid_each(path, host, object::wildcard_dns1123_subdomain(host));
  } else {
    causes.invalid_each(path, host, object::dns1123_subdomain(host));
  }
}

void check_peer(const Json& peer, const FieldPath& path, Causes& causes) {
  const bool pods = has(peer, "podSelector");
  const bool namespaces = has(peer, "namespaceSelector");
  const Json* block = member(peer, "ipBlock");
  check_label_selector(member(peer, "podSelector"), path.child("podSelector"), causes);
  check_label_selector(member(peer, "namespaceSelector"), path.child("namespaceSelector"), causes);
  if (block && block->is_object()) {
    const std::string_view cidr = text_at(*block, "cidr");
    const FieldPath at = path.child("ipBlock").child("cidr");
    if (cidr.empty()) {
      causes.required(at);
    } else if (!is_cidr(cidr)) {
      causes.invalid(at, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
    if (pods || namespaces) {
      causes.forbidden(path, "may not specify both ipBlock and another peer");
    }
  } else if (!pods && !namespaces) {
    causes.required(path, "must specify a peer");
  }
}

void check_policy_rules(const Json& spec, std::string_view direction, std::string_view peers,
                        Causes& causes) {
  std::size_t index = 0;
  for (const Json& rule : elements(member(spec, direction))) {
    const FieldPath path = spec_path().child(direction).index(index++);
    std::size_t position = 0;
    for (const Json& port : elements(member(rule, "ports"))) {
      const FieldPath at = path.child("ports").index(position++);
      check_enum(text_at(port, "protocol"), {"SCTP", "TCP", "UDP"}, at.child("protocol"), false,
                 causes);
      const Json* number = member(port, "port");
      if (number && number->is_string()) {
        causes.invalid_each(at.child("port"), text(number), object::port_name(text(number)));
      } else {
        check_range(number, 1, 65535, at.child("port"), causes);
      }
    }
    position = 0;
    for (const Json& peer : elements(member(rule, peers))) {
      check_peer(peer, path.child(peers).index(position++), causes);
    }
  }
}

}  // namespace

void check_ingress(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const std::span<const Json> rules = elements(member(spec, "rules"));
  if (has(spec, "defaultBackend")) {
    check_backend(member(spec, "defaultBackend"), spec_path().child("defaultBackend"), causes);
  } else if (rules.empty()) {
    causes.invalid(spec_path(), Json(boost::json::array()),
                   "either `defaultBackend` or `rules` must be specified");
  }
  std::size_t index = 0;
  for (const Json& rule : rules) {
    const FieldPath path = spec_path().child("rules").index(index++);
    check_host(text_at(rule, "host"), path.child("host"), causes);
    const Json* http = member(rule, "http");
    if (!http || !http->is_object()) continue;
    const std::span<const Json> paths = elements(member(*http, "paths"));
    if (paths.empty()) causes.required(path.child("http").child("paths"));
    std::size_t position = 0;
    for (const Json& entry : paths) {
      check_http_path(entry, path.child("http").child("paths").index(position++), causes);
    }
  }
  const std::string_view ingress_class = text_at(spec, "ingressClassName");
  if (!ingress_class.empty()) {
    causes.invalid_each(spec_path().child("ingressClassName"), ingress_class,
                        object::dns1123_subdomain(ingress_class));
  }
}

void check_network_policy(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_label_selector(member(spec, "podSelector"), spec_path().child("podSelector"), causes);
  check_policy_rules(spec, "ingress", "from", causes);
  check_policy_rules(spec, "egress", "to", causes);
  const Json* types = member(spec, "policyTypes");
  const std::span<const Json> kinds = elements(types);
  if (kinds.size() > 2) {
    causes.invalid(spec_path().child("policyTypes"), *types,
                   "may not specify more than two policyTypes");
    return;
  }
  std::size_t index = 0;
  for (const Json& kind : kinds) {
    check_enum(text(&kind), {"Egress", "Ingress"}, spec_path().child("policyTypes").index(index++),
               false, causes);
  }
}

}  // namespace limen::validation::kinds
