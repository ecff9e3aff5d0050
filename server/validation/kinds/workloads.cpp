// Workloads of apps/v1 and replication controllers.
#include "object/decode.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}
const FieldPath& status_path() {
  static const FieldPath kPath("status");
  return kPath;
}

using ClaimNames = std::vector<std::string_view>;

// Pods of a controller that replaces them restart always and have no deadline.
void check_endless(const Json& spec, std::string_view owner, Causes& causes) {
  const FieldPath path = spec_path().child("template").child("spec");
  check_one_of(text(find(spec, {"template", "spec", "restartPolicy"})), {"Always"},
               path.child("restartPolicy"), causes);
  const Json* deadline = find(spec, {"template", "spec", "activeDeadlineSeconds"});
  if (deadline && !deadline->is_null()) {
    causes.forbidden(path.child("activeDeadlineSeconds"),
                     "activeDeadlineSeconds in " + std::string(owner) + " is not Supported");
  }
}

void check_template(const Json& spec, std::string_view owner, const ClaimNames& claimed,
                    Causes& causes) {
  check_template_labels(spec, causes);
  check_pod_template(member(spec, "template"), claimed, spec_path().child("template"), causes);
  check_endless(spec, owner, causes);
}

void check_rolling_deployment(const Json& rolling, const FieldPath& path, Causes& causes) {
  const Json* down = member(rolling, "maxUnavailable");
  const Json* up = member(rolling, "maxSurge");
  const FieldPath at = path.child("maxUnavailable");
  check_int_or_percent(down, at, causes);
  check_int_or_percent(up, path.child("maxSurge"), causes);
  if (int_or_percent(down) == 0 && int_or_percent(up) == 0) {
    causes.invalid(at, down ? *down : Json(0), "may not be 0 when `maxSurge` is 0");
  }
  check_at_most_all(down, at, causes);
}

// A strategy as Go's struct shows it.
Json shown_strategy(const Json& strategy) {
  return boost::json::object{{"Type", text_at(strategy, "type")},
                             {"RollingUpdate", shown_of(member(strategy, "rollingUpdate"))}};
}

void check_deployment_strategy(const Json& spec, Causes& causes) {
  const Json& strategy = object_at(spec, "strategy");
  const FieldPath path = spec_path().child("strategy");
  const std::string_view type = text_at(strategy, "type");
  const FieldPath rolling = path.child("rollingUpdate");
  if (type == "Recreate") {
    if (has(strategy, "rollingUpdate")) {
      causes.forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'");
    }
  } else if (type == "RollingUpdate") {
    if (!has(strategy, "rollingUpdate")) {
      causes.required(rolling, "this should be defaulted and never be nil");
    } else {
      check_rolling_deployment(object_at(strategy, "rollingUpdate"), rolling, causes);
    }
  } else {
    causes.not_supported(path, shown_strategy(strategy), {"Recreate", "RollingUpdate"});
  }
}

