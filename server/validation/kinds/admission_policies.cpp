// Rules of ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings. What their
// expressions say is not judged here.
#include <algorithm>
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/webhook_rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kExclusive = "name and selector are mutually exclusive";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_failure_policy(const Json& spec, Causes& causes) {
  const FieldPath path = spec_path().child("failurePolicy");
  if (!has(spec, "failurePolicy")) return causes.required(path);
  check_one_of(text_at(spec, "failurePolicy"), {"Fail", "Ignore"}, path, causes);
}

void check_param_kind(const Json& kind, const FieldPath& path, Causes& causes) {
  const std::string_view version = text_at(kind, "apiVersion");
  const FieldPath at = path.child("apiVersion");
  const auto slashes = std::count(version.begin(), version.end(), '/');
  if (version.empty()) {
    causes.required(at);
  } else if (slashes > 1) {
    causes.invalid(at, version, "unexpected GroupVersion string: " + std::string(version));
  } else {
    const std::size_t slash = version.find('/');
    const std::string_view group =
        slash == std::string_view::npos ? std::string_view() : version.substr(0, slash);
    const std::string_view number =
        slash == std::string_view::npos ? version : version.substr(slash + 1);
    const object::Problems bad_group =
        group.empty() ? object::Problems() : object::dns1123_subdomain(group);
    if (!bad_group.empty()) causes.invalid(at, group, base::join(bad_group, ","));
    if (number.empty()) {
      causes.invalid(at, version, "version must be specified");
    } else if (const object::Problems bad = object::dns1035_label(number); !bad.empty()) {
      causes.invalid(at, number, base::join(bad, ","));
    }
  }
  const std::string_view name = text_at(kind, "kind");
  if (name.empty()) return causes.required(path.child("kind"));
  const object::Problems bad = object::dns1035_label(base::to_lower(name));
  if (!bad.empty()) {
    causes.invalid(path.child("kind"), name,
                   "may have mixed case, but should otherwise match: " + base::join(bad, ","));
  }
}

void check_named_rules(const Json& match, std::string_view key, const FieldPath& path,
                       Causes& causes) {
  std::size_t index = 0;
  for (const Json& rule : elements(member(match, key))) {
    const FieldPath at = path.child(key).index(index++);
    std::set<std::string_view> seen;
    std::size_t position = 0;
    for (const Json& each : elements(member(rule, "resourceNames"))) {
      const FieldPath name_path = at.child("resourceNames").index(position++);
      check_text(text(&each), object::path_segment_name, name_path, causes);
      if (!seen.insert(text(&each)).second) causes.duplicate(name_path, text(&each));
    }
    check_operation_rule(rule, at, causes);
  }
}

void check_match(const Json& match, const FieldPath& path, Causes& causes) {
  if (!has(match, "matchPolicy")) {
    causes.required(path.child("matchPolicy"));
  } else {
    check_one_of(text_at(match, "matchPolicy"), {"Equivalent", "Exact"}, path.child("matchPolicy"),
                 causes);
  }
  for (const std::string_view key : {"namespaceSelector", "objectSelector"}) {
    if (!has(match, key)) causes.required(path.child(key));
    check_label_selector(member(match, key), path.child(key), causes);
  }
  check_named_rules(match, "resourceRules", path, causes);
  check_named_rules(match, "excludeResourceRules", path, causes);
}

void check_constraints(const Json& spec, Causes& causes) {
  const FieldPath path = spec_path().child("matchConstraints");
  if (!has(spec, "matchConstraints")) return causes.required(path);
  const Json& match = object_at(spec, "matchConstraints");
  check_match(match, path, causes);
  // What is matched tells the types that expressions see.
  if (elements(member(match, "resourceRules")).empty()) {
    causes.required(path.child("resourceRules"));
  }
}

bool is_identifier(std::string_view name) {
  static const std::set<std::string_view> kReserved = {
      "true",     "false",   "null",      "in",       "as",  "break",  "const",
      "continue", "else",    "for",       "function", "if",  "import", "let",
      "loop",     "package", "namespace", "return",   "var", "void",   "while"};
  const auto fits = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool digit_first = !name.empty() && name[0] >= '0' && name[0] <= '9';
  return std::all_of(name.begin(), name.end(), fits) && !digit_first && !kReserved.contains(name);
}

