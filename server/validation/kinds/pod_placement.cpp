// Where pods may run: affinity, node selectors, tolerations, spreading.
#include "base/strings.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

void check_expression(const Json& expression, bool judge_values, const FieldPath& path,
                      Causes& causes) {
  const std::string_view op = text_at(expression, "operator");
  const std::span<const Json> values = elements(member(expression, "values"));
  const FieldPath at = path.child("values");
  if (op == "In" || op == "NotIn") {
    if (values.empty()) {
      causes.required(at, "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (op == "Exists" || op == "DoesNotExist") {
    if (!values.empty()) {
      causes.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (op == "Gt" || op == "Lt") {
    if (values.size() != 1) {
      causes.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else {
    causes.invalid(path.child("operator"), op, "not a valid selector operator");
  }
  check_text(text_at(expression, "key"), object::qualified_name, path.child("key"), causes);
  if (!judge_values) return;
  std::size_t index = 0;
  for (const Json& value : values) {
    check_text(text(&value), object::label_value, at.index(index++), causes);
  }
}

void check_node_field(const Json& expression, const FieldPath& path, Causes& causes) {
  const std::string_view op = text_at(expression, "operator");
  const std::span<const Json> values = elements(member(expression, "values"));
  if (op != "In" && op != "NotIn") {
    causes.invalid(path.child("operator"), op, "not a valid selector operator");
  } else if (values.size() != 1) {
    causes.required(path.child("values"),
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                    "selector");
  }
  const std::string_view key = text_at(expression, "key");
  if (key != "metadata.name") {
    return causes.invalid(path.child("key"), key, "not a valid field selector key");
  }
  std::size_t index = 0;
  for (const Json& value : values) {
    check_text(text(&value), object::dns1123_subdomain, path.child("values").index(index++),
               causes);
  }
}

void check_node_term(const Json& term, bool judge_values, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& expression : elements(member(term, "matchExpressions"))) {
    check_expression(expression, judge_values, path.child("matchExpressions").index(index++),
                     causes);
  }
  index = 0;
  for (const Json& expression : elements(member(term, "matchFields"))) {
    check_node_field(expression, path.child("matchFields").index(index++), causes);
  }
}

void check_weight(const Json& term, const FieldPath& path, Causes& causes) {
  const std::int64_t weight = number_at(term, "weight");
  if (weight <= 0 || weight > 100) {
    causes.invalid(path.child("weight"), Json(weight), "must be in the range 1-100");
  }
}

void check_label_keys(const Json* keys, bool selected, const FieldPath& path, Causes& causes) {
  const std::span<const Json> list = elements(keys);
  if (list.empty()) return;
  if (!selected) {
    return causes.forbidden(path, "must not be specified when labelSelector is not set");
  }
  std::size_t index = 0;
  for (const Json& key : list) {
    check_text(text(&key), object::qualified_name, path.index(index++), causes);
  }
}

void check_pod_term(const Json& term, const FieldPath& path, Causes& causes) {
  const Json* selector = member(term, "labelSelector");
  const bool selected = selector && selector->is_object();
  check_label_selector(selector, path.child("labelSelector"), causes);
  check_label_selector(member(term, "namespaceSelector"), path.child("namespaceSelector"), causes);
  for (const Json& ns : elements(member(term, "namespaces"))) {
    check_text(text(&ns), object::dns1123_label, path.child("namespace"), causes);
  }
  const Json* match = member(term, "matchLabelKeys");
  const Json* mismatch = member(term, "mismatchLabelKeys");
  check_label_keys(match, selected, path.child("matchLabelKeys"), causes);
  check_label_keys(mismatch, selected, path.child("mismatchLabelKeys"), causes);
  std::set<std::string_view> others;
  for (const Json& key : elements(mismatch)) others.insert(text(&key));
  std::size_t index = 0;
  for (const Json& key : elements(match)) {
    if (others.contains(text(&key))) {
      causes.invalid(path.child("matchLabelKeys").index(index), text(&key),
                     "exists in both matchLabelKeys and mismatchLabelKeys");
    }
    ++index;
  }
  const std::string_view topology = text_at(term, "topologyKey");
  if (topology.empty()) causes.required(path.child("topologyKey"), "can not be empty");
  check_text(topology, object::qualified_name, path.child("topologyKey"), causes);
}

void check_pod_affinity(const Json& affinity, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& term : elements(member(affinity, kRequired))) {
    check_pod_term(term, path.child(kRequired).index(index++), causes);
  }
  index = 0;
  for (const Json& term : elements(member(affinity, kPreferred))) {
    const FieldPath at = path.child(kPreferred).index(index++);
    check_weight(term, at, causes);
    check_pod_term(object_at(term, "podAffinityTerm"), at.child("podAffinityTerm"), causes);
  }
}

void check_toleration(const Json& toleration, const FieldPath& path, Causes& causes) {
  const std::string_view key = text_at(toleration, "key");
  const std::string_view op = text_at(toleration, "operator");
  const std::string_view value = text_at(toleration, "value");
  const std::string_view effect = text_at(toleration, "effect");
  check_set_text(toleration, "key", object::qualified_name, path, causes);
  if (key.empty() && op != "Exists") {
    causes.invalid(path.child("operator"), op,
                   "operator must be Exists when `key` is empty, which means \"match all values "
                   "and all keys\"");
  }
  if (has(toleration, "tolerationSeconds") && effect != "NoExecute") {
    causes.invalid(path.child("effect"), effect,
                   "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (op.empty() || op == "Equal") {
    const object::Problems problems = object::label_value(value);
    if (!problems.empty()) {
      causes.invalid(path.child("operator"), value, base::join(problems, ";"));
    }
  } else if (op == "Exists") {
    if (!value.empty()) {
      causes.invalid(path.child("operator"), value,
                     "value must be empty when `operator` is 'Exists'");
    }
  } else if (op != "Lt" && op != "Gt") {
    causes.not_supported(path.child("operator"), op, {"Equal", "Exists"});
  }
  if (!effect.empty()) check_taint_effect(effect, path.child("effect"), causes);
}

void check_spread_keys(const Json& constraint, const FieldPath& path, Causes& causes) {
  const std::span<const Json> keys = elements(member(constraint, "matchLabelKeys"));
  if (keys.empty()) return;
  const FieldPath at = path.child("matchLabelKeys");
  const Json* selector = member(constraint, "labelSelector");
  std::set<std::string_view> selected;
  if (selector && selector->is_object()) {
    for (const auto& label : members(member(*selector, "matchLabels"))) {
      selected.insert(label.key());
    }
    for (const Json& expression : elements(member(*selector, "matchExpressions"))) {
      selected.insert(text_at(expression, "key"));
    }
  } else {
    causes.forbidden(at, "must not be specified when labelSelector is not set");
  }
  std::size_t index = 0;
  for (const Json& key : keys) {
    check_text(text(&key), object::qualified_name, at.index(index), causes);
    if (selected.contains(text(&key))) {
      causes.invalid(at.index(index), text(&key),
                     "exists in both matchLabelKeys and labelSelector");
    }
    ++index;
  }
}

void check_spread(const Json& constraint, std::span<const Json> rest, const FieldPath& path,
                  Causes& causes) {
  const std::string_view action = text_at(constraint, "whenUnsatisfiable");
  const std::string_view key = text_at(constraint, "topologyKey");
  const std::int64_t skew = number_at(constraint, "maxSkew");
  if (skew <= 0) causes.invalid(path.child("maxSkew"), Json(skew), kGreaterThanZero);
  if (key.empty()) causes.required(path.child("topologyKey"), "can not be empty");
  check_one_of(action, {"DoNotSchedule", "ScheduleAnyway"}, path.child("whenUnsatisfiable"),
               causes);
  for (const Json& other : rest) {
    if (text_at(other, "topologyKey") != key || text_at(other, "whenUnsatisfiable") != action) {
      continue;
    }
    causes.duplicate(path.child("{topologyKey, whenUnsatisfiable}"),
                     "{" + std::string(key) + ", " + std::string(action) + "}");
    break;
  }
  const Json* domains = member(constraint, "minDomains");
  if (domains && !domains->is_null()) {
    const FieldPath at = path.child("minDomains");
    if (object::int_or(domains, 1) <= 0) causes.invalid(at, *domains, kGreaterThanZero);
    if (action != "DoNotSchedule") {
      causes.invalid(
          at, *domains,
          "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + std::string(action));
    }
  }
  for (const std::string_view policy : {"nodeAffinityPolicy", "nodeTaintsPolicy"}) {
    if (has(constraint, policy)) {
      check_one_of(text_at(constraint, policy), {"Honor", "Ignore"}, path.child(policy), causes);
    }
  }
  check_spread_keys(constraint, path, causes);
  check_label_selector(member(constraint, "labelSelector"), path.child("labelSelector"), causes);
}

}  // namespace

void check_node_selector(const Json& selector, const FieldPath& path, Causes& causes) {
  const FieldPath at = path.child("nodeSelectorTerms");
  const std::span<const Json> terms = elements(member(selector, "nodeSelectorTerms"));
  if (terms.empty()) return causes.required(at, "must have at least one node selector term");
  std::size_t index = 0;
  for (const Json& term : terms) check_node_term(term, true, at.index(index++), causes);
}

void check_affinity(const Json& spec, const FieldPath& spec_path, Causes& causes) {
  const Json& affinity = object_at(spec, "affinity");
  const FieldPath path = spec_path.child("affinity");
  const Json& node = object_at(affinity, "nodeAffinity");
  const FieldPath node_path = path.child("nodeAffinity");
  if (has(node, kRequired)) {
    check_node_selector(object_at(node, kRequired), node_path.child(kRequired), causes);
  }
  std::size_t index = 0;
  for (const Json& term : elements(member(node, kPreferred))) {
    const FieldPath at = node_path.child(kPreferred).index(index++);
    check_weight(term, at, causes);
    check_node_term(object_at(term, "preference"), false, at.child("preference"), causes);
  }
  for (const std::string_view key : {"podAffinity", "podAntiAffinity"}) {
    check_pod_affinity(object_at(affinity, key), path.child(key), causes);
  }
}

void check_taint_effect(std::string_view effect, const FieldPath& path, Causes& causes) {
  if (effect.empty()) return causes.required(path);
  check_one_of(effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"}, path, causes);
}

void check_tolerations(const Json* tolerations, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& toleration : elements(tolerations)) {
    check_toleration(toleration, path.index(index++), causes);
  }
}

void check_spread_constraints(const Json& spec, const FieldPath& path, Causes& causes) {
  const std::span<const Json> list = elements(member(spec, "topologySpreadConstraints"));
  const FieldPath at = path.child("topologySpreadConstraints");
  for (std::size_t i = 0; i < list.size(); ++i) {
    check_spread(list[i], list.subspan(i + 1), at.index(i), causes);
  }
}

}  // namespace limen::validation::kinds
