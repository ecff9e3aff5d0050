// What a namespace may have: resource quotas and limit ranges.
#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "validation/kinds/parts.h"
#include "validation/kinds/resource_names.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_amounts(const Json* amounts, const FieldPath& path, Causes& causes) {
  for (const auto& amount : members(amounts)) {
    const FieldPath at = path.key(amount.key());
    check_quota_resource_name(amount.key(), at, causes);
    check_amount_of(amount.key(), amount.value(), at, causes);
  }
}

constexpr auto kScopes = std::to_array<std::string_view>(
    {"BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
     "Terminating", "VolumeAttributesClass"});

bool is_scope(std::string_view scope) {
  return std::find(kScopes.begin(), kScopes.end(), scope) != kScopes.end();
}

// Whether what is counted can be told apart by the scope.
bool fits_scope(std::string_view scope, std::string_view resource) {
  if (!is_scope(scope)) return true;
  if (scope == "VolumeAttributesClass") {
    return resource == "persistentvolumeclaims" || resource == "requests.storage";
  }
  if (resource == "pods") return true;
  if (scope == "BestEffort") return false;
  return resource == "cpu" || resource == "memory" || resource == "limits.cpu" ||
         resource == "limits.memory" || resource == "requests.cpu" || resource == "requests.memory";
}

bool fits_all(const Json& spec, std::string_view scope) {
  for (const auto& limit : members(member(spec, "hard"))) {
    const std::string_view name = limit.key();
    if (is_standard_quota_resource(name) && !fits_scope(scope, name)) return false;
  }
  return true;
}

