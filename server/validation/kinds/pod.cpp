// Pods: what may be made, the little of one that an update may change, and its status.
#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>

#include "object/canonical.h"
#include "object/decode.h"
#include "validation/kinds/addresses.h"
#include "validation/kinds/changes.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kTerms = "requiredDuringSchedulingIgnoredDuringExecution";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}
const FieldPath& annotations_path() {
  static const FieldPath kPath("metadata.annotations");
  return kPath;
}

bool absent(const Json* value) { return !value || value->is_null(); }

const Json* annotations_of(const Json& pod) { return find(pod, {"metadata", "annotations"}); }

// Lets `value` have what `old` has in `key`: what is allowed to change does not count.
void take_from(Json& value, const Json& old, std::string_view key) {
  boost::json::object& target = value.get_object();
  if (const Json* found = member(old, key)) {
    target[key] = *found;
  } else if (const auto gone = target.find(key); gone != target.end()) {
    target.stable_erase(gone);
  }
}

void take_images(Json& spec, const Json& old, std::string_view list) {
  Json* now = member(spec, list);
  const std::span<const Json> before = elements(member(old, list));
  if (!now || !now->is_array()) return;
  for (std::size_t i = 0; i < before.size() && i < now->get_array().size(); ++i) {
    Json& container = now->get_array()[i];
    if (container.is_object()) take_from(container, before[i], "image");
  }
}

// Without lists and maps that are empty, which are as good as absent ones.
void drop_empty(Json& value) {
  if (value.is_array()) {
    for (Json& element : value.get_array()) drop_empty(element);
    return;
  }
  boost::json::object* object = value.if_object();
  if (!object) return;
  for (auto entry = object->begin(); entry != object->end();) {
    drop_empty(entry->value());
    const Json& inner = entry->value();
    const bool empty = inner.is_null() || (inner.is_array() && inner.get_array().empty());
    entry = empty ? object->stable_erase(entry) : entry + 1;
  }
}

// False when nothing more can be said of the update.
bool check_same_containers(const Json& now, const Json& before, std::string_view list,
                           Causes& causes) {
  const std::span<const Json> containers = elements(member(now, list));
  if (containers.size() != elements(member(before, list)).size()) {
    causes.forbidden(spec_path().child(list), "pod updates may not add or remove containers");
    return false;
  }
  std::size_t index = 0;
  for (const Json& container : containers) {
    check_filled(container, {"image"}, spec_path().child(list).index(index++), causes);
  }
  return true;
}

bool check_deadline(const Json* now, const Json* before, Causes& causes) {
  const FieldPath path = spec_path().child("activeDeadlineSeconds");
  if (absent(now)) {
    if (!absent(before)) {
      causes.invalid(path, Json(), "must not update from a positive integer to nil value");
    }
    return true;
  }
  const std::int64_t seconds = object::int_or(now, 0);
  if (seconds < 0 || seconds > INT32_MAX) {
    causes.invalid(path, *now, object::inclusive_range_problem(0, INT32_MAX));
    return false;
  }
  if (!absent(before) && object::int_or(before, 0) < seconds) {
    causes.invalid(path, *now, "must be less than or equal to previous value");
    return false;
  }
  return true;
}

// What tells tolerations apart: everything but the seconds.
std::string identity(const Json& toleration) {
  boost::json::array parts;
  for (const std::string_view key : {"key", "operator", "value", "effect"}) {
    parts.emplace_back(text_at(toleration, key));
  }
  return object::to_json(Json(std::move(parts)));
}

void check_tolerations_stay(const Json& now, const Json& before, Causes& causes) {
  const FieldPath path = spec_path().child("tolerations");
  std::unordered_set<std::string> there;
  for (const Json& each : elements(member(now, "tolerations"))) there.insert(identity(each));
  for (const Json& each : elements(member(before, "tolerations"))) {
    if (there.contains(identity(each))) continue;
    return causes.forbidden(path,
                            "existing toleration can not be modified except its tolerationSeconds");
  }
  check_tolerations(member(now, "tolerations"), path, causes);
}

void check_gates_only_go(const Json& now, const Json& before, Causes& causes) {
  std::set<std::string_view> old;
  for (const Json& gate : elements(member(before, "schedulingGates"))) {
    old.insert(text_at(gate, "name"));
  }
  std::size_t index = 0;
  for (const Json& gate : elements(member(now, "schedulingGates"))) {
    const FieldPath at = spec_path().child("schedulingGates").index(index++).child("name");
    const std::string_view name = text_at(gate, "name");
    if (!old.contains(name)) {
      causes.forbidden(at, "only deletion is allowed, but found new scheduling gate '" +
                               std::string(name) + "'");
    }
  }
}

