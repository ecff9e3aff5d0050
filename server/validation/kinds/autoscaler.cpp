// Horizontal pod autoscalers, as autoscaling/v2 has them.
#include <array>

#include "validation/kinds/parts.h"
#include "validation/kinds/resource_names.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::int64_t kMaxPeriod = 1800;
constexpr std::int64_t kMaxWindow = 3600;

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_reference(const Json& reference, const FieldPath& path, Causes& causes) {
  for (const std::string_view key : {"kind", "name"}) {
    check_needed_text(text_at(reference, key), object::path_segment_name, path.child(key), causes);
  }
}

void check_metric(const Json& source, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(object_at(source, "metric"), "name");
  const FieldPath at = path.child("metric").child("name");
  if (name.empty()) return causes.required(at, "must specify a metric name");
  check_text(name, object::path_segment_name, at, causes);
}

bool is_amount(const Json* value) { return value && !value->is_null(); }

void check_target(const Json& source, const FieldPath& source_path, Causes& causes) {
  const Json& target = object_at(source, "target");
  const FieldPath path = source_path.child("target");
  const std::string_view type = text_at(target, "type");
  if (type.empty()) causes.required(path.child("type"), "must specify a metric target type");
  if (type != "Utilization" && type != "Value" && type != "AverageValue") {
    causes.invalid(path.child("type"), type, "must be either Utilization, Value, or AverageValue");
  }
  for (const std::string_view key : {"value", "averageValue"}) {
    const auto amount = amount_of(member(target, key));
    if (amount && amount->sign() <= 0) {
      causes.invalid(path.child(key), or_null(member(target, key)), "must be positive");
    }
  }
  const Json* utilization = member(target, "averageUtilization");
  if (object::int_or(utilization, 1) < 1) {
    causes.invalid(path.child("averageUtilization"), *utilization, "must be greater than 0");
  }
}

void object_source(const Json& source, const FieldPath& path, Causes& causes) {
  check_reference(object_at(source, "describedObject"), path.child("describedObject"), causes);
  check_metric(source, path, causes);
  check_target(source, path, causes);
  const Json& target = object_at(source, "target");
  if (!is_amount(member(target, "value")) && !is_amount(member(target, "averageValue"))) {
    causes.required(path.child("target").child("averageValue"),
                    "must set either a target value or averageValue");
  }
}

void external_source(const Json& source, const FieldPath& path, Causes& causes) {
  check_metric(source, path, causes);
  check_target(source, path, causes);
  const Json& target = object_at(source, "target");
  const bool value = is_amount(member(target, "value"));
  const bool average = is_amount(member(target, "averageValue"));
  if (!value && !average) {
    causes.required(path.child("target").child("averageValue"),
                    "must set either a target value for metric or a per-pod target");
  }
  if (value && average) {
    causes.forbidden(path.child("target").child("value"),
                     "may not set both a target value for metric and a per-pod target");
  }
}

void pods_source(const Json& source, const FieldPath& path, Causes& causes) {
  check_metric(source, path, causes);
  check_target(source, path, causes);
  if (!is_amount(member(object_at(source, "target"), "averageValue"))) {
    causes.required(path.child("target").child("averageValue"),
                    "must specify a positive target averageValue");
  }
}

void check_resource_target(const Json& source, const FieldPath& path, Causes& causes) {
  check_target(source, path, causes);
  const Json& target = object_at(source, "target");
  const bool utilization = is_amount(member(target, "averageUtilization"));
  const bool average = is_amount(member(target, "averageValue"));
  if (!utilization && !average) {
    causes.required(path.child("target").child("averageUtilization"),
                    "must set either a target raw value or a target utilization");
  }
  if (utilization && average) {
    causes.forbidden(path.child("target").child("averageValue"),
                     "may not set both a target raw value and a target utilization");
  }
}

void resource_source(const Json& source, const FieldPath& path, Causes& causes) {
  if (text_at(source, "name").empty()) {
    causes.required(path.child("name"), "must specify a resource name");
  }
  check_resource_target(source, path, causes);
}

void container_source(const Json& source, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(source, "name");
  if (name.empty()) {
    causes.required(path.child("name"), "must specify a resource name");
  } else {
    check_container_resource_name(name, path.child("name"), causes);
  }
  const std::string_view container = text_at(source, "container");
  if (container.empty()) {
    causes.required(path.child("container"), "must specify a container");
  } else {
    check_text(container, object::dns1123_label, path.child("container"), causes);
  }
  check_resource_target(source, path, causes);
}

