#include <string>
#include <string_view>

#include "object/metadata.h"
#include "registry/conversion/shapes.h"

namespace limen::registry {

namespace {

using object::Json;

// What v1 has no field for travels in annotations, in the form older clients wrote it.
constexpr std::string_view kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr std::string_view kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr std::string_view kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr std::string_view kBehavior = "autoscaling.alpha.kubernetes.io/behavior";

// Where a value of the v2 `target` (spec) or `current` (status) stands in the flat form.
struct ValueNames {
  std::string_view source;  // lower-case member of the metric
  std::string_view utilization, average, value;
};
constexpr ValueNames kTargets[] = {
    {"resource", "targetAverageUtilization", "targetAverageValue", ""},
    {"containerResource", "targetAverageUtilization", "targetAverageValue", ""},
    {"pods", "", "targetAverageValue", ""},
    {"object", "", "averageValue", "targetValue"},
    {"external", "", "targetAverageValue", "targetValue"},
};
constexpr ValueNames kCurrents[] = {
    {"resource", "currentAverageUtilization", "currentAverageValue", ""},
    {"containerResource", "currentAverageUtilization", "currentAverageValue", ""},
    {"pods", "", "currentAverageValue", ""},
    {"object", "", "averageValue", "currentValue"},
    {"external", "", "currentAverageValue", "currentValue"},
};

void move_member(boost::json::object& from, std::string_view old_key, boost::json::object& to,
                 std::string_view new_key) {
  const auto at = old_key.empty() || new_key.empty() ? from.end() : from.find(old_key);
  if (at == from.end()) return;
  Json value = std::move(at->value());
  from.erase(at);
  to[new_key] = std::move(value);
}

// Names of the metric itself: v2 has metric{name, selector} and describedObject.
void flatten_identity(std::string_view source, boost::json::object& body) {
  if (Json* metric = body.if_contains("metric"); metric && metric->is_object()) {
    boost::json::object inner = std::move(metric->get_object());
    body.erase("metric");
    move_member(inner, "name", body, "metricName");
    move_member(inner, "selector", body, source == "external" ? "metricSelector" : "selector");
  }
  move_member(body, "describedObject", body, "target");
}
void unflatten_identity(std::string_view source, boost::json::object& body) {
  move_member(body, "target", body, "describedObject");
  if (source == "resource" || source == "containerResource") return;
  boost::json::object metric(body.storage());
  move_member(body, "metricName", metric, "name");
  move_member(body, source == "external" ? "metricSelector" : "selector", metric, "selector");
  body["metric"] = std::move(metric);
}

// One v2 metric as the annotations have it. `nested` is "target" or "current".
void flatten(Json& metric, std::string_view nested, const ValueNames (&table)[5]) {
  for (const ValueNames& names : table) {
    Json* body = metric.is_object() ? object::member(metric, names.source) : nullptr;
    if (!body || !body->is_object()) continue;
    boost::json::object& members = body->get_object();
    boost::json::object values(members.storage());
    if (Json* found = members.if_contains(nested); found && found->is_object()) {
      values = std::move(found->get_object());
      members.erase(nested);
    }
    flatten_identity(names.source, members);
    move_member(values, "averageUtilization", members, names.utilization);
    move_member(values, "averageValue", members, names.average);
    move_member(values, "value", members, names.value);
  }
}

void unflatten(Json& metric, std::string_view nested, const ValueNames (&table)[5]) {
  for (const ValueNames& names : table) {
    Json* body = metric.is_object() ? object::member(metric, names.source) : nullptr;
    if (!body || !body->is_object()) continue;
    boost::json::object& members = body->get_object();
    boost::json::object values(members.storage());
    move_member(members, names.utilization, values, "averageUtilization");
    move_member(members, names.average, values, "averageValue");
    move_member(members, names.value, values, "value");
    if (nested == "target") {
      values["type"] = values.contains("averageUtilization") ? "Utilization"
                       : values.contains("averageValue")     ? "AverageValue"
                                                             : "Value";
    }
    unflatten_identity(names.source, members);
    members[nested] = std::move(values);
  }
}

bool is_cpu_utilization(const Json& metric, std::string_view nested) {
  const Json* resource = object::member(metric, "resource");
  return object::text_at(metric, "type") == "Resource" && resource &&
         object::text_at(*resource, "name") == "cpu" &&
         object::find(*resource, {nested, "averageUtilization"});
}

Json cpu_metric(const Json& percent, std::string_view nested) {
  boost::json::object values{{"averageUtilization", percent}};
  if (nested == "target") values["type"] = "Utilization";
  boost::json::object resource{{"name", "cpu"}, {nested, std::move(values)}};
  return boost::json::object{{"type", "Resource"}, {"resource", std::move(resource)}};
}

void annotate(Json& object, std::string_view key, const Json& value) {
  Json& annotations = object::metadata(object)["annotations"];
  if (!annotations.is_object()) annotations.emplace_object();
  annotations.get_object()[key] = boost::json::serialize(value);
}

// Takes an annotation out and reads it; JSON null when it is missing or no JSON.
Json take_annotation(Json& object, std::string_view key) {
  boost::json::object& metadata = object::metadata(object);
  Json* annotations = metadata.if_contains("annotations");
  if (!annotations || !annotations->is_object()) return nullptr;
  boost::json::object& members = annotations->get_object();
  const std::string text(object::text_at(*annotations, key));
  members.erase(key);
  if (members.empty()) metadata.erase("annotations");
  boost::system::error_code error;
  Json value = boost::json::parse(text, error);
  return error ? Json(nullptr) : value;
}

// A v2 list of metrics: the processor's utilization goes to `percent_key` of `part`, what is left
// (or, for a status, everything) to an annotation.
void metrics_to_v1(Json& object, std::string_view part, std::string_view list_key,
                   std::string_view percent_key, std::string_view annotation,
                   std::string_view nested, const ValueNames (&table)[5]) {
  Json* owner = object::member(object, part);
  Json* found = owner && owner->is_object() ? object::member(*owner, list_key) : nullptr;
  if (!found || !found->is_array()) return;
  boost::json::array metrics = std::move(found->get_array());
  owner->get_object().erase(list_key);
  boost::json::array others;
  bool have_percent = false;
  for (Json& metric : metrics) {
    const bool cpu = is_cpu_utilization(metric, nested);
    if (cpu && !have_percent) {
      owner->get_object()[percent_key] =
          *object::find(metric, {"resource", nested, "averageUtilization"});
      have_percent = true;
      if (nested == "target") continue;
    }
    flatten(metric, nested, table);
    others.push_back(std::move(metric));
  }
  if (!others.empty()) annotate(object, annotation, others);
}

void metrics_to_v2(Json& object, std::string_view part, std::string_view list_key,
                   std::string_view percent_key, std::string_view annotation,
                   std::string_view nested, const ValueNames (&table)[5]) {
  Json saved = take_annotation(object, annotation);
  Json* owner = object::member(object, part);
  if (!owner || !owner->is_object()) return;
  boost::json::object& members = owner->get_object();
  boost::json::array metrics;
  if (const Json* percent = members.if_contains(percent_key)) {
    // A saved status has the raw value as well and wins.
    if (nested == "target" || !saved.is_array()) metrics.push_back(cpu_metric(*percent, nested));
    members.erase(percent_key);
  }
  if (saved.is_array()) {
    for (Json& metric : saved.get_array()) {
      unflatten(metric, nested, table);
      metrics.push_back(std::move(metric));
    }
  }
  if (!metrics.empty()) members[list_key] = std::move(metrics);
}

void save_member(Json& object, std::string_view part, std::string_view key,
                 std::string_view annotation) {
  Json* owner = object::member(object, part);
  Json* value = owner && owner->is_object() ? object::member(*owner, key) : nullptr;
  if (!value) return;
  const Json saved = *value;
  owner->get_object().erase(key);
  annotate(object, annotation, saved);
}

void restore_member(Json& object, std::string_view part, std::string_view key,
                    std::string_view annotation) {
  Json saved = take_annotation(object, annotation);
  if (!saved.is_null()) object::object_at(object, part)[key] = std::move(saved);
}

}  // namespace

void autoscaler_v2_to_v1(Json& autoscaler) {
  metrics_to_v1(autoscaler, "spec", "metrics", "targetCPUUtilizationPercentage", kMetrics, "target",
                kTargets);
  metrics_to_v1(autoscaler, "status", "currentMetrics", "currentCPUUtilizationPercentage",
                kCurrentMetrics, "current", kCurrents);
  save_member(autoscaler, "spec", "behavior", kBehavior);
  save_member(autoscaler, "status", "conditions", kConditions);
}

void autoscaler_v1_to_v2(Json& autoscaler) {
  metrics_to_v2(autoscaler, "spec", "metrics", "targetCPUUtilizationPercentage", kMetrics, "target",
                kTargets);
  metrics_to_v2(autoscaler, "status", "currentMetrics", "currentCPUUtilizationPercentage",
                kCurrentMetrics, "current", kCurrents);
  restore_member(autoscaler, "spec", "behavior", kBehavior);
  restore_member(autoscaler, "status", "conditions", kConditions);
}

}  // namespace limen::registry
