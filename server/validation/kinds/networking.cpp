// Ingresses and network policies.
#include "validation/kinds/addresses.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

// apiGroup, kind and name of another object.
void check_reference(const Json& reference, const FieldPath& path, Causes& causes) {
  if (has(reference, "apiGroup")) {
    check_text(text_at(reference, "apiGroup"), object::dns1123_subdomain, path.child("apiGroup"),
               causes);
  }
  for (const std::string_view key : {"kind", "name"}) {
    check_needed_text(text_at(reference, key), object::path_segment_name, path.child(key), causes);
  }
}

void check_backend_port(const Json& service, const FieldPath& path, Causes& causes) {
  const Json& port = object_at(service, "port");
  const std::string_view name = text_at(port, "name");
  const bool numbered = number_at(port, "number") != 0;
  const FieldPath at = path.child("service").child("port");
  if (!name.empty() && numbered) {
    causes.invalid(path, std::string_view(), "cannot set both port name & port number");
  } else if (!name.empty()) {
    check_text(name, object::port_name, at.child("name"), causes);
  } else if (numbered) {
    check_port_number(member(port, "number"), at.child("number"), causes);
  } else {
    causes.required(path, "port name or number is required");
  }
}

void check_backend(const Json& backend, const FieldPath& path, Causes& causes) {
  const bool resource = has(backend, "resource");
  const bool service = has(backend, "service");
  if (resource && service) {
    causes.invalid(path, std::string_view(), "cannot set both resource and service backends");
  } else if (resource) {
    check_reference(object_at(backend, "resource"), path.child("resource"), causes);
  } else if (service) {
    check_needed_text(text_at(object_at(backend, "service"), "name"), object::dns1035_label,
                      path.child("service").child("name"), causes);
    check_backend_port(object_at(backend, "service"), path, causes);
  } else {
    causes.invalid(path, std::string_view(), "resource or service backend is required");
  }
}

void check_http_path(const Json& entry, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(entry, "pathType");
  const std::string_view value = text_at(entry, "path");
  if (type.empty() && !has(entry, "pathType")) {
    return causes.required(path.child("pathType"), "pathType must be specified");
  }
  if (type == "Exact" || type == "Prefix") {
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
  check_backend(object_at(entry, "backend"), path.child("backend"), causes);
}

void check_host(std::string_view host, const FieldPath& path, Causes& causes) {
  if (host.empty()) return;
  if (is_ip(host)) causes.invalid(path, host, "must be a DNS name, not an IP address");
  if (host.find('*') != std::string_view::npos) {
    causes.invalid_each(path, host, object::wildcard_dns1123_subdomain(host));
  } else {
    causes.invalid_each(path, host, object::dns1123_subdomain(host));
  }
}

void check_block(const Json& block, const FieldPath& path, Causes& causes) {
  const std::string_view cidr = text_at(block, "cidr");
  if (cidr.empty()) return causes.required(path.child("cidr"));
  if (!is_cidr(cidr)) return causes.invalid(path.child("cidr"), cidr, kBadCidr);
  std::size_t index = 0;
  for (const Json& except : elements(member(block, "except"))) {
    const FieldPath at = path.child("except").index(index++);
    if (!is_cidr(text(&except))) {
      causes.invalid(at, text(&except), kBadCidr);
    } else if (!is_within(text(&except), cidr)) {
      causes.invalid(at, text(&except), "must be a strict subset of `cidr`");
    }
  }
}

void check_peer(const Json& peer, const FieldPath& path, Causes& causes) {
  const bool others = has(peer, "podSelector") || has(peer, "namespaceSelector");
  check_label_selector(member(peer, "podSelector"), path.child("podSelector"), causes);
  check_label_selector(member(peer, "namespaceSelector"), path.child("namespaceSelector"), causes);
  if (has(peer, "ipBlock")) {
    check_block(object_at(peer, "ipBlock"), path.child("ipBlock"), causes);
    if (others) causes.forbidden(path, "may not specify both ipBlock and another peer");
  } else if (!others) {
    causes.required(path, "must specify a peer");
  }
}

void check_policy_port(const Json& port, const FieldPath& path, Causes& causes) {
  check_enum(text_at(port, "protocol"), {"TCP", "UDP", "SCTP"}, path.child("protocol"), false,
             causes);
  const Json* number = member(port, "port");
  const Json* end = member(port, "endPort");
  const bool ranged = end && !end->is_null();
  const FieldPath end_path = path.child("endPort");
  if (!number || number->is_null()) {
    if (ranged) {
      causes.invalid(end_path, *end, "may not be specified when `port` is not specified");
    }
    return;
  }
  if (number->is_string()) {
    if (ranged) {
      causes.invalid(end_path, *end, "may not be specified when `port` is non-numeric");
    }
    return check_text(text(number), object::port_name, path.child("port"), causes);
  }
  check_port_number(number, path.child("port"), causes);
  if (!ranged) return;
  if (object::int_or(end, 0) < object::int_or(number, 0)) {
    causes.invalid(end_path, *end, "must be greater than or equal to `port`");
  }
  check_port_number(end, end_path, causes);
}

void check_policy_rules(const Json& spec, std::string_view direction, std::string_view peers,
                        Causes& causes) {
  std::size_t index = 0;
  for (const Json& rule : elements(member(spec, direction))) {
    const FieldPath path = spec_path().child(direction).index(index++);
    std::size_t position = 0;
    for (const Json& port : elements(member(rule, "ports"))) {
      check_policy_port(port, path.child("ports").index(position++), causes);
    }
    position = 0;
    for (const Json& peer : elements(member(rule, peers))) {
      check_peer(peer, path.child(peers).index(position++), causes);
    }
  }
}

void check_tls(const Json& spec, Causes& causes) {
  std::size_t index = 0;
  for (const Json& tls : elements(member(spec, "tls"))) {
    const FieldPath path = spec_path().child("tls").index(index++);
    std::size_t position = 0;
    for (const Json& host : elements(member(tls, "hosts"))) {
      const FieldPath at = path.child("hosts").index(position++);
      const bool wild = text(&host).find('*') != std::string_view::npos;
      check_text(text(&host), wild ? object::wildcard_dns1123_subdomain : object::dns1123_subdomain,
                 at, causes);
    }
    check_set_text(tls, "secretName", object::dns1123_subdomain, path, causes);
  }
}

void check_class_parameters(const Json& spec, Causes& causes) {
  if (!has(spec, "parameters")) return;
  const Json& parameters = object_at(spec, "parameters");
  const FieldPath path = spec_path().child("parameters");
  check_reference(parameters, path, causes);
  if (!has(parameters, "scope")) return causes.required(path.child("scope"));
  const std::string_view scope = text_at(parameters, "scope");
  const FieldPath ns = path.child("namespace");
  check_one_of(scope, {"Cluster", "Namespace"}, path.child("scope"), causes);
  if (scope == "Namespace") {
    if (!has(parameters, "namespace")) {
      causes.required(ns, "`parameters.scope` is set to 'Namespace'");
    } else {
      check_text(text_at(parameters, "namespace"), object::dns1123_label, ns, causes);
    }
  } else if (scope == "Cluster" && has(parameters, "namespace")) {
    causes.forbidden(ns, "`parameters.scope` is set to 'Cluster'");
  }
}

}  // namespace