struct Source {
  std::string_view type, key;
  void (*check)(const Json& source, const FieldPath& path, Causes& causes);
};
constexpr auto kSources =
    std::to_array<Source>({{"Object", "object", object_source},
                           {"External", "external", external_source},
                           {"Pods", "pods", pods_source},
                           {"Resource", "resource", resource_source},
                           {"ContainerResource", "containerResource", container_source}});

void check_metric_spec(const Json& metric, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(metric, "type");
  const auto unsupported = [&] {
    causes.not_supported(path.child("type"), type,
                         {"ContainerResource", "External", "Object", "Pods", "Resource"});
  };
  if (type.empty()) {
    causes.required(path.child("type"), "must specify a metric source type");
  }
  const Source* expected = nullptr;
  std::size_t found = 0;
  for (const Source& source : kSources) {
    if (source.type == type) expected = &source;
  }
  if (!expected) unsupported();
  for (const Source& source : kSources) {
    if (!has(metric, source.key)) continue;
    if (++found == 1) source.check(object_at(metric, source.key), path.child(source.key), causes);
  }
  if (!expected) {
    unsupported();
  } else if (!has(metric, expected->key)) {
    causes.required(path.child(expected->key),
                    "must populate information for the given metric source");
  }
  if (found == 1) return;
  for (const Source& source : kSources) {
    if (has(metric, source.key) && &source != expected) {
      causes.forbidden(path.child(source.key), "must populate the given metric source only");
    }
  }
}

void check_scaling_policy(const Json& policy, const FieldPath& path, Causes& causes) {
  check_one_of(text_at(policy, "type"), {"Percent", "Pods"}, path.child("type"), causes);
  for (const std::string_view key : {"value", "periodSeconds"}) {
    const std::int64_t number = number_at(policy, key);
    if (number <= 0) causes.invalid(path.child(key), Json(number), kGreaterThanZero);
  }
  const std::int64_t period = number_at(policy, "periodSeconds");
  if (period > kMaxPeriod) {
    causes.invalid(path.child("periodSeconds"), Json(period),
                   "must be less than or equal to " + std::to_string(kMaxPeriod));
  }
}

void check_scaling(const Json& behavior, std::string_view key, Causes& causes) {
  if (!has(behavior, key)) return;
  const Json& rules = object_at(behavior, key);
  const FieldPath path = spec_path().child("behavior").child(key);
  const Json* window = member(rules, "stabilizationWindowSeconds");
  const FieldPath window_path = path.child("stabilizationWindowSeconds");
  if (object::int_or(window, 0) < 0) {
    causes.invalid(window_path, *window, "must be greater than or equal to zero");
  }
  if (object::int_or(window, 0) > kMaxWindow) {
    causes.invalid(window_path, *window,
                   "must be less than or equal to " + std::to_string(kMaxWindow));
  }
  if (has(rules, "selectPolicy")) {
    check_one_of(text_at(rules, "selectPolicy"), {"Disabled", "Max", "Min"},
                 path.child("selectPolicy"), causes);
  }
  const Json* tolerance = member(rules, "tolerance");
  if (const auto amount = amount_of(tolerance); amount && amount->sign() < 0) {
    causes.invalid(path.child("tolerance"), *tolerance, kNotNegative);
  }
  const std::span<const Json> policies = elements(member(rules, "policies"));
  const FieldPath list = path.child("policies");
  if (policies.empty()) causes.required(list, "must specify at least one Policy");
  std::size_t index = 0;
  for (const Json& policy : policies) check_scaling_policy(policy, list.index(index++), causes);
}

}  // namespace

void check_autoscaler(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json* low = member(spec, "minReplicas");
  const std::int64_t high = number_at(spec, "maxReplicas");
  if (object::int_or(low, 1) < 1) {
    causes.invalid(spec_path().child("minReplicas"), *low, "must be greater than or equal to 1");
  }
  if (high < 1) {
    causes.invalid(spec_path().child("maxReplicas"), Json(high), "must be greater than 0");
  }
  if (low && !low->is_null() && high < object::int_or(low, 1)) {
    causes.invalid(spec_path().child("maxReplicas"), Json(high),
                   "must be greater than or equal to `minReplicas`");
  }
  check_reference(object_at(spec, "scaleTargetRef"), spec_path().child("scaleTargetRef"), causes);
  std::size_t index = 0;
  for (const Json& metric : elements(member(spec, "metrics"))) {
    check_metric_spec(metric, spec_path().child("metrics").index(index++), causes);
  }
  for (const std::string_view key : {"scaleUp", "scaleDown"}) {
    check_scaling(object_at(spec, "behavior"), key, causes);
  }
}

void check_autoscaler_status(const Json& object, const Json&, Causes& causes) {
  check_counts(status_of(object), {"currentReplicas", "desiredReplicas"}, FieldPath("status"),
               causes);
}

}  // namespace limen::validation::kinds
