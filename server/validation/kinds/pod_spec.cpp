// The spec of a pod, of a pod itself or in a template: its parts in kube-apiserver's order.
#include <set>

#include "base/strings.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/resource_names.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/volume_sources.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMaxNameservers = 3;
constexpr std::size_t kMaxSearches = 32;
constexpr std::size_t kMaxSearchBytes = 2048;

// A volume with causes is none that could be mounted.
void check_volumes(const Json& spec, std::string_view pod_name, const FieldPath& path,
                   PodContext& pod, Causes& causes) {
  std::set<std::string> made;  // claims made for ephemeral volumes
  for (const Json& volume : elements(member(spec, "volumes"))) {
    if (!pod_name.empty() && has(volume, "ephemeral")) {
      made.insert(std::string(pod_name) + "-" + std::string(text_at(volume, "name")));
    }
  }
  std::size_t index = 0;
  for (const Json& volume : elements(member(spec, "volumes"))) {
    const FieldPath at = path.index(index++);
    const std::string_view name = text_at(volume, "name");
    Causes own;
    check_volume_sources(volume, {.in_pod = pod.in_pod, .owner = pod_name, .volume = name}, at,
                         own);
    check_needed_text(name, object::dns1123_label, at.child("name"), own);
    if (pod.volumes.contains(name)) own.duplicate(at.child("name"), name);
    if (own.empty()) pod.volumes[name] = &volume;
    causes.append(own.take());
    const std::string_view claim = text(find(volume, {"persistentVolumeClaim", "claimName"}));
    if (made.contains(std::string(claim))) {
      causes.invalid(at.child("persistentVolumeClaim").child("claimName"), claim,
                     "must not reference a PVC that gets created for an ephemeral volume");
    }
  }
}

void check_resource_claims(const Json& spec, const FieldPath& path, PodContext& pod,
                           Causes& causes) {
  std::size_t index = 0;
  for (const Json& claim : elements(member(spec, "resourceClaims"))) {
    const FieldPath at = path.index(index++);
    const std::string_view name = text_at(claim, "name");
    if (name.empty()) {
      causes.required(at.child("name"));
    } else if (!pod.claims.insert(name).second) {
      causes.duplicate(at.child("name"), name);
    } else {
      check_text(name, object::dns1123_label, at.child("name"), causes);
    }
    const bool by_name = has(claim, "resourceClaimName");
    const bool by_template = has(claim, "resourceClaimTemplateName");
    const boost::json::object shown = {
        {"Name", name},
        {"ResourceClaimName", shown_of(member(claim, "resourceClaimName"))},
        {"ResourceClaimTemplateName", shown_of(member(claim, "resourceClaimTemplateName"))}};
    if (by_name && by_template) {
      causes.invalid(at, Json(shown),
                     "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be "
                     "specified");
    } else if (!by_name && !by_template) {
      causes.invalid(at, Json(shown),
                     "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    for (const std::string_view key : {"resourceClaimName", "resourceClaimTemplateName"}) {
      if (has(claim, key)) {
        check_text(text_at(claim, key), object::dns1123_subdomain, at.child(key), causes);
      }
    }
  }
}

// With the host's network a port is the host's.
void check_host_network(const Json& spec, bool in_pod, const FieldPath& path, Causes& causes) {
  if (!is_true(member(spec, "hostNetwork"))) return;
  std::size_t index = 0;
  for (const Json& container : elements(member(spec, "containers"))) {
    const FieldPath list = path.child("containers").index(index++).child("ports");
    std::size_t position = 0;
    for (const Json& port : elements(member(container, "ports"))) {
      const FieldPath at = list.index(position++).child("hostPort");
      const std::int64_t host = number_at(port, "hostPort");
      if ((in_pod || host != 0) && host != number_at(port, "containerPort")) {
        causes.invalid(at, Json(host), "must match `containerPort` when `hostNetwork` is true");
      }
    }
  }
}

// A DNS subdomain whose labels may have underscores in them.
object::Problems search_domain(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) c = c == '_' ? 'a' : c;
  if (object::dns1123_subdomain(plain).empty()) return {};
  return {
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
      "or '_' or '.', and must start and end with an alphanumeric character (e.g. "
      "'example.com', regex used for validation is "
      "'[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"};
}

