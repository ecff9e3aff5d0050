// FlowSchemas and PriorityLevelConfigurations.
#include "validation/flow_control.h"

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::int_or;
using object::member;
using object::text_at;

constexpr std::int64_t kMaxPrecedence = 10'000;
constexpr std::int64_t kMaxQueues = 10'000'000;
// Bits of a flow's hash that deal its hand of queues.
constexpr int kMaxHashBits = 60;

const Json& or_null(const Json* value) {
  static const Json kNull;
  return value ? *value : kNull;
}

bool has_wildcard(const Json* list) {
  const auto all = elements(list);
  return std::any_of(all.begin(), all.end(), [](const Json& one) { return text(&one) == "*"; });
}

// A list that must not be empty and in which "*" stands alone.
void check_list(const Json& rule, std::string_view key, std::string_view none,
                std::string_view beside, const FieldPath& path, Causes& causes) {
  const Json* const list = member(rule, key);
  if (elements(list).empty()) {
    causes.required(path.child(key), none);
  } else if (has_wildcard(list) && elements(list).size() > 1) {
    causes.invalid(path.child(key), *list,
                   "if '*' is present, must not specify other " + std::string(beside));
  }
}

void check_verbs(const Json& rule, const FieldPath& path, Causes& causes) {
  static const std::vector<std::string> kVerbs{
      "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"};
  check_list(rule, "verbs", "verbs must contain at least one value", "verbs", path, causes);
  const Json* const verbs = member(rule, "verbs");
  if (has_wildcard(verbs)) return;
  for (const Json& verb : elements(verbs)) {
    if (std::find(kVerbs.begin(), kVerbs.end(), text(&verb)) == kVerbs.end()) {
      return causes.not_supported(path.child("verbs"), *verbs, kVerbs);
    }
  }
}

void check_path(std::string_view url, const FieldPath& path, Causes& causes) {
  if (url.empty()) return causes.invalid(path, url, "must not be empty");
  if (url == "/") return;
  if (url.front() != '/') return causes.invalid(path, url, "must start with slash");
  if (url.find(' ') != url.npos) return causes.invalid(path, url, "must not contain white-space");
  if (url.find("//") != url.npos) {
    return causes.invalid(path, url, "must not contain double slash");
  }
  const auto wildcards = std::count(url.begin(), url.end(), '*');
  if (wildcards > 1 || (wildcards == 1 && !url.ends_with("/*"))) {
    causes.invalid(path, url, "wildcard can only do suffix matching");
  }
}

void check_non_resource_rule(const Json& rule, const FieldPath& path, Causes& causes) {
  check_verbs(rule, path, causes);
  check_list(rule, "nonResourceURLs", "nonResourceURLs must contain at least one value",
             "non-resource URLs", path, causes);
  const Json* const urls = member(rule, "nonResourceURLs");
  if (has_wildcard(urls)) return;
  std::size_t index = 0;
  for (const Json& url : elements(urls)) {
    check_path(text(&url), path.child("nonResourceURLs").index(index++), causes);
  }
}

void check_resource_rule(const Json& rule, const FieldPath& path, Causes& causes) {
  check_verbs(rule, path, causes);
  check_list(rule, "apiGroups", "resource rules must supply at least one api group", "api groups",
             path, causes);
  check_list(rule, "resources", "resource rules must supply at least one resource", "resources",
             path, causes);
  const Json* const namespaces = member(rule, "namespaces");
  if (elements(namespaces).empty() && is_true(member(rule, "clusterScope"))) return;
  check_list(rule, "namespaces",
             "resource rules that are not cluster scoped must supply at least one namespace",
             "namespaces", path, causes);
  if (has_wildcard(namespaces)) return;
  std::size_t index = 0;
  for (const Json& ns : elements(namespaces)) {
    const FieldPath at = path.child("namespaces").index(index++);
    for (const std::string& problem : object::dns1123_label(text(&ns))) {
      causes.invalid(at, text(&ns),
                     "each member of this list must be '*' or a DNS-1123 label; " + problem);
    }
  }
}

