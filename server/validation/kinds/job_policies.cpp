#include "validation/kinds/job_policies.h"

#include <optional>
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMaxRules = 20;
constexpr std::size_t kMaxExitCodes = 255;
constexpr std::size_t kMaxConditions = 20;
constexpr std::size_t kMaxIndexBytes = 64 * 1024;

std::set<std::string_view> container_names(const Json& spec) {
  std::set<std::string_view> out;
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const Json& container : elements(find(spec, {"template", "spec", list}))) {
      out.insert(text_at(container, "name"));
    }
  }
  return out;
}

void check_codes(const Json& wanted, const FieldPath& path, Causes& causes) {
  const Json* list = member(wanted, "values");
  const std::span<const Json> values = elements(list);
  const bool in = text_at(wanted, "operator") == "In";
  if (values.empty()) {
    causes.invalid_shown(path, list && list->is_array() ? "[]" : "null",
                         "at least one value is required");
  } else if (values.size() > kMaxExitCodes) {
    causes.too_many(path, values.size(), kMaxExitCodes);
  }
  bool ordered = true;
  std::set<std::int64_t> seen;
  std::int64_t last = INT64_MIN;
  std::size_t index = 0;
  for (const Json& value : values) {
    const FieldPath at = path.index(index++);
    const std::int64_t code = object::int_or(&value, 0);
    if (in && code == 0) causes.invalid(at, value, "must not be 0 for the In operator");
    if (!seen.insert(code).second) causes.duplicate(at, value);
    ordered = ordered && last <= code;
    last = code;
  }
  if (!ordered) causes.invalid(path, *list, "must be ordered");
}

void check_exit_codes(const Json& wanted, const std::set<std::string_view>& names,
                      const FieldPath& path, Causes& causes) {
  const std::string_view op = text_at(wanted, "operator");
  if (op.empty()) {
    causes.required(path.child("operator"), "valid values: [\"In\" \"NotIn\"]");
  } else {
    check_one_of(op, {"In", "NotIn"}, path.child("operator"), causes);
  }
  if (has(wanted, "containerName") && !names.contains(text_at(wanted, "containerName"))) {
    causes.invalid(path.child("containerName"), text_at(wanted, "containerName"),
                   "must be one of the container or initContainer names in the pod template");
  }
  check_codes(wanted, path.child("values"), causes);
}

void check_patterns(std::span<const Json> patterns, const FieldPath& path, Causes& causes) {
  if (patterns.size() > kMaxConditions) causes.too_many(path, patterns.size(), kMaxConditions);
  std::size_t index = 0;
  for (const Json& pattern : patterns) {
    const FieldPath at = path.index(index++);
    check_text(text_at(pattern, "type"), object::qualified_name, at.child("type"), causes);
    const std::string_view status = text_at(pattern, "status");
    if (status.empty()) {
      causes.required(at.child("status"), "valid values: [\"False\" \"True\" \"Unknown\"]");
    } else {
      check_one_of(status, {"False", "True", "Unknown"}, at.child("status"), causes);
    }
  }
}

