// Workloads of apps/v1 and replication controllers.
#include <set>

#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "object/selector.h"
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

bool selects_all(const Json& selector) {
  return members(member(selector, "matchLabels")).empty() &&
         elements(member(selector, "matchExpressions")).empty();
}

// The selector itself, and that the template's labels satisfy it.
void check_selector(const Json& spec, std::string_view empty_text, Causes& causes) {
  const FieldPath path = spec_path().child("selector");
  const Json* selector = member(spec, "selector");
  if (!selector || !selector->is_object()) return causes.required(path);
  check_label_selector(selector, path, causes);
  if (selects_all(*selector)) return causes.invalid(path, *selector, empty_text);
  try {
    const Json* labels = find(spec, {"template", "metadata", "labels"});
    if (!object::LabelSelector::from_object(*selector).matches(object::to_labels(labels))) {
      static const Json kNone(boost::json::object_kind);
      causes.invalid(spec_path().child("template").child("metadata").child("labels"),
                     labels ? *labels : kNone, "`selector` does not match template `labels`");
    }
  } catch (const object::SelectorError&) {
    causes.invalid(path, *selector, "invalid label selector");
  }
}

// Pods of a controller that replaces them restart always and have no deadline.
void check_template(const Json& spec, std::string_view owner, Causes& causes) {
  const FieldPath path = spec_path().child("template");
  check_pod_template(member(spec, "template"), path, causes);
  const std::string_view restart = text(find(spec, {"template", "spec", "restartPolicy"}));
  if (!restart.empty() && restart != "Always") {
    causes.not_supported(path.child("spec").child("restartPolicy"), restart, {"Always"});
  }
  const Json* deadline = find(spec, {"template", "spec", "activeDeadlineSeconds"});
  if (deadline && !deadline->is_null()) {
    causes.forbidden(path.child("spec").child("activeDeadlineSeconds"),
                     "activeDeadlineSeconds in " + std::string(owner) + " is not Supported");
  }
}

void check_counts(const Json& spec, std::initializer_list<std::string_view> keys, Causes& causes) {
  for (const std::string_view key : keys) {
    check_not_negative(member(spec, key), spec_path().child(key), causes);
  }
}

// A whole number that is not negative or a percentage; returns whether it means zero.
bool check_surge(const Json* value, const FieldPath& path, Causes& causes) {
  if (!value || value->is_null()) return false;
  if (!value->is_string()) {
    check_not_negative(value, path, causes);
    return object::int_or(value, 0) == 0;
  }
  std::string_view digits(value->get_string());
  const bool percent = digits.ends_with('%');
  if (percent) digits.remove_suffix(1);
  const std::optional<std::int64_t> number = base::parse_int(digits);
  if (!percent || !number || *number < 0) {
    causes.invalid(path, *value,
                   "a valid percent string must be a numeric string followed by an ending '%' "
                   "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
    return false;
  }
  return *number == 0;
}

void check_rolling_update(const Json* rolling, const FieldPath& path, Causes& causes) {
  if (!rolling || !rolling->is_object()) return;
  const Json* unavailable = member(*rolling, "maxUnavailable");
  const FieldPath at = path.child("maxUnavailable");
  const bool none_down = check_surge(unavailable, at, causes);
  const bool none_up = check_surge(member(*rolling, "maxSurge"), path.child("maxSurge"), causes);
  if (none_down && none_up) {
    causes.invalid(at, *unavailable, "may not be 0 when `maxSurge` is 0");
  }
  if (unavailable && unavailable->is_string()) {
    const std::string_view percent(unavailable->get_string());
    if (percent.ends_with('%') &&
        base::parse_int(percent.substr(0, percent.size() - 1)).value_or(0) > 100) {
      causes.invalid(at, *unavailable, "must not be greater than 100%");
    }
  }
}

// The spec with a volume for every claim template: that is what its pods' mounts may name.
Json with_claimed_volumes(const Json& spec) {
  Json out = object::mutable_copy(spec);
  Json* pod_template = member(out, "template");
  Json* pod = pod_template ? member(*pod_template, "spec") : nullptr;
  if (!pod || !pod->is_object()) return out;
  const std::span<const Json> claims = elements(member(spec, "volumeClaimTemplates"));
  if (claims.empty()) return out;
  Json& volumes = pod->get_object()["volumes"];
  if (!volumes.is_array()) volumes.emplace_array();
  std::set<std::string, std::less<>> known;
  for (const Json& volume : volumes.get_array()) known.emplace(text_at(volume, "name"));
  for (const Json& claim : claims) {
    const std::string_view name = object::name(claim);
    if (name.empty() || !known.emplace(name).second) continue;
    volumes.get_array().push_back(
        {{"name", name}, {"persistentVolumeClaim", {{"claimName", name}}}});
  }
  return out;
}

}  // namespace