void check_searches(const Json& config, const FieldPath& path, Causes& causes) {
  const Json* list = member(config, "searches");
  const std::span<const Json> searches = elements(list);
  std::size_t bytes = 0;
  for (const Json& search : searches) bytes += text(&search).size() + 1;
  if (searches.size() > kMaxSearches) {
    causes.invalid(path, *list, "must not have more than 32 search paths");
  }
  if (bytes > kMaxSearchBytes + 1) {
    causes.invalid(path, *list,
                   "must not have more than 2048 characters (including spaces) in the search list");
  }
  std::size_t index = 0;
  for (const Json& search : searches) {
    std::string_view name = text(&search);
    const FieldPath at = path.index(index++);
    if (name == ".") continue;
    if (name.ends_with('.')) name.remove_suffix(1);
    check_text(name, search_domain, at, causes);
  }
}

void check_dns(const Json& spec, const FieldPath& path, Causes& causes) {
  const bool there = has(spec, "dnsConfig");
  const Json& config = object_at(spec, "dnsConfig");
  const Json* list = member(config, "nameservers");
  const std::span<const Json> servers = elements(list);
  if (text_at(spec, "dnsPolicy") == "None") {
    if (!there) {
      return causes.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    if (servers.empty()) {
      return causes.required(path.child("nameservers"),
                             "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
  }
  if (servers.size() > kMaxNameservers) {
    causes.invalid(path.child("nameservers"), *list, "must not have more than 3 nameservers");
  }
  std::size_t index = 0;
  for (const Json& server : servers) {
    const FieldPath at = path.child("nameservers").index(index++);
    if (!is_ip(text(&server))) causes.invalid(at, text(&server), kBadIp);
  }
  check_searches(config, path.child("searches"), causes);
  index = 0;
  for (const Json& option : elements(member(config, "options"))) {
    const FieldPath at = path.child("options").index(index++);
    if (text_at(option, "name").empty()) causes.required(at, "must not be empty");
  }
}

void check_gates(const Json& spec, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& gate : elements(member(spec, "readinessGates"))) {
    check_text(text_at(gate, "conditionType"), object::qualified_name,
               path.child("readinessGates").index(index++).child("conditionType"), causes);
  }
  std::set<std::string_view> seen;
  index = 0;
  for (const Json& gate : elements(member(spec, "schedulingGates"))) {
    const FieldPath at = path.child("schedulingGates").index(index++);
    const std::string_view name = text_at(gate, "name");
    check_text(name, object::qualified_name, at, causes);
    if (!seen.insert(name).second) causes.duplicate(at, name);
  }
}

void check_host_aliases(const Json& spec, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& alias : elements(member(spec, "hostAliases"))) {
    const FieldPath at = path.child("hostAliases").index(index++);
    if (!is_ip(text_at(alias, "ip"))) causes.invalid(at.child("ip"), text_at(alias, "ip"), kBadIp);
    std::size_t position = 0;
    for (const Json& name : elements(member(alias, "hostnames"))) {
      check_text(text(&name), object::dns1123_subdomain, at.child("hostnames").index(position++),
                 causes);
    }
  }
}

void check_names(const Json& spec, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMaxHostname = 64;
  check_set_text(spec, "serviceAccountName", object::dns1123_subdomain, path, causes);
  check_set_text(spec, "nodeName", object::dns1123_subdomain, path, causes);
  const Json* deadline = member(spec, "activeDeadlineSeconds");
  check_range(deadline, 1, INT32_MAX, path.child("activeDeadlineSeconds"), causes);
  check_set_text(spec, "hostname", object::dns1123_label, path, causes);
  check_set_text(spec, "subdomain", object::dns1123_label, path, causes);
  if (has(spec, "hostnameOverride")) {
    const std::string_view name = text_at(spec, "hostnameOverride");
    if (name.size() > kMaxHostname) causes.too_long(path.child("hostnameOverride"), kMaxHostname);
    check_text(name, object::dns1123_subdomain, path.child("hostnameOverride"), causes);
  }
  check_tolerations(member(spec, "tolerations"), path.child("tolerations"), causes);
  check_host_aliases(spec, path, causes);
  check_set_text(spec, "priorityClassName", object::dns1123_subdomain, path, causes);
  if (has(spec, "runtimeClassName")) {
    check_text(text_at(spec, "runtimeClassName"), object::dns1123_subdomain,
               path.child("runtimeClassName"), causes);
  }
  if (has(spec, "preemptionPolicy")) {
    check_enum(text_at(spec, "preemptionPolicy"), {"PreemptLowerPriority", "Never"},
               path.child("preemptionPolicy"), true, causes);
  }
}

void check_overhead(const Json& spec, const FieldPath& path, Causes& causes) {
  const Json* overhead = member(spec, "overhead");
  if (!overhead || !overhead->is_object()) return;
  boost::json::object as_limits;
  as_limits["limits"] = *overhead;
  check_resources(Json(std::move(as_limits)), check_container_resource_name, {},
                  path.child("overhead"), causes);
}

}  // namespace