void check_rolling_daemon_set(const Json& rolling, const FieldPath& path, Causes& causes) {
  const Json* down = member(rolling, "maxUnavailable");
  const Json* up = member(rolling, "maxSurge");
  check_int_or_percent(down, path.child("maxUnavailable"), causes);
  check_int_or_percent(up, path.child("maxSurge"), causes);
  check_at_most_all(down, path.child("maxUnavailable"), causes);
  check_at_most_all(up, path.child("maxSurge"), causes);
  const bool none_down = int_or_percent(down) == 0;
  const bool none_up = int_or_percent(up) == 0;
  if (!none_down && !none_up) {
    causes.invalid(path.child("maxSurge"), *up, "may not be set when maxUnavailable is non-zero");
  } else if (none_down && none_up) {
    causes.required(path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
  }
}

void check_daemon_set_strategy(const Json& spec, Causes& causes) {
  const Json& strategy = object_at(spec, "updateStrategy");
  const FieldPath path = spec_path().child("updateStrategy");
  const std::string_view type = text_at(strategy, "type");
  if (type == "OnDelete") return;
  if (type != "RollingUpdate") {
    return causes.not_supported(path, shown_strategy(strategy), {"RollingUpdate", "OnDelete"});
  }
  if (!has(strategy, "rollingUpdate")) return causes.required(path.child("rollingUpdate"));
  check_rolling_daemon_set(object_at(strategy, "rollingUpdate"), path.child("rollingUpdate"),
                           causes);
}

void check_stateful_set_strategy(const Json& spec, Causes& causes) {
  const Json& strategy = object_at(spec, "updateStrategy");
  const FieldPath path = spec_path().child("updateStrategy");
  const FieldPath rolling_path = path.child("rollingUpdate");
  const std::string_view type = text_at(strategy, "type");
  const Json* rolling = member(strategy, "rollingUpdate");
  const bool rolls = rolling && rolling->is_object();
  if (type.empty()) {
    causes.required(path);
  } else if (type == "OnDelete") {
    if (rolls) {
      const boost::json::object shown = {
          {"Partition", number_at(*rolling, "partition")},
          {"MaxUnavailable", shown_of(member(*rolling, "maxUnavailable"))}};
      causes.invalid(rolling_path, Json(shown), "only allowed for updateStrategy 'RollingUpdate'");
    }
  } else if (type != "RollingUpdate") {
    causes.invalid(path, shown_strategy(strategy), "must be 'RollingUpdate' or 'OnDelete'");
  } else if (rolls) {
    check_counts(*rolling, {"partition"}, rolling_path, causes);
    const Json* down = member(*rolling, "maxUnavailable");
    if (!down || down->is_null()) return;
    const FieldPath at = rolling_path.child("maxUnavailable");
    check_int_or_percent(down, at, causes);
    if (int_or_percent(down) == 0) causes.invalid(at, *down, "cannot be 0");
    check_at_most_all(down, at, causes);
  }
}

ClaimNames claims_of(const Json& spec) {
  ClaimNames out;
  for (const Json& claim : elements(member(spec, "volumeClaimTemplates"))) {
    if (!object::name(claim).empty()) out.push_back(object::name(claim));
  }
  return out;
}

// Numbers of a status: none negative, none above `replicas`, no more available than ready.
void check_replica_counts(const Json& status, std::initializer_list<std::string_view> parts,
                          std::string_view ready, Causes& causes) {
  // What is not there is 0, and may be greater than a number that is negative.
  const auto greater = [&](std::string_view key, std::string_view than, const std::string& name) {
    const std::int64_t number = number_at(status, key);
    if (number <= number_at(status, than)) return;
    causes.invalid(status_path().child(key), Json(number), "cannot be greater than " + name);
  };
  for (const std::string_view key : parts) greater(key, "replicas", "status.replicas");
  greater("availableReplicas", "readyReplicas", std::string(ready));
}

// Names made of it would collide with earlier ones.
void check_collisions(const Json& object, const Json& old, Causes& causes) {
  const Json* now = find(object, {"status", "collisionCount"});
  const Json* before = find(old, {"status", "collisionCount"});
  if (before && object::int_or(now, 0) < object::int_or(before, 0)) {
    causes.invalid(status_path().child("collisionCount"), Json(object::int_or(now, 0)),
                   "cannot be decremented");
  }
}

}  // namespace

void check_deployment(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"replicas"}, spec_path(), causes);
  check_pod_selector(spec, "deployment", true, spec_path(), causes);
  check_template(spec, "ReplicaSet", {}, causes);
  check_deployment_strategy(spec, causes);
  check_counts(spec, {"minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"},
               spec_path(), causes);
  const Json* deadline = member(spec, "progressDeadlineSeconds");
  if (deadline && object::int_or(deadline, 0) <= number_at(spec, "minReadySeconds")) {
    causes.invalid(spec_path().child("progressDeadlineSeconds"), *deadline,
                   "must be greater than minReadySeconds");
  }
}

void check_deployment_status(const Json& object, const Json& old, Causes& causes) {
  const Json& status = status_of(object);
  check_counts(status,
               {"observedGeneration", "replicas", "updatedReplicas", "readyReplicas",
                "availableReplicas", "unavailableReplicas", "collisionCount"},
               status_path(), causes);
  check_replica_counts(status, {"updatedReplicas", "readyReplicas", "availableReplicas"},
                       "readyReplicas", causes);
  check_collisions(object, old, causes);
}

void check_replica_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"replicas", "minReadySeconds"}, spec_path(), causes);
  check_pod_selector(spec, "deployment", true, spec_path(), causes);
  check_template(spec, "ReplicaSet", {}, causes);
}