bool begins_with(std::span<const Json> list, std::span<const Json> start) {
  return list.size() >= start.size() && std::equal(start.begin(), start.end(), list.begin());
}

bool only_adds(const Json& term, const Json& old) {
  bool had_any = false;
  bool has_any = false;
  for (const std::string_view key : {"matchExpressions", "matchFields"}) {
    const std::span<const Json> before = elements(member(old, key));
    const std::span<const Json> now = elements(member(term, key));
    if (!begins_with(now, before)) return false;
    had_any = had_any || !before.empty();
    has_any = has_any || !now.empty();
  }
  return had_any || !has_any;
}

// Of a gated pod the nodes it may run on may become fewer.
void check_narrowed(const Json& now, const Json& before, Causes& causes) {
  const Json* selector = member(now, "nodeSelector");
  for (const auto& wanted : members(member(before, "nodeSelector"))) {
    const Json* value = members(selector).if_contains(wanted.key());
    if (value && *value == wanted.value()) continue;
    causes.invalid_shown(
        spec_path().child("nodeSelector"),
        absent(selector) ? std::string("null") : object::to_json(*selector),
        "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
    break;
  }
  const auto terms_of = [](const Json& spec) {
    return find(spec, {"affinity", "nodeAffinity", kTerms, "nodeSelectorTerms"});
  };
  const std::span<const Json> old = elements(terms_of(before));
  if (old.empty()) return;
  const std::span<const Json> terms = elements(terms_of(now));
  const FieldPath path =
      spec_path().child("affinity").child("nodeAffinity").child(kTerms).child("nodeSelectorTerms");
  if (terms.size() != old.size()) {
    const Json* shown = terms_of(now);
    return causes.invalid_shown(
        path, shown ? object::to_json(*shown) : std::string("null"),
        "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
  }
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (!only_adds(terms[i], old[i])) {
      causes.invalid(path.index(i), terms[i],
                     "only additions are allowed (no mutations or deletions)");
    }
  }
}

void take_node_affinity(Json& spec, const Json& old) {
  Json& affinity = spec.get_object()["affinity"];
  if (!affinity.is_object()) affinity.emplace_object();
  take_from(affinity, object_at(old, "affinity"), "nodeAffinity");
  if (affinity.get_object().empty() && !has(old, "affinity")) spec.get_object().erase("affinity");
}

void check_rest(const Json& now, const Json& before, Causes& causes) {
  Json reduced = object::mutable_copy(now);
  take_images(reduced, before, "containers");
  take_images(reduced, before, "initContainers");
  take_from(reduced, before, "activeDeadlineSeconds");
  take_from(reduced, before, "schedulingGates");
  take_from(reduced, before, "tolerations");
  if (number_at(before, "terminationGracePeriodSeconds") < 0 &&
      number_at(now, "terminationGracePeriodSeconds") == 1) {
    take_from(reduced, before, "terminationGracePeriodSeconds");
  }
  if (!elements(member(before, "schedulingGates")).empty()) {
    check_narrowed(now, before, causes);
    take_from(reduced, before, "nodeSelector");
    take_node_affinity(reduced, before);
  }
  Json old = object::mutable_copy(before);
  drop_empty(reduced);
  drop_empty(old);
  if (reduced == old) return;
  causes.forbidden(
      spec_path(),
      "pod updates may not change fields other than "
      "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
      "`spec.tolerations` (only additions to existing "
      "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
      "previously negative)" +
          changes_between(old, reduced));
}

void check_annotations_stay(const Json& object, const Json& old, Causes& causes) {
  const Json* now = members(annotations_of(object)).if_contains(kMirror);
  const Json* before = members(annotations_of(old)).if_contains(kMirror);
  const FieldPath path = annotations_path().key(kMirror);
  if (before && !same(now, before)) {
    causes.forbidden(path, "may not remove or update mirror pod annotation");
  } else if (now && !before) {
    causes.forbidden(path, "may not add mirror pod annotation");
  }
}

// Tokens are of a service account.
void check_tokens(const Json& spec, Causes& causes) {
  if (!text_at(spec, "serviceAccountName").empty()) return;
  std::size_t index = 0;
  for (const Json& volume : elements(member(spec, "volumes"))) {
    const FieldPath at = spec_path().child("volumes").index(index++).child("projected");
    std::size_t position = 0;
    for (const Json& source : elements(find(volume, {"projected", "sources"}))) {
      const FieldPath path = at.child("sources").index(position++);
      if (has(source, "serviceAccountToken")) {
        causes.forbidden(path.child("serviceAccountToken"),
                         "must not be specified when serviceAccountName is not set");
      }
    }
  }
}

bool has_ended(const Json& status) { return find(status, {"state", "terminated"}) != nullptr; }

// What has ended for good does not run again.
void check_states(const Json& object, const Json& old, std::string_view list,
                  std::string_view restart, Causes& causes) {
  if (restart == "Always") return;
  const FieldPath path = FieldPath("status").child(list);
  std::size_t index = 0;
  for (const Json& before : elements(find(old, {"status", list}))) {
    const FieldPath at = path.index(index++).child("state");
    if (!has_ended(before)) continue;
    const Json* code = find(before, {"state", "terminated", "exitCode"});
    if (restart == "OnFailure" && object::int_or(code, 0) != 0) continue;
    for (const Json& now : elements(find(object, {"status", list}))) {
      if (text_at(now, "name") == text_at(before, "name") && !has_ended(now)) {
        causes.forbidden(at, "may not be transitioned to non-terminated state");
      }
    }
  }
}

void check_pod_ips(const Json& object, std::string_view key, Causes& causes) {
  const FieldPath path = FieldPath("status").child(key);
  const Json* list = find(object, {"status", key});
  const std::span<const Json> ips = elements(list);
  std::size_t index = 0;
  std::size_t v6 = 0;
  bool all_good = true;
  for (const Json& each : ips) {
    const std::string_view ip = text_at(each, "ip");
    if (!is_ip(ip)) {
      causes.invalid(path.index(index), ip, kBadIp);
      all_good = false;
    }
    if (ip.find(':') != std::string_view::npos) ++v6;
    ++index;
  }
  if (ips.size() < 2 || !all_good) return;
  if (ips.size() > 2 || v6 != 1) {
    causes.invalid(path, *list, "may specify no more than one IP for each IP family");
  }
}

}  // namespace