void check_named_subject(const Json& subject, std::string_view key, std::string_view kind,
                         const FieldPath& path, Causes& causes) {
  if (!has(subject, key)) {
    return causes.required(
        path.child(key),
        std::string(key) + " is required when subject kind is '" + std::string(kind) + "'");
  }
  if (text_at(*member(subject, key), "name").empty()) {
    causes.required(path.child(key).child("name"));
  }
}

void check_account(const Json& account, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(account, "name");
  if (!name.empty() && name != "*") {
    causes.invalid_each(path.child("name"), name, object::dns1123_subdomain(name));
  }
  const std::string_view ns = text_at(account, "namespace");
  if (ns.empty()) {
    causes.required(path.child("namespace"), "must specify namespace for service account");
  } else {
    causes.invalid_each(path.child("namespace"), ns, object::dns1123_label(ns));
  }
}

void check_flow_subject(const Json& subject, const FieldPath& path, Causes& causes) {
  struct Kind {
    std::string_view kind, key;
  };
  static constexpr Kind kKinds[] = {
      {"ServiceAccount", "serviceAccount"}, {"User", "user"}, {"Group", "group"}};
  const std::string_view given = text_at(subject, "kind");
  const Kind* const kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const Kind& one) { return one.kind == given; });
  if (kind == std::end(kKinds)) {
    return causes.not_supported(path.child("kind"), given, {"Group", "ServiceAccount", "User"});
  }
  check_named_subject(subject, kind->key, kind->kind, path, causes);
  if (kind->kind == "ServiceAccount" && has(subject, kind->key)) {
    check_account(*member(subject, kind->key), path.child(kind->key), causes);
  }
  for (const Kind& other : kKinds) {
    if (&other == kind || !has(subject, other.key)) continue;
    causes.forbidden(path.child(other.key), std::string(other.key) +
                                                " is forbidden when subject kind is not '" +
                                                std::string(other.kind) + "'");
  }
}

void check_flow_rule(const Json& rule, const FieldPath& path, Causes& causes) {
  const auto subjects = elements(member(rule, "subjects"));
  if (subjects.empty()) {
    causes.required(path.child("subjects"), "subjects must contain at least one value");
  }
  std::size_t index = 0;
  for (const Json& subject : subjects) {
    check_flow_subject(subject, path.child("subjects").index(index++), causes);
  }
  const auto resources = elements(member(rule, "resourceRules"));
  const auto paths = elements(member(rule, "nonResourceRules"));
  if (resources.empty() && paths.empty()) {
    causes.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
  }
  index = 0;
  for (const Json& one : resources) {
    check_resource_rule(one, path.child("resourceRules").index(index++), causes);
  }
  index = 0;
  for (const Json& one : paths) {
    check_non_resource_rule(one, path.child("nonResourceRules").index(index++), causes);
  }
}

void check_precedence(const Json& spec, std::string_view name, const FieldPath& path,
                      Causes& causes) {
  const std::int64_t precedence = int_or(member(spec, "matchingPrecedence"), 0);
  const FieldPath at = path.child("matchingPrecedence");
  if (precedence <= 0) causes.invalid(at, Json(precedence), "must be a positive value");
  if (precedence > kMaxPrecedence) {
    causes.invalid(at, Json(precedence), "must not be greater than 10000");
  }
  if (precedence == 1 && name != kExempt) {
    causes.invalid(at, Json(precedence),
                   "only the schema named 'exempt' may have matchingPrecedence 1");
  }
}