void check_rule(const Json& spec, const Json& rule, const std::set<std::string_view>& names,
                const FieldPath& path, Causes& causes) {
  const std::string_view action = text_at(rule, "action");
  if (action.empty()) {
    causes.required(path.child("action"),
                    "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
  } else if (action == "FailIndex") {
    if (!has(spec, "backoffLimitPerIndex")) {
      causes.invalid(path.child("action"), action, "requires the backoffLimitPerIndex to be set");
    }
  } else {
    check_one_of(action, {"Count", "FailIndex", "FailJob", "Ignore"}, path.child("action"), causes);
  }
  const bool codes = has(rule, "onExitCodes");
  const std::span<const Json> patterns = elements(member(rule, "onPodConditions"));
  if (codes)
    check_exit_codes(object_at(rule, "onExitCodes"), names, path.child("onExitCodes"), causes);
  if (!patterns.empty()) check_patterns(patterns, path.child("onPodConditions"), causes);
  if (codes && !patterns.empty()) {
    causes.invalid_hidden(path, "specifying both OnExitCodes and OnPodConditions is not supported");
  }
  if (!codes && patterns.empty()) {
    causes.invalid_hidden(path, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

// Indexes such as 0,3-5: how many they are, or what is wrong with them.
struct Indexes {
  std::int64_t total = 0;
  std::string problem;
};

Indexes read_indexes(std::string_view list, std::int64_t completions) {
  Indexes out;
  if (list.empty()) return out;
  std::optional<std::int64_t> last;
  for (const std::string_view interval : base::split(list, ',')) {
    const std::vector<std::string_view> limits = base::split(interval, '-');
    if (limits.size() > 2) {
      out.problem = "the fragment " + base::go_quote(interval) +
                    " violates the requirement that an index interval can have at most two parts "
                    "separated by '-'";
      return out;
    }
    const auto number = [&](std::string_view text) -> std::optional<std::int64_t> {
      const auto value = base::parse_int(text);
      if (!value) {
        out.problem = "cannot convert string to integer for index: " + base::go_quote(text);
      } else if (*value >= completions) {
        out.problem = "too large index: " + base::go_quote(text);
        return std::nullopt;
      }
      return value;
    };
    const auto from = number(limits[0]);
    if (!from) return out;
    if (last && *last >= *from) {
      out.problem = "non-increasing order, previous: " + std::to_string(*last) +
                    ", current: " + std::to_string(*from);
      return out;
    }
    last = from;
    ++out.total;
    if (limits.size() == 1) continue;
    const auto to = number(limits[1]);
    if (!to) return out;
    if (*to <= *from) {
      out.problem = "non-increasing order, previous: " + std::to_string(*from) +
                    ", current: " + std::to_string(*to);
      return out;
    }
    out.total += *to - *from;
    last = to;
  }
  return out;
}

void check_success_rule(const Json& spec, const Json& rule, const FieldPath& path, Causes& causes) {
  const Json* count = member(rule, "succeededCount");
  const bool counted = count && !count->is_null();
  const bool indexed = has(rule, "succeededIndexes");
  if (!counted && !indexed) {
    causes.required(path, "at least one of succeededCount or succeededIndexes must be specified");
  }
  const std::int64_t completions = number_at(spec, "completions");
  Indexes indexes;
  if (indexed) {
    const std::string_view list = text_at(rule, "succeededIndexes");
    const FieldPath at = path.child("succeededIndexes");
    if (list.size() > kMaxIndexBytes) causes.too_long(at, kMaxIndexBytes);
    indexes = read_indexes(list, completions);
    if (!indexes.problem.empty()) {
      causes.invalid(at, list, "error parsing succeededIndexes: " + indexes.problem);
      indexes.total = 0;
    }
  }
  if (!counted) return;
  const FieldPath at = path.child("succeededCount");
  const std::int64_t number = object::int_or(count, 0);
  check_not_negative(count, at, causes);
  if (number > completions) {
    causes.invalid(at, *count,
                   "must be less than or equal to " + std::to_string(completions) +
                       " (the number of specified completions)");
  }
  if (indexed && number > indexes.total) {
    causes.invalid(at, *count,
                   "must be less than or equal to " + std::to_string(indexes.total) +
                       " (the number of indexes in the specified succeededIndexes field)");
  }
}

}  // namespace

void check_pod_failure_policy(const Json& spec, const FieldPath& spec_path, Causes& causes) {
  if (!has(spec, "podFailurePolicy")) return;
  const FieldPath path = spec_path.child("podFailurePolicy").child("rules");
  const std::span<const Json> rules =
      elements(member(object_at(spec, "podFailurePolicy"), "rules"));
  if (rules.size() > kMaxRules) causes.too_many(path, rules.size(), kMaxRules);
  const std::set<std::string_view> names = container_names(spec);
  std::size_t index = 0;
  for (const Json& rule : rules) check_rule(spec, rule, names, path.index(index++), causes);
}

void check_success_policy(const Json& spec, const FieldPath& spec_path, Causes& causes) {
  if (!has(spec, "successPolicy")) return;
  const Json& policy = object_at(spec, "successPolicy");
  if (text_at(spec, "completionMode") != "Indexed") {
    return causes.invalid(spec_path.child("successPolicy"), policy,
                          "requires indexed completion mode");
  }
  const FieldPath path = spec_path.child("successPolicy").child("rules");
  const std::span<const Json> rules = elements(member(policy, "rules"));
  if (rules.empty()) {
    causes.required(path,
                    "at least one rules must be specified when the successPolicy is specified");
  }
  if (rules.size() > kMaxRules) causes.too_many(path, rules.size(), kMaxRules);
  std::size_t index = 0;
  for (const Json& rule : rules) check_success_rule(spec, rule, path.index(index++), causes);
}

}  // namespace limen::validation::kinds
