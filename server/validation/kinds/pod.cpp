// Pods and pod templates: the spec's rules, and the little of a pod that an update may change.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

bool absent(const Json* value) { return !value || value->is_null(); }

// Lets `spec` have what `old` has in `key`: what is allowed to change does not count.
void take_from(Json& spec, const Json& old, std::string_view key) {
  boost::json::object& target = spec.get_object();
  if (const Json* value = member(old, key)) {
    target[key] = *value;
  } else if (auto found = target.find(key); found != target.end()) {
    target.stable_erase(found);
  }
}

void take_images(Json& spec, const Json& old, std::string_view list) {
  Json* now = member(spec, list);
  const std::span<const Json> before = elements(member(old, list));
  if (!now || !now->is_array() || now->get_array().size() != before.size()) return;
  for (std::size_t i = 0; i < before.size(); ++i) {
    Json& container = now->get_array()[i];
    if (container.is_object()) take_from(container, before[i], "image");
  }
}

// What tells tolerations apart: everything but the seconds.
std::string identity(const Json& toleration) {
  boost::json::array parts;
  for (const std::string_view key : {"key", "operator", "value", "effect"}) {
    parts.emplace_back(object::text_at(toleration, key));
  }
  return object::to_json(Json(std::move(parts)));
}

// Tolerations may be added, and the seconds of one may change; none may go.
bool only_adds_tolerations(const Json& spec, const Json& old) {
  std::unordered_set<std::string> now;
  for (const Json& each : elements(member(spec, "tolerations"))) now.insert(identity(each));
  const std::span<const Json> before = elements(member(old, "tolerations"));
  return std::all_of(before.begin(), before.end(),
                     [&](const Json& each) { return now.contains(identity(each)); });
}

void check_deadline(const Json* now, const Json* before, Causes& causes) {
  if (absent(before) || same(now, before)) return;
  const FieldPath path = spec_path().child("activeDeadlineSeconds");
  if (absent(now)) {
    causes.invalid(path, Json(nullptr), "must not update from a positive integer to nil value");
  } else if (object::int_or(now, 0) > object::int_or(before, 0)) {
    causes.invalid(path, *now, "must be less than or equal to previous value");
  }
}

}  // namespace

void check_pod(const Json& object, Causes& causes) {
  check_pod_spec(member(object, "spec"), spec_path(), causes);
}

void check_pod_template_object(const Json& object, Causes& causes) {
  check_pod_template(member(object, "template"), FieldPath("template"), causes);
}

void check_pod_update(const Json& object, const Json& old, Causes& causes) {
  const Json* now = member(object, "spec");
  const Json* before = member(old, "spec");
  if (!now || !before || !now->is_object() || !before->is_object()) return;
  check_deadline(member(*now, "activeDeadlineSeconds"), member(*before, "activeDeadlineSeconds"),
                 causes);
  Json reduced = object::mutable_copy(*now);
  take_images(reduced, *before, "containers");
  take_images(reduced, *before, "initContainers");
  take_from(reduced, *before, "activeDeadlineSeconds");
  if (only_adds_tolerations(*now, *before)) take_from(reduced, *before, "tolerations");
  if (object::int_or(member(*before, "terminationGracePeriodSeconds"), 0) < 0 &&
      object::int_or(member(*now, "terminationGracePeriodSeconds"), 0) == 1) {
    take_from(reduced, *before, "terminationGracePeriodSeconds");
  }
  // A gated pod is not scheduled yet: gates may go, and its placement may be narrowed.
  if (!elements(member(*before, "schedulingGates")).empty()) {
    take_from(reduced, *before, "schedulingGates");
    take_from(reduced, *before, "nodeSelector");
    take_from(reduced, *before, "affinity");
  }
  if (reduced == *before) return;
  causes.forbidden(
      spec_path(),
      "pod updates may not change fields other than "
      "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
      "`spec.tolerations` (only additions to existing "
      "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
      "previously negative)");
}

}  // namespace limen::validation::kinds