void check_variables(const Json& spec, Causes& causes) {
  std::size_t index = 0;
  for (const Json& variable : elements(member(spec, "variables"))) {
    const FieldPath path = spec_path().child("variables").index(index++);
    const std::string_view name = text_at(variable, "name");
    if (base::trim(name).empty()) {
      causes.required(path.child("name"), "name is not specified");
    } else if (!is_identifier(name)) {
      causes.invalid(path.child("name"), name, "name is not a valid CEL identifier");
    }
    if (base::trim(text_at(variable, "expression")).empty()) {
      causes.required(path.child("expression"), "expression is not specified");
    }
  }
}

// What both kinds of policy begin with.
void check_policy_head(const Json& spec, Causes& causes) {
  check_failure_policy(spec, causes);
  if (has(spec, "paramKind")) {
    check_param_kind(object_at(spec, "paramKind"), spec_path().child("paramKind"), causes);
  }
  check_constraints(spec, causes);
  check_match_conditions(spec, spec_path().child("matchConditions"), causes);
  check_variables(spec, causes);
}

void check_validation(const Json& validation, const FieldPath& path, Causes& causes) {
  if (base::trim(text_at(validation, "expression")).empty()) {
    causes.required(path.child("expression"), "expression is not specified");
  }
  const std::string_view other = text_at(validation, "messageExpression");
  if (!other.empty() && base::trim(other).empty()) {
    causes.invalid(path.child("messageExpression"), other, "must be non-empty if specified");
  }
  const std::string_view message = text_at(validation, "message");
  const std::string_view trimmed = base::trim(message);
  if (!message.empty() && trimmed.empty()) {
    causes.invalid(path.child("message"), message, "message must be non-empty if specified");
  } else if (trimmed.find_first_of("\n\r") != std::string_view::npos) {
    causes.invalid(path.child("message"), message, "message must not contain line breaks");
  }
  if (has(validation, "reason")) {
    check_one_of(text_at(validation, "reason"), {"Forbidden", "Invalid", "RequestEntityTooLarge"},
                 path.child("reason"), causes);
  }
}

void check_audit_annotations(const Json& object, Causes& causes) {
  constexpr std::size_t kMost = 20;
  constexpr std::size_t kLongest = 5 * 1024;
  const Json* list = member(spec_of(object), "auditAnnotations");
  const FieldPath path = spec_path().child("auditAnnotations");
  if (elements(list).size() > kMost) {
    causes.invalid(path, *list, "must not have more than 20 auditAnnotations");
  }
  const std::string owner(object::name(object));
  std::set<std::string_view> keys;
  std::size_t index = 0;
  for (const Json& annotation : elements(list)) {
    const FieldPath at = path.index(index++);
    const std::string_view key = text_at(annotation, "key");
    if (owner.empty()) {
      causes.invalid(at.child("key"), key, "requires metadata.name be non-empty");
    } else {
      const std::string whole = owner + "/" + std::string(key);
      check_text(whole, object::qualified_name, at.child("key"), causes);
    }
    const std::string_view value = base::trim(text_at(annotation, "valueExpression"));
    if (value.empty()) {
      causes.required(at.child("valueExpression"), "valueExpression is not specified");
    } else if (value.size() > kLongest) {
      causes.required(at.child("valueExpression"), "must not exceed 5120 bytes in length");
    }
    if (!keys.insert(key).second) causes.duplicate(at.child("key"), key);
  }
}

void check_mutation(const Json& mutation, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(mutation, "patchType");
  if (type.empty()) return causes.required(path.child("patchType"));
  check_one_of(type, {"ApplyConfiguration", "JSONPatch"}, path.child("patchType"), causes);
  const std::string_view used = type == "JSONPatch"            ? "jsonPatch"
                                : type == "ApplyConfiguration" ? "applyConfiguration"
                                                               : "";
  if (used.empty()) return;
  const FieldPath at = path.child(used);
  if (!has(mutation, used)) {
    causes.required(at, "must be specified when patchType is " + std::string(type));
  } else if (base::trim(text_at(object_at(mutation, used), "expression")).empty()) {
    causes.required(at.child("expression"), "expression is not specified");
  }
}

