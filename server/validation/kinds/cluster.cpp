// Namespaces and the small kinds that serve the cluster: leases, events, priority classes,
// disruption budgets, autoscalers, quotas, definitions.
#include "base/strings.h"
#include "object/metadata.h"
#include "object/quantity.h"
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

void check_positive(const Json* value, const FieldPath& path, Causes& causes) {
  if (value && !value->is_null() && object::int_or(value, 1) <= 0) {
    causes.invalid(path, *value, "must be greater than 0");
  }
}

// A whole number that is not negative, or a percentage.
void check_count_or_percent(const Json* value, const FieldPath& path, Causes& causes) {
  if (!value || value->is_null()) return;
  if (!value->is_string()) return check_not_negative(value, path, causes);
  std::string_view text(value->get_string());
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!percent || !digits) {
    causes.invalid(path, *value,
                   "a valid percent string must be a numeric string followed by an ending '%' "
                   "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
  } else if (const auto number = base::parse_int(text); !number || *number > 100) {
    causes.invalid(path, *value, "must not be greater than 100%");
  }
}

}  // namespace

void check_namespace(const Json& object, Causes& causes) {
  std::size_t index = 0;
  for (const Json& finalizer : elements(find(object, {"spec", "finalizers"}))) {
    const FieldPath path = spec_path().child("finalizers").index(index++);
    const std::string_view name = text(&finalizer);
    causes.invalid_each(path, name, object::qualified_name(name));
    if (name != "kubernetes" && name.find('/') == std::string_view::npos) {
      causes.invalid(path, name,
                     "name is neither a standard finalizer name nor is it fully qualified");
    }
  }
}

void check_lease(const Json& object, Causes& causes) {
  const Json* spec = member(object, "spec");
  if (!spec) return;
  check_positive(member(*spec, "leaseDurationSeconds"), spec_path().child("leaseDurationSeconds"),
                 causes);
  check_not_negative(member(*spec, "leaseTransitions"), spec_path().child("leaseTransitions"),
                     causes);
}

void check_event(const Json& object, Causes& causes) {
  // Core events call it involvedObject, events.k8s.io events regarding.
  const std::string_view key = member(object, "regarding") ? "regarding" : "involvedObject";
  const Json* involved = member(object, key);
  if (!involved) return;
  const std::string_view of = text_at(*involved, "namespace");
  const FieldPath path = FieldPath("involvedObject").child("namespace");
  if (of.empty()) {
    // Events about cluster-scoped objects live in default.
    if (object::ns(object) != "default" && object::ns(object) != "kube-system") {
      causes.invalid(path, of, "does not match event.namespace");
    }
  } else if (of != object::ns(object)) {
    causes.invalid(path, of, "does not match event.namespace");
  }
}

void check_priority_class(const Json& object, Causes& causes) {
  constexpr std::int64_t kHighestUser = 1'000'000'000;
  const std::string_view name = object::name(object);
  const std::int64_t value = object::int_or(member(object, "value"), 0);
  if (name.starts_with("system-")) {
    if (name != "system-node-critical" && name != "system-cluster-critical") {
      causes.forbidden(FieldPath("metadata").child("name"),
                       "priority class names with 'system-' prefix are reserved for system use "
                       "only. error: " +
                           std::string(name) + " is not a known system priority class");
    }
  } else if (value > kHighestUser) {
    causes.forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is " +
                                             std::to_string(kHighestUser));
  }
  check_enum(text_at(object, "preemptionPolicy"), {"Never", "PreemptLowerPriority"},
             FieldPath("preemptionPolicy"), false, causes);
}

void check_priority_class_update(const Json& object, const Json& old, Causes& causes) {
  if (!same(member(object, "value"), member(old, "value"))) {
    causes.forbidden(FieldPath("value"), "may not be changed in an update.");
  }
  if (!same(member(object, "preemptionPolicy"), member(old, "preemptionPolicy"))) {
    const Json* now = member(object, "preemptionPolicy");
    causes.invalid(FieldPath("preemptionPolicy"), now ? *now : Json(nullptr), kImmutable);
  }
}

void check_disruption_budget(const Json& object, Causes& causes) {
  const Json* spec = member(object, "spec");
  if (!spec) return;
  if (has(*spec, "minAvailable") && has(*spec, "maxUnavailable")) {
    causes.invalid(spec_path(), *spec, "minAvailable and maxUnavailable cannot be both set");
  }
  check_count_or_percent(member(*spec, "minAvailable"), spec_path().child("minAvailable"), causes);
  check_count_or_percent(member(*spec, "maxUnavailable"), spec_path().child("maxUnavailable"),
                         causes);
  check_label_selector(member(*spec, "selector"), spec_path().child("selector"), causes);
  check_enum(text_at(*spec, "unhealthyPodEvictionPolicy"), {"AlwaysAllow", "IfHealthyBudget"},
             spec_path().child("unhealthyPodEvictionPolicy"), false, causes);
}

void check_autoscaler(const Json& object, Causes& causes) {
  static const Json kNone;
  const Json* found = member(object, "spec");
  const Json& spec = found ? *found : kNone;
  const Json* low = member(spec, "minReplicas");
  const std::int64_t high = object::int_or(member(spec, "maxReplicas"), 0);
  if (low && object::int_or(low, 1) < 1) {
    causes.invalid(spec_path().child("minReplicas"), *low, "must be greater than or equal to 1");
  }
  if (high < 1) {
    causes.invalid(spec_path().child("maxReplicas"), Json(high), "must be greater than 0");
  }
  if (low && high >= 1 && object::int_or(low, 1) > high) {
    causes.invalid(spec_path().child("maxReplicas"), Json(high),
                   "must be greater than or equal to `minReplicas`");
  }
  const FieldPath target = spec_path().child("scaleTargetRef");
  for (const std::string_view key : {"kind", "name"}) {
    const std::string_view value = text(find(spec, {"scaleTargetRef", key}));
    if (value.empty()) {
      causes.required(target.child(key));
    } else {
      causes.invalid_each(target.child(key), value, object::path_segment_name(value));
    }
  }
}

void check_resource_quota(const Json& object, Causes& causes) {
  const FieldPath hard = spec_path().child("hard");
  for (const auto& limit : members(find(object, {"spec", "hard"}))) {
    const std::string_view name = limit.key();
    causes.invalid_each(hard.key(name), name, object::qualified_name(name));
    const auto amount = object::Quantity::parse(text(&limit.value()));
    if (amount && amount->sign() < 0) {
      causes.invalid(hard.key(name), limit.value(), "must be greater than or equal to 0");
    }
  }
}

}  // namespace limen::validation::kinds