void check_conflicts(const std::set<std::string_view>& scopes, const Json& shown,
                     const FieldPath& path, Causes& causes) {
  constexpr std::array<std::array<std::string_view, 2>, 2> kPairs = {
      {{"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}}};
  for (const auto& pair : kPairs) {
    if (!scopes.contains(pair[0]) || !scopes.contains(pair[1])) continue;
    if (shown.is_null()) {
      causes.invalid_shown(path, "null", "conflicting scopes");
    } else {
      causes.invalid(path, shown, "conflicting scopes");
    }
  }
}

void check_scopes(const Json& spec, Causes& causes) {
  const Json* list = member(spec, "scopes");
  const FieldPath path = spec_path().child("scopes");
  std::set<std::string_view> seen;
  for (const Json& each : elements(list)) {
    const std::string_view scope = text(&each);
    if (!is_scope(scope)) causes.invalid(path, *list, "unsupported scope");
    if (!fits_all(spec, scope)) {
      causes.invalid(path, *list, "unsupported scope applied to resource");
    }
    seen.insert(scope);
  }
  if (list) check_conflicts(seen, *list, path, causes);
}

void check_scope_selector(const Json& spec, Causes& causes) {
  if (!has(spec, "scopeSelector")) return;
  const Json& selector = object_at(spec, "scopeSelector");
  const FieldPath path = spec_path().child("scopeSelector").child("matchExpressions");
  std::set<std::string_view> seen;
  for (const Json& expression : elements(member(selector, "matchExpressions"))) {
    const std::string_view scope = text_at(expression, "scopeName");
    const std::string_view op = text_at(expression, "operator");
    const Json* values = member(expression, "values");
    if (!is_scope(scope)) causes.invalid(path.child("scopeName"), scope, "unsupported scope");
    if (!fits_all(spec, scope)) {
      causes.invalid(path, selector, "unsupported scope applied to resource");
    }
    const bool by_value = scope == "PriorityClass" || scope == "VolumeAttributesClass";
    if (is_scope(scope) && !by_value && op != "Exists") {
      causes.invalid(path.child("operator"), op,
                     "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                     "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                     "ResourceQuotaScopeNotBestEffort or "
                     "ResourceQuotaScopeCrossNamespacePodAffinity");
    }
    if (op == "In" || op == "NotIn") {
      if (elements(values).empty()) {
        causes.required(path.child("values"),
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                        "selector");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!elements(values).empty()) {
        causes.invalid(path.child("values"), *values,
                       "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope "
                       "selector");
      }
    } else {
      causes.invalid(path.child("operator"), op, "not a valid selector operator");
    }
    seen.insert(scope);
  }
  check_conflicts(seen, shown_of(member(spec, "scopes")), path, causes);
}

void check_limit_name(std::string_view type, std::string_view name, const FieldPath& path,
                      Causes& causes) {
  if (type == "Pod" || type == "Container") {
    check_container_resource_name(name, path, causes);
  } else {
    check_resource_name(name, path, causes);
  }
}

// One item of a limit range, while the amounts of one resource are compared.
class LimitItem {
 public:
  LimitItem(const Json& item, FieldPath path, Causes& causes)
      : item_(item), path_(std::move(path)), causes_(causes) {}

  void check_names(std::string_view key) {
    const FieldPath at = path_.child(key);
    for (const auto& amount : members(member(item_, key))) {
      check_limit_name(text_at(item_, "type"), amount.key(), at.key(amount.key()), causes_);
      resources_.insert(amount.key());
    }
  }

  void compare() {
    for (const std::string_view resource : resources_) compare_one(resource);
  }

 private:
  const Json* at(std::string_view key, std::string_view resource) const {
    if (text_at(item_, "type") == "Pod" && key.starts_with("default")) return nullptr;
    return find(item_, {key, resource});
  }

  // `less` may not be more than `more`; the cause is at `where` and shows that one's amount or,
  // for defaults, the other's.
  void order(std::string_view resource, std::string_view less, std::string_view more,
             std::string_view where, std::string_view shown, std::string_view less_name,
             std::string_view more_name) {
    const Json* small = at(less, resource);
    const Json* large = at(more, resource);
    const auto a = amount_of(small);
    const auto b = amount_of(large);
    if (!a || !b || *a <= *b) return;
    causes_.invalid(path_.child(where).key(resource), shown == less ? *small : *large,
                    std::string(less_name) + " value " + a->to_string() + " is greater than " +
                        std::string(more_name) + " value " + b->to_string());
  }

  void compare_one(std::string_view resource) {
    order(resource, "min", "max", "min", "min", "min", "max");
    order(resource, "min", "defaultRequest", "defaultRequest", "defaultRequest", "min",
          "default request");
    order(resource, "defaultRequest", "max", "defaultRequest", "defaultRequest", "default request",
          "max");
    order(resource, "defaultRequest", "default", "defaultRequest", "defaultRequest",
          "default request", "default limit");
    order(resource, "min", "default", "default", "min", "min", "default");
    order(resource, "default", "max", "default", "max", "default", "max");
    check_ratio(resource);
    const Json* request = at("defaultRequest", resource);
    const auto wanted = amount_of(request);
    const auto limit = amount_of(at("default", resource));
    if (wanted && limit && *wanted != *limit && !allows_overcommit(resource)) {
      causes_.invalid(path_.child("defaultRequest").key(resource), *request,
                      "default value " + limit->to_string() +
                          " must equal to defaultRequest value " + wanted->to_string() + " in " +
                          std::string(resource));
    }
  }

  void check_ratio(std::string_view resource) {
    const Json* value = at("maxLimitRequestRatio", resource);
    const auto ratio = amount_of(value);
    if (!ratio) return;
    const FieldPath path = path_.child("maxLimitRequestRatio").key(resource);
    if (*ratio < object::Quantity::whole(1)) {
      causes_.invalid(path, *value, "ratio " + ratio->to_string() + " is less than 1");
    }
    const auto low = amount_of(at("min", resource));
    const auto high = amount_of(at("max", resource));
    if (!low || !high || low->sign() == 0) return;
    const double most =
        static_cast<double>(high->milli_value()) / static_cast<double>(low->milli_value());
    if (static_cast<double>(ratio->milli_value()) / 1000 <= most) return;
    std::array<char, 64> shown{};
    std::snprintf(shown.data(), shown.size(), "%f", most);
    causes_.invalid(
        path, *value,
        "ratio " + ratio->to_string() + " is greater than max/min = " + std::string(shown.data()));
  }

  const Json& item_;
  FieldPath path_;
  Causes& causes_;
  std::set<std::string_view> resources_;
};

void check_limit_type(std::string_view type, const FieldPath& path, Causes& causes) {
  const object::Problems problems = object::qualified_name(type);
  if (!problems.empty()) return causes.invalid_each(path, type, problems);
  if (type.find('/') != std::string_view::npos) return;
  if (type != "Pod" && type != "Container" && type != "PersistentVolumeClaim") {
    causes.invalid(path, type, "must be a standard limit type or fully qualified");
  }
}

void check_limit(const Json& item, const FieldPath& path, Causes& causes) {
  const std::string_view type = text_at(item, "type");
  LimitItem limits(item, path, causes);
  limits.check_names("max");
  limits.check_names("min");
  for (const std::string_view key : {"default", "defaultRequest"}) {
    if (type != "Pod") {
      limits.check_names(key);
    } else if (!members(member(item, key)).empty()) {
      causes.forbidden(path.child(key), "may not be specified when `type` is 'Pod'");
    }
  }
  if (type == "PersistentVolumeClaim" && !find(item, {"min", "storage"}) &&
      !find(item, {"max", "storage"})) {
    causes.required(path.child("limits"),
                    "either minimum or maximum storage value is required, but neither was "
                    "provided");
  }
  limits.check_names("maxLimitRequestRatio");
  limits.compare();
}

}  // namespace

void check_resource_quota(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_amounts(member(spec, "hard"), spec_path().child("hard"), causes);
  check_scopes(spec, causes);
  check_scope_selector(spec, causes);
}

void check_resource_quota_update(const Json& object, const Json& old, Causes& causes) {
  const auto scopes_of = [](const Json& quota) {
    std::set<std::string_view> out;
    for (const Json& scope : elements(find(quota, {"spec", "scopes"}))) out.insert(text(&scope));
    return out;
  };
  if (scopes_of(object) == scopes_of(old)) return;
  const Json* scopes = find(object, {"spec", "scopes"});
  const FieldPath path = spec_path().child("scopes");
  if (scopes && scopes->is_array()) {
    causes.invalid(path, *scopes, kImmutable);
  } else {
    causes.invalid_shown(path, "null", kImmutable);
  }
}

void check_resource_quota_status(const Json& object, const Json&, Causes& causes) {
  for (const std::string_view key : {"hard", "used"}) {
    check_amounts(find(object, {"status", key}), FieldPath("status").child(key), causes);
  }
}

void check_limit_range(const Json& object, Causes& causes) {
  std::set<std::string_view> types;
  std::size_t index = 0;
  for (const Json& item : elements(find(object, {"spec", "limits"}))) {
    const FieldPath at = spec_path().child("limits").index(index++);
    const std::string_view type = text_at(item, "type");
    check_limit_type(type, at.child("type"), causes);
    if (!types.insert(type).second) causes.duplicate(at.child("type"), type);
    check_limit(item, at, causes);
  }
}

}  // namespace limen::validation::kinds