void check_replica_set_status(const Json& object, const Json&, Causes& causes) {
  const Json& status = status_of(object);
  check_counts(status,
               {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
                "observedGeneration"},
               status_path(), causes);
  check_replica_counts(status, {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"},
                       "readyReplicas", causes);
}

void check_stateful_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const std::string_view management = text_at(spec, "podManagementPolicy");
  if (management.empty()) {
    causes.required(spec_path().child("podManagementPolicy"));
  } else if (management != "OrderedReady" && management != "Parallel") {
    causes.invalid(spec_path().child("podManagementPolicy"), management,
                   "must be 'OrderedReady' or 'Parallel'");
  }
  check_stateful_set_strategy(spec, causes);
  if (has(spec, "persistentVolumeClaimRetentionPolicy")) {
    const Json& retention = object_at(spec, "persistentVolumeClaimRetentionPolicy");
    const FieldPath path = spec_path().child("persistentVolumeClaimRetentionPolicy");
    for (const std::string_view key : {"whenDeleted", "whenScaled"}) {
      check_one_of(text_at(retention, key), {"Retain", "Delete"}, path.child(key), causes);
    }
  }
  check_counts(spec, {"replicas", "minReadySeconds"}, spec_path(), causes);
  check_not_negative(find(spec, {"ordinals", "start"}), spec_path().child("ordinals.start"),
                     causes);
  check_pod_selector(spec, "statefulset", true, spec_path(), causes);
  check_template(spec, "StatefulSet", claims_of(spec), causes);
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

void check_stateful_set_status(const Json& object, const Json& old, Causes& causes) {
  const Json& status = status_of(object);
  check_counts(status,
               {"replicas", "readyReplicas", "currentReplicas", "updatedReplicas",
                "availableReplicas", "observedGeneration", "collisionCount"},
               status_path(), causes);
  check_replica_counts(status,
                       {"readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"},
                       "status.readyReplicas", causes);
  check_collisions(object, old, causes);
}

void check_daemon_set(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json* selector = member(spec, "selector");
  check_label_selector(selector, spec_path().child("selector"), causes);
  check_template_labels(spec, causes);
  if (!selector || !selector->is_object()) {
    causes.required(spec_path().child("selector"));
  } else if (members(member(*selector, "matchLabels")).empty() &&
             elements(member(*selector, "matchExpressions")).empty()) {
    causes.invalid(spec_path().child("selector"), *selector,
                   "empty selector is invalid for daemonset");
  }
  check_pod_template(member(spec, "template"), {}, spec_path().child("template"), causes);
  check_endless(spec, "DaemonSet", causes);
  check_counts(spec, {"minReadySeconds"}, spec_path(), causes);
  check_daemon_set_strategy(spec, causes);
  check_counts(spec, {"revisionHistoryLimit"}, spec_path(), causes);
}

void check_daemon_set_status(const Json& object, const Json& old, Causes& causes) {
  check_counts(status_of(object),
               {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled",
                "numberReady", "observedGeneration", "updatedNumberScheduled", "numberAvailable",
                "numberUnavailable", "collisionCount"},
               status_path(), causes);
  check_collisions(object, old, causes);
}

void check_replication_controller(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_counts(spec, {"minReadySeconds"}, spec_path(), causes);
  const Json* selector = member(spec, "selector");
  if (members(selector).empty()) causes.required(spec_path().child("selector"));
  check_counts(spec, {"replicas"}, spec_path(), causes);
  if (!has(spec, "template")) return causes.required(spec_path().child("template"));
  const Json* labels = find(spec, {"template", "metadata", "labels"});
  for (const auto& wanted : members(selector)) {
    const Json* value = members(labels).if_contains(wanted.key());
    if (value && *value == wanted.value()) continue;
    const FieldPath path = spec_path().child("template").child("metadata").child("labels");
    constexpr std::string_view kNot = "`selector` does not match template `labels`";
    if (labels && labels->is_object()) {
      causes.invalid(path, *labels, kNot);
    } else {
      causes.invalid_shown(path, "null", kNot);
    }
    break;
  }
  check_pod_template(member(spec, "template"), {}, spec_path().child("template"), causes);
  check_endless(spec, "ReplicationController", causes);
}

void check_selector_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(find(object, {"spec", "selector"}), find(old, {"spec", "selector"}),
                  spec_path().child("selector"), causes);
}

void check_controller_revision(const Json& object, Causes& causes) {
  if (!has(object, "data")) causes.required(FieldPath("data"), "data is mandatory");
  check_counts(object, {"revision"}, FieldPath(), causes);
}

void check_controller_revision_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(member(object, "data"), member(old, "data"), FieldPath("data"), causes);
}

}  // namespace limen::validation::kinds