void check_flow_spec(const Json& spec, std::string_view name, Causes& causes) {
  const FieldPath path("spec");
  check_precedence(spec, name, path, causes);
  if (has(spec, "distinguisherMethod")) {
    const std::string_view type = text_at(*member(spec, "distinguisherMethod"), "type");
    if (type != "ByNamespace" && type != "ByUser") {
      // The whole of it is shown, by the names it has inside kube-apiserver.
      causes.not_supported(path.child("distinguisherMethod").child("type"),
                           boost::json::object{{"Type", boost::json::string_view(type)}},
                           {"ByNamespace", "ByUser"});
    }
  }
  const Json* const level = find(spec, {"priorityLevelConfiguration", "name"});
  const FieldPath at = path.child("priorityLevelConfiguration").child("name");
  if (text(level).empty()) {
    causes.required(at, "must reference a priority level");
  } else {
    causes.invalid_each(at, text(level), object::dns1123_subdomain(text(level)));
  }
  std::size_t index = 0;
  for (const Json& rule : elements(member(spec, "rules"))) {
    check_flow_rule(rule, path.child("rules").index(index++), causes);
  }
}

void check_flow_conditions(const Json& object, Causes& causes) {
  const FieldPath path = FieldPath("status").child("conditions");
  std::vector<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& condition : elements(find(object, {"status", "conditions"}))) {
    const std::string_view type = text_at(condition, "type");
    const FieldPath at = path.index(index++).child("type");
    if (std::find(seen.begin(), seen.end(), type) != seen.end()) causes.duplicate(at, type);
    seen.push_back(type);
    if (type.empty()) causes.required(at, "must not be empty");
  }
}

void check_shares(const Json& values, const FieldPath& path, Causes& causes) {
  const Json* const nominal = member(values, "nominalConcurrencyShares");
  if (int_or(nominal, 0) < 0) {
    causes.invalid(path.child("nominalConcurrencyShares"), *nominal,
                   "must be a non-negative integer");
  }
}

void check_lendable(const Json& values, const FieldPath& path, Causes& causes) {
  const Json* const percent = member(values, "lendablePercent");
  if (int_or(percent, 0) < 0 || int_or(percent, 0) > 100) {
    causes.invalid(path.child("lendablePercent"), *percent, "must be between 0 and 100, inclusive");
  }
}

// A double: of numbers that are refused anyway it is more than an int holds.
double entropy_bits(std::int64_t deck, std::int64_t hand) {
  return std::ceil(std::log2(static_cast<double>(deck)) * static_cast<double>(hand));
}

void check_hand(std::int64_t hand, std::int64_t queues, const FieldPath& at, Causes& causes) {
  if (hand <= 0) return causes.invalid(at, Json(hand), "must be positive");
  if (hand > queues) {
    return causes.invalid(at, Json(hand),
                          "should not be greater than queues (" + std::to_string(queues) + ")");
  }
  if (entropy_bits(queues, hand) > kMaxHashBits) {
    causes.invalid(at, Json(hand),
                   "required entropy bits of deckSize " + std::to_string(queues) +
                       " and handSize " + std::to_string(hand) + " should not be greater than " +
                       std::to_string(kMaxHashBits));
  }
}

void check_queuing(const Json& queuing, const FieldPath& path, Causes& causes) {
  const std::int64_t length = int_or(member(queuing, "queueLengthLimit"), 0);
  if (length <= 0) {
    causes.invalid(path.child("queueLengthLimit"), Json(length), "must be positive");
  }
  const std::int64_t queues = int_or(member(queuing, "queues"), 0);
  if (queues <= 0) {
    causes.invalid(path.child("queues"), Json(queues), "must be positive");
  } else if (queues > kMaxQueues) {
    causes.invalid(path.child("queues"), Json(queues), "must not be greater than 10000000");
  }
  check_hand(int_or(member(queuing, "handSize"), 0), queues, path.child("handSize"), causes);
}

void check_limit_response(const Json& response, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(response, "type");
  const Json* const queuing = member(response, "queuing");
  const bool queues = queuing && !queuing->is_null();
  if (type == "Reject") {
    if (queues) {
      causes.forbidden(path.child("queuing"),
                       "must be nil if limited.limitResponse.type is not Limited");
    }
  } else if (type == "Queue") {
    if (queues) return check_queuing(*queuing, path.child("queuing"), causes);
    causes.required(path.child("queuing"),
                    "must not be empty if limited.limitResponse.type is Limited");
  } else {
    causes.not_supported(path.child("type"), type, {"Queue", "Reject"});
  }
}

