// Namespaces and the small kinds that serve the cluster: leases, events, priority classes,
// disruption budgets.
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMaxWord = 128;  // of an event's reason, action and reporter
constexpr std::size_t kMaxNote = 1024;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_event_namespace(const Json& object, bool timed, Causes& causes) {
  const std::string_view of = text(find(object, {"involvedObject", "namespace"}));
  const std::string_view ns = object::ns(object);
  // Events about cluster-scoped objects live in default, or in kube-system.
  const bool fits =
      of.empty() ? ns == "default" || (timed && ns == "kube-system") : timed || of == ns;
  if (!fits) {
    causes.invalid(FieldPath("involvedObject").child("namespace"), of,
                   "does not match event.namespace");
  }
}

void check_length(std::string_view text, std::size_t most, std::string_view key, Causes& causes) {
  if (text.size() > most) {
    causes.invalid(FieldPath(key), std::string_view(),
                   "can have at most " + std::to_string(most) + " characters");
  }
}

// Events with a time say who reports what was done.
void check_timed_event(const Json& object, const FieldPath& reporter_path, Causes& causes) {
  const std::string_view reporter = text_at(object, "reportingComponent");
  if (reporter.empty()) causes.required(reporter_path);
  check_text(reporter, object::qualified_name, reporter_path, causes);
  for (const std::string_view key : {"reportingInstance", "action", "reason"}) {
    const std::string_view word = text_at(object, key);
    if (word.empty()) causes.required(FieldPath(key));
    check_length(word, kMaxWord, key, causes);
  }
  check_length(text_at(object, "message"), kMaxNote, "message", causes);
}

void check_series(const Json& object, Causes& causes) {
  if (!has(object, "series")) return;
  const Json& series = object_at(object, "series");
  if (number_at(series, "count") < 2) {
    causes.invalid(FieldPath("series.count"), std::string_view(), "should be at least 2");
  }
  if (!has(series, "lastObservedTime")) causes.required(FieldPath("series.lastObservedTime"));
}

// `reporter`: what the API group calls who reports.
void check_any_event(const Json& object, const FieldPath& reporter, Causes& causes) {
  const bool timed = has(object, "eventTime");
  check_event_namespace(object, timed, causes);
  if (timed) check_timed_event(object, reporter, causes);
  check_text(object::ns(object), object::dns1123_subdomain, FieldPath("namespace"), causes);
}

}  // namespace

void check_namespace(const Json& object, Causes& causes) {
  for (const Json& finalizer : elements(find(object, {"spec", "finalizers"}))) {
    const FieldPath path = spec_path().child("finalizers");
    check_text(text(&finalizer), object::qualified_name, path, causes);
    check_finalizer_domain(text(&finalizer), path, causes);
  }
}

void check_namespace_finalizers(const Json& object, Causes& causes) {
  const FieldPath path = spec_path().child("finalizers");
  std::size_t index = 0;
  for (const Json& finalizer : elements(find(object, {"spec", "finalizers"}))) {
    const FieldPath at = path.index(index++);
    check_text(text(&finalizer), object::qualified_name, at, causes);
    check_finalizer_domain(text(&finalizer), at, causes);
  }
}

void check_namespace_status(const Json& object, const Json&, Causes& causes) {
  const std::string_view phase = text_at(status_of(object), "phase");
  const bool ending = !object::deletion_timestamp(object).empty();
  const FieldPath path = FieldPath("status").child("Phase");
  if (!ending && phase != "Active") {
    causes.invalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty");
  } else if (ending && phase != "Terminating") {
    causes.invalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
  }
}

void check_lease(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json* duration = member(spec, "leaseDurationSeconds");
  if (object::int_or(duration, 1) <= 0) {
    causes.invalid(spec_path().child("leaseDurationSeconds"), *duration, "must be greater than 0");
  }
  check_counts(spec, {"leaseTransitions"}, spec_path(), causes);
  const std::string_view strategy = text_at(spec, "strategy");
  if (has(spec, "strategy")) {
    const FieldPath path = spec_path().child("strategy").child("strategy");
    if (strategy.find('/') == std::string_view::npos) {
      check_one_of(strategy, {"OldestEmulationVersion"}, path, causes);
    } else {
      check_text(strategy, object::qualified_name, path, causes);
    }
  }
  if (!text_at(spec, "preferredHolder").empty() && strategy.empty()) {
    causes.forbidden(spec_path().child("preferredHolder"),
                     "may only be specified if `strategy` is defined");
  }
}

void check_event(const Json& object, Causes& causes) {
  check_any_event(object, FieldPath("reportingComponent"), causes);
}

void check_strict_event(const Json& object, Causes& causes) {
  check_any_event(object, FieldPath("reportingController"), causes);
}