void check_pod(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_pod_annotations(annotations_of(object), spec, annotations_path(), causes);
  check_pod_spec(&spec, {.in_pod = true, .name = object::name(object), .claimed = {}}, spec_path(),
                 causes);
  check_tokens(spec, causes);
  check_pod_images(spec, spec_path(), causes);
}

void check_pod_create(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  if (!elements(member(spec, "ephemeralContainers")).empty()) {
    causes.forbidden(spec_path().child("ephemeralContainers"), "cannot be set on create");
  }
  if (!text_at(spec, "nodeName").empty() && !elements(member(spec, "schedulingGates")).empty()) {
    causes.forbidden(spec_path().child("nodeName"),
                     "cannot be set until all schedulingGates have been cleared");
  }
}

void check_pod_template_object(const Json& object, Causes& causes) {
  check_pod_template(member(object, "template"), {}, FieldPath("template"), causes);
}

void check_pod_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  check_annotations_stay(object, old, causes);
  if (!check_same_containers(now, before, "containers", causes)) return;
  if (!check_same_containers(now, before, "initContainers", causes)) return;
  const Json* deadline = member(now, "activeDeadlineSeconds");
  if (!check_deadline(deadline, member(before, "activeDeadlineSeconds"), causes)) return;
  check_tolerations_stay(now, before, causes);
  check_gates_only_go(now, before, causes);
  check_rest(now, before, causes);
}

void check_pod_status(const Json& object, const Json& old, Causes& causes) {
  check_annotations_stay(object, old, causes);
  const FieldPath path("status");
  std::size_t index = 0;
  for (const Json& condition : elements(find(object, {"status", "conditions"}))) {
    const FieldPath at = FieldPath("metadata").child("conditions").index(index++).child("Type");
    const std::string_view type = text_at(condition, "type");
    if (type == "PodScheduled" || type == "Ready" || type == "Initialized") continue;
    check_text(type, object::qualified_name, at, causes);
  }
  const std::string_view restart = text_at(spec_of(old), "restartPolicy");
  const std::string_view qos = text_at(status_of(object), "qosClass");
  if (qos != text_at(status_of(old), "qosClass")) {
    causes.invalid(path.child("qosClass"), qos, kImmutable);
  }
  check_states(object, old, "containerStatuses", restart, causes);
  check_states(object, old, "ephemeralContainerStatuses", "Never", causes);
  check_pod_ips(object, "podIPs", causes);
  check_pod_ips(object, "hostIPs", causes);
}

}  // namespace limen::validation::kinds