void check_pod_spec(const Json* found, const PodPlace& place, const FieldPath& path,
                    Causes& causes) {
  static const Json kNone(boost::json::object_kind);
  const Json& spec = found && found->is_object() ? *found : kNone;
  PodContext pod;
  pod.in_pod = place.in_pod;
  pod.grace_period = member(spec, "terminationGracePeriodSeconds");
  pod.restart_policy = text_at(spec, "restartPolicy");
  const Json* users = member(spec, "hostUsers");
  pod.host_users = !users || !users->is_bool() || users->get_bool();
  if (!has(spec, "terminationGracePeriodSeconds")) {
    causes.required(path.child("terminationGracePeriodSeconds"));
  }
  check_volumes(spec, place.name, path.child("volumes"), pod, causes);
  for (const std::string_view name : place.claimed) pod.volumes.try_emplace(name, nullptr);
  check_resource_claims(spec, path.child("resourceClaims"), pod, causes);
  check_containers(spec, pod, path.child("containers"), causes);
  check_init_containers(spec, pod, path.child("initContainers"), causes);
  check_ephemeral_containers(spec, pod, path.child("ephemeralContainers"), causes);
  check_pod_resources(spec, pod.claims, path.child("resources"), causes);
  check_host_network(spec, place.in_pod, path, causes);
  check_enum(pod.restart_policy, {"Always", "OnFailure", "Never"}, path.child("restartPolicy"),
             true, causes);
  check_enum(text_at(spec, "dnsPolicy"),
             {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"},
             path.child("dnsPolicy"), true, causes);
  check_labels(member(spec, "nodeSelector"), path.child("nodeSelector"), causes);
  check_pod_security(spec, path, causes);
  check_affinity(spec, path, causes);
  check_dns(spec, path.child("dnsConfig"), causes);
  check_gates(spec, path, causes);
  check_spread_constraints(spec, path, causes);
  check_host_users(spec, path, causes);
  check_names(spec, path, causes);
  check_overhead(spec, path, causes);
  check_pod_os(spec, path, causes);
}

void check_pod_annotations(const Json* annotations, const Json& spec, const FieldPath& path,
                           Causes& causes) {
  constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
  constexpr std::string_view kCost = "controller.kubernetes.io/pod-deletion-cost";
  const boost::json::object& all = members(annotations);
  if (const Json* mirror = all.if_contains(kMirror)) {
    if (text_at(spec, "nodeName").empty()) {
      causes.invalid(path.key(kMirror), text(mirror),
                     "must set spec.nodeName if mirror pod annotation is set");
    }
  }
  if (const Json* cost = all.if_contains(kCost)) {
    const std::string_view digits = text(cost);
    const auto number = base::parse_int(digits);
    const bool plain = !digits.starts_with('+') && (digits == "0" || !digits.starts_with('0'));
    if (!number || !plain || *number < INT32_MIN || *number > INT32_MAX) {
      causes.invalid(path.key(kCost), digits, "must be a 32bit integer");
    }
  }
}

void check_pod_template(const Json* found, const std::vector<std::string_view>& claimed,
                        const FieldPath& path, Causes& causes) {
  static const Json kNone(boost::json::object_kind);
  const Json& pod = found && found->is_object() ? *found : kNone;
  const Json& metadata = object_at(pod, "metadata");
  check_labels(member(metadata, "labels"), path.child("labels"), causes);
  const Json* annotations = member(metadata, "annotations");
  check_annotations(annotations, path.child("annotations"), causes);
  check_pod_annotations(annotations, spec_of(pod), path.child("annotations"), causes);
  check_pod_spec(member(pod, "spec"), {.in_pod = false, .name = {}, .claimed = claimed},
                 path.child("spec"), causes);
  if (!elements(find(pod, {"spec", "ephemeralContainers"})).empty()) {
    causes.forbidden(path.child("spec").child("ephemeralContainers"),
                     "ephemeral containers not allowed in pod template");
  }
}

}  // namespace limen::validation::kinds