void check_strict_event_create(const Json& object, Causes& causes) {
  check_series(object, causes);
  if (!has(object, "eventTime")) causes.required(FieldPath("eventTime"));
  const std::string_view type = text_at(object, "type");
  if (type != "Normal" && type != "Warning") {
    causes.invalid(FieldPath("type"), std::string_view(),
                   "has invalid value: " + std::string(type));
  }
  constexpr std::string_view kUnset = "needs to be unset";
  for (const std::string_view key : {"firstTimestamp", "lastTimestamp"}) {
    if (has(object, key)) causes.invalid(FieldPath(key), std::string_view(), kUnset);
  }
  if (number_at(object, "count") != 0) {
    causes.invalid(FieldPath("count"), std::string_view(), kUnset);
  }
  const Json& source = object_at(object, "source");
  if (!text_at(source, "component").empty() || !text_at(source, "host").empty()) {
    causes.invalid(FieldPath("source"), std::string_view(), kUnset);
  }
}

void check_strict_event_update(const Json& object, const Json& old, Causes& causes) {
  if (!same(member(object, "series"), member(old, "series"))) check_series(object, causes);
  for (const std::string_view key :
       {"involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count",
        "type", "eventTime", "action", "related", "reportingComponent", "reportingInstance"}) {
    const FieldPath path(key == "reportingComponent" ? "reportingController" : key);
    check_immutable(member(object, key), member(old, key), path, causes);
  }
}

void check_priority_class(const Json& object, Causes& causes) {
  constexpr std::int64_t kHighestUser = 1'000'000'000;
  const std::string name(object::name(object));
  const std::int64_t value = number_at(object, "value");
  if (name.starts_with("system-")) {
    const std::int64_t known = name == "system-node-critical"      ? 2'000'001'000
                               : name == "system-cluster-critical" ? 2'000'000'000
                                                                   : 0;
    std::string problem;
    if (known == 0) {
      problem = name + " is not a known system priority class";
    } else if (value != known) {
      problem = "value of " + name + " PriorityClass must be " + std::to_string(known);
    } else if (is_true(member(object, "globalDefault"))) {
      problem = "globalDefault of " + name + " PriorityClass must be false";
    }
    if (!problem.empty()) {
      causes.forbidden(FieldPath("metadata").child("name"),
                       "priority class names with 'system-' prefix are reserved for system use "
                       "only. error: " +
                           problem);
    }
  } else if (value > kHighestUser) {
    causes.forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is " +
                                             std::to_string(kHighestUser));
  }
  if (has(object, "preemptionPolicy")) {
    check_enum(text_at(object, "preemptionPolicy"), {"PreemptLowerPriority", "Never"},
               FieldPath("preemptionPolicy"), true, causes);
  }
}

void check_priority_class_update(const Json& object, const Json& old, Causes& causes) {
  if (number_at(object, "value") != number_at(old, "value")) {
    causes.forbidden(FieldPath("value"), "may not be changed in an update.");
  }
  check_immutable(member(object, "preemptionPolicy"), member(old, "preemptionPolicy"),
                  FieldPath("preemptionPolicy"), causes);
}

void check_disruption_budget(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  if (has(spec, "minAvailable") && has(spec, "maxUnavailable")) {
    const boost::json::object shown = {
        {"MinAvailable", or_null(member(spec, "minAvailable"))},
        {"Selector", shown_of(member(spec, "selector"))},
        {"MaxUnavailable", or_null(member(spec, "maxUnavailable"))},
        {"UnhealthyPodEvictionPolicy", shown_of(member(spec, "unhealthyPodEvictionPolicy"))}};
    causes.invalid(spec_path(), Json(shown), "minAvailable and maxUnavailable cannot be both set");
  }
  for (const std::string_view key : {"minAvailable", "maxUnavailable"}) {
    check_int_or_percent(member(spec, key), spec_path().child(key), causes);
    check_at_most_all(member(spec, key), spec_path().child(key), causes);
  }
  check_label_selector(member(spec, "selector"), spec_path().child("selector"), causes);
  if (has(spec, "unhealthyPodEvictionPolicy")) {
    check_one_of(text_at(spec, "unhealthyPodEvictionPolicy"), {"AlwaysAllow", "IfHealthyBudget"},
                 spec_path().child("unhealthyPodEvictionPolicy"), causes);
  }
}

void check_disruption_budget_status(const Json& object, const Json&, Causes& causes) {
  const FieldPath path("status");
  const Json& status = status_of(object);
  check_conditions(member(status, "conditions"), path.child("conditions"), causes);
  check_counts(status, {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"},
               path, causes);
}

}  // namespace limen::validation::kinds