void check_ingress(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const std::span<const Json> rules = elements(member(spec, "rules"));
  if (has(spec, "defaultBackend")) {
    check_backend(object_at(spec, "defaultBackend"), spec_path().child("defaultBackend"), causes);
  } else if (rules.empty()) {
    causes.invalid_shown(spec_path(), has(spec, "rules") ? "[]" : "null",
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
  check_tls(spec, causes);
  if (has(spec, "ingressClassName")) {
    check_text(text_at(spec, "ingressClassName"), object::dns1123_subdomain,
               spec_path().child("ingressClassName"), causes);
  }
}

void check_ingress_create(const Json& object, Causes& causes) {
  constexpr std::string_view kClass = "kubernetes.io/ingress.class";
  const Json* annotation = members(find(object, {"metadata", "annotations"})).if_contains(kClass);
  const Json& spec = spec_of(object);
  if (annotation && has(spec, "ingressClassName") &&
      text(annotation) != text_at(spec, "ingressClassName")) {
    causes.invalid(FieldPath("annotations").child(kClass), text(annotation),
                   "must match `ingressClassName` when both are specified");
  }
}

void check_ingress_status(const Json& object, const Json&, Causes& causes) {
  const FieldPath path = FieldPath("status").child("loadBalancer").child("ingress");
  std::size_t index = 0;
  for (const Json& point : elements(find(object, {"status", "loadBalancer", "ingress"}))) {
    const FieldPath at = path.index(index++);
    const std::string_view ip = text_at(point, "ip");
    if (!ip.empty() && !is_ip(ip)) causes.invalid(at.child("ip"), ip, kBadIp);
    check_load_balancer_host(point, at, causes);
  }
}

void check_ingress_class(const Json& object, Causes& causes) {
  constexpr std::size_t kMaxController = 250;
  const Json& spec = spec_of(object);
  const std::string_view controller = text_at(spec, "controller");
  const FieldPath path = spec_path().child("controller");
  if (controller.size() > kMaxController) causes.too_long(path, kMaxController);
  check_domain_prefixed_path(controller, path, causes);
  check_class_parameters(spec, causes);
}

void check_ingress_class_update(const Json& object, const Json& old, Causes& causes) {
  const std::string_view controller = text_at(spec_of(object), "controller");
  if (controller != text_at(spec_of(old), "controller")) {
    causes.invalid(spec_path().child("controller"), controller, kImmutable);
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
    check_one_of(text(&kind), {"Ingress", "Egress"},
                 spec_path().child("policyTypes").index(index++), causes);
  }
}

}  // namespace limen::validation::kinds