void check_limited(const Json& limited, const FieldPath& path, Causes& causes) {
  check_shares(limited, path, causes);
  check_limit_response(or_null(member(limited, "limitResponse")), path.child("limitResponse"),
                       causes);
  check_lendable(limited, path, causes);
  const Json* const borrowing = member(limited, "borrowingLimitPercent");
  if (int_or(borrowing, 0) < 0) {
    causes.invalid(path.child("borrowingLimitPercent"), *borrowing,
                   "if specified, must be a non-negative integer");
  }
}

void check_exempt_level(const Json& spec, const FieldPath& path, Causes& causes) {
  if (has(spec, "limited")) {
    causes.forbidden(path.child("limited"), "must be nil if the type is not Limited");
  }
  if (!has(spec, "exempt")) return;
  check_shares(*member(spec, "exempt"), path.child("exempt"), causes);
  check_lendable(*member(spec, "exempt"), path.child("exempt"), causes);
}

void check_limited_level(const Json& spec, const FieldPath& path, Causes& causes) {
  if (has(spec, "exempt")) {
    causes.forbidden(path.child("exempt"), "must be nil if the type is Limited");
  }
  if (!has(spec, "limited")) {
    return causes.required(path.child("limited"), "must not be empty when type is Limited");
  }
  check_limited(*member(spec, "limited"), path.child("limited"), causes);
}

// The exempt level may be given shares; nothing else of the mandatory objects can be changed.
void check_mandatory_level(const Json& spec, std::string_view name, Causes& causes) {
  if (!is_mandatory(name)) return;
  Json wanted = *member(*find_named(flow_control_objects().priority_levels, name), "spec");
  const bool exempt = name == kExempt;
  if (exempt) {
    wanted.get_object()["exempt"] = or_null(member(spec, "exempt"));
  }
  if (same_flow_control_spec(&spec, &wanted)) return;
  causes.invalid(FieldPath("spec"), spec,
                 "spec of '" + std::string(name) + "'" +
                     (exempt ? " except the 'spec.exempt' field" : "") +
                     " must equal the fixed value");
}

}  // namespace

void check_flow_schema(const Json& object, Causes& causes) {
  const std::string_view name = object::name(object);
  const Json& spec = or_null(member(object, "spec"));
  check_flow_spec(spec, name, causes);
  if (is_mandatory(name)) {
    const Json* const fixed =
        member(*find_named(flow_control_objects().flow_schemas, name), "spec");
    if (!same_flow_control_spec(&spec, fixed)) {
      causes.invalid(FieldPath("spec"), spec,
                     "spec of '" + std::string(name) + "' must equal the fixed value");
    }
  }
  check_flow_conditions(object, causes);
}

void check_priority_level(const Json& object, Causes& causes) {
  const FieldPath path("spec");
  const std::string_view name = object::name(object);
  const Json& spec = or_null(member(object, "spec"));
  const std::string_view type = text_at(spec, "type");
  if ((name == kExempt) != (type == "Exempt")) {
    causes.invalid(path.child("type"), type,
                   "type must be 'Exempt' if and only if name is 'exempt'");
  }
  if (type == "Exempt") {
    check_exempt_level(spec, path, causes);
  } else if (type == "Limited") {
    check_limited_level(spec, path, causes);
  } else {
    causes.not_supported(path.child("type"), type, {"Exempt", "Limited"});
  }
  check_mandatory_level(spec, name, causes);
  check_flow_conditions(object, causes);
}

void check_flow_control_status(const Json& object, const Json& /*old*/, Causes& causes) {
  check_flow_conditions(object, causes);
}

}  // namespace limen::validation::kinds