void check_params(const Json& spec, Causes& causes) {
  if (!has(spec, "paramRef")) return;
  const Json& ref = object_at(spec, "paramRef");
  const FieldPath path = spec_path().child("paramRef");
  const std::string_view name = text_at(ref, "name");
  const bool selects = has(ref, "selector");
  if (!name.empty()) {
    check_text(name, object::path_segment_name, path.child("name"), causes);
    if (selects) causes.forbidden(path.child("name"), kExclusive);
  }
  if (selects) {
    check_label_selector(member(ref, "selector"), path.child("selector"), causes);
    if (!name.empty()) causes.forbidden(path.child("selector"), kExclusive);
  }
  if (name.empty() && !selects) {
    causes.required(path, "one of name or selector must be specified");
  }
  check_enum(text_at(ref, "parameterNotFoundAction"), {"Deny", "Allow"},
             path.child("parameterNotFoundAction"), true, causes);
}

void check_binding(const Json& spec, Causes& causes) {
  check_needed_text(text_at(spec, "policyName"), object::dns1123_subdomain,
                    spec_path().child("policyName"), causes);
  check_params(spec, causes);
  if (has(spec, "matchResources")) {
    // kube-apiserver spells it so.
    check_match(object_at(spec, "matchResources"), spec_path().child("matchResouces"), causes);
  }
}

void check_actions(const Json& spec, Causes& causes) {
  const Json* list = member(spec, "validationActions");
  const FieldPath path = spec_path().child("validationActions");
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& each : elements(list)) {
    const FieldPath at = path.index(index++);
    check_one_of(text(&each), {"Audit", "Deny", "Warn"}, at, causes);
    if (!seen.insert(text(&each)).second) causes.duplicate(at, text(&each));
  }
  if (seen.contains("Deny") && seen.contains("Warn")) {
    causes.invalid(path, *list,
                   "must not contain both Deny and Warn (repeating the same validation failure "
                   "information in the API response and headers serves no purpose)");
  }
  if (seen.empty()) causes.required(path, "at least one validation action is required");
}

}  // namespace

void check_validating_policy(const Json& object, Causes& causes) {
  constexpr std::string_view kOne =
      "validations or auditAnnotations must contain at least one item";
  const Json& spec = spec_of(object);
  check_policy_head(spec, causes);
  const std::span<const Json> validations = elements(member(spec, "validations"));
  if (validations.empty() && elements(member(spec, "auditAnnotations")).empty()) {
    causes.required(spec_path().child("validations"), kOne);
    causes.required(spec_path().child("auditAnnotations"), kOne);
    return;
  }
  std::size_t index = 0;
  for (const Json& validation : validations) {
    check_validation(validation, spec_path().child("validations").index(index++), causes);
  }
  check_audit_annotations(object, causes);
}

void check_validating_policy_status(const Json& object, const Json&, Causes& causes) {
  const FieldPath path("status");
  const Json& status = status_of(object);
  std::size_t index = 0;
  for (const Json& warning : elements(find(status, {"typeChecking", "expressionWarnings"}))) {
    const FieldPath at = path.child("typeChecking").child("expressionWarnings").index(index++);
    check_filled(warning, {"warning", "fieldRef"}, at, causes);
  }
  check_conditions(member(status, "conditions"), path.child("conditions"), causes);
}

void check_validating_policy_binding(const Json& object, Causes& causes) {
  check_binding(spec_of(object), causes);
  check_actions(spec_of(object), causes);
}

void check_mutating_policy(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_policy_head(spec, causes);
  const std::span<const Json> mutations = elements(member(spec, "mutations"));
  if (mutations.empty()) {
    causes.required(spec_path().child("mutations"), "mutations must contain at least one item");
  }
  std::size_t index = 0;
  for (const Json& mutation : mutations) {
    check_mutation(mutation, spec_path().child("mutations").index(index++), causes);
  }
  check_enum(text_at(spec, "reinvocationPolicy"), {"Never", "IfNeeded"},
             spec_path().child("reinvocationPolicy"), true, causes);
}

void check_mutating_policy_binding(const Json& object, Causes& causes) {
  check_binding(spec_of(object), causes);
}

}  // namespace limen::validation::kinds