void check_deployment(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"replicas"}, causes);
  check_selector(spec, "empty selector is invalid for deployment", causes);
  check_template(spec, "ReplicaSet", causes);
  const FieldPath path = spec_path().child("strategy");
  const std::string_view type = text(find(spec, {"strategy", "type"}));
  const Json* rolling = find(spec, {"strategy", "rollingUpdate"});
  check_enum(type, {"Recreate", "RollingUpdate"}, path.child("type"), false, causes);
  if (type == "Recreate" && rolling && !rolling->is_null()) {
    causes.forbidden(path.child("rollingUpdate"),
                     "may not be specified when strategy `type` is 'Recreate'");
  } else {
    check_rolling_update(rolling, path.child("rollingUpdate"), causes);
  }
  check_counts(spec, {"minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"},
               causes);
  const Json* deadline = member(spec, "progressDeadlineSeconds");
  if (deadline &&
      object::int_or(deadline, 0) <= object::int_or(member(spec, "minReadySeconds"), 0)) {
    causes.invalid(spec_path().child("progressDeadlineSeconds"), *deadline,
                   "must be greater than minReadySeconds");
  }
}

void check_replica_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"replicas", "minReadySeconds"}, causes);
  check_selector(spec, "empty selector is invalid for deployment", causes);
  if (!has(spec, "template")) return causes.required(spec_path().child("template"));
  check_template(spec, "ReplicaSet", causes);
}

void check_stateful_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const std::string_view management = text_at(spec, "podManagementPolicy");
  if (!management.empty() && management != "OrderedReady" && management != "Parallel") {
    causes.invalid(spec_path().child("podManagementPolicy"), management,
                   "must be 'OrderedReady' or 'Parallel'");
  }
  const std::string_view type = text(find(spec, {"updateStrategy", "type"}));
  const FieldPath strategy = spec_path().child("updateStrategy");
  if (!type.empty() && type != "RollingUpdate" && type != "OnDelete") {
    causes.invalid(strategy, *member(spec, "updateStrategy"),
                   "must be 'RollingUpdate' or 'OnDelete'");
  }
  check_not_negative(find(spec, {"updateStrategy", "rollingUpdate", "partition"}),
                     strategy.child("rollingUpdate").child("partition"), causes);
  check_counts(spec, {"replicas", "minReadySeconds"}, causes);
  check_selector(spec, "empty selector is invalid for statefulset", causes);
  check_template(with_claimed_volumes(spec), "StatefulSet", causes);
}

void check_daemon_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_selector(spec, "empty selector is invalid for daemonset", causes);
  check_template(spec, "DaemonSet", causes);
  const FieldPath strategy = spec_path().child("updateStrategy");
  check_enum(text(find(spec, {"updateStrategy", "type"})), {"RollingUpdate", "OnDelete"},
             strategy.child("type"), false, causes);
  check_counts(spec, {"minReadySeconds", "revisionHistoryLimit"}, causes);
}

void check_replication_controller(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"replicas", "minReadySeconds"}, causes);
  const Json* selector = member(spec, "selector");
  if (members(selector).empty()) return causes.required(spec_path().child("selector"));
  if (!has(spec, "template")) return causes.required(spec_path().child("template"));
  const Json* labels = find(spec, {"template", "metadata", "labels"});
  for (const auto& wanted : members(selector)) {
    const Json* value = members(labels).if_contains(wanted.key());
    if (value && *value == wanted.value()) continue;
    static const Json kNone(boost::json::object_kind);
    causes.invalid(spec_path().child("template").child("metadata").child("labels"),
                   labels ? *labels : kNone, "`selector` does not match template `labels`");
    break;
  }
  check_template(spec, "ReplicationController", causes);
}

void check_selector_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(find(object, {"spec", "selector"}), find(old, {"spec", "selector"}),
                  spec_path().child("selector"), causes);
}

void check_stateful_set_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  const auto may_change = [](std::string_view key) {
    return key == "replicas" || key == "ordinals" || key == "template" || key == "updateStrategy" ||
           key == "revisionHistoryLimit" || key == "persistentVolumeClaimRetentionPolicy" ||
           key == "minReadySeconds";
  };
  bool changed = false;
  for (const Json* side : {&now, &before}) {
    for (const auto& entry : members(side)) {
      if (may_change(entry.key())) continue;
      changed = changed || !same(member(now, entry.key()), member(before, entry.key()));
    }
  }
  if (changed) {
    causes.forbidden(
        spec_path(),
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        "'minReadySeconds' are forbidden");
  }
}

}  // namespace limen::validation::kinds
