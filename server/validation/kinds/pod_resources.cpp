// Compute resources of containers and pods: requests, limits, claims.
#include <string>

#include "base/strings.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/resource_names.h"

namespace limen::validation::kinds {

namespace {

bool is_core(std::string_view name) { return name == "cpu" || name == "memory"; }

void check_huge_pages(std::string_view name, const Json& amount, const FieldPath& path,
                      Causes& causes) {
  const auto size = object::Quantity::parse(name.substr(name.find('-') + 1));
  const auto value = amount_of(&amount);
  if (!size || size->sign() <= 0 || !value) return;
  if (value->value() % size->value() != 0) {
    causes.invalid(
        path, amount,
        std::string(text(&amount)) + " is not positive integer multiple of " + std::string(name));
  }
}

// What was asked for, in the two ways that matter together.
struct Asked {
  bool core = false;
  bool huge_pages = false;
};

void check_amount(std::string_view name, const Json& amount, ResourceNameCheck name_check,
                  Asked& asked, const FieldPath& path, Causes& causes) {
  name_check(name, path, causes);
  check_amount_of(name, amount, path, causes);
  asked.core = asked.core || is_core(name);
}

void check_against_limit(std::string_view name, const Json& request, const Json& limits,
                         const FieldPath& path, Causes& causes) {
  const Json* limit = member(limits, name);
  if (!limit) {
    if (!allows_overcommit(name)) {
      causes.required(path.child("limits"), "Limit must be set for non overcommitable resources");
    }
    return;
  }
  const auto wanted = amount_of(&request);
  const auto allowed = amount_of(limit);
  if (!wanted || !allowed) return;
  const std::string tail = std::string(name) + " limit of " + allowed->to_string();
  if (*wanted != *allowed && !allows_overcommit(name)) {
    causes.invalid(path.child("requests"), request, "must be equal to " + tail);
  } else if (*wanted > *allowed) {
    causes.invalid(path.child("requests"), request, "must be less than or equal to " + tail);
  }
}

void check_claims(const Json& resources, const std::set<std::string_view>& known,
                  const FieldPath& path, Causes& causes) {
  std::set<std::string> names;
  std::size_t index = 0;
  for (const Json& claim : elements(member(resources, "claims"))) {
    const FieldPath at = path.child("claims").index(index++);
    const std::string name(text_at(claim, "name"));
    const std::string_view request = text_at(claim, "request");
    if (name.empty()) {
      causes.required(at);
      continue;
    }
    if (names.contains(name)) {
      causes.duplicate(at, name);
    } else {
      std::string key = name;
      if (!request.empty()) {
        check_text(request, object::dns1123_label, at.child("request"), causes);
        key += "/" + std::string(request);
      }
      if (names.contains(key)) {
        causes.duplicate(at, key);
      } else if (request.empty()) {
        for (const std::string& other : names) {
          if (other.starts_with(name + "/")) causes.duplicate(at, name);
        }
      }
      names.insert(key);
    }
    if (known.contains(name)) continue;
    std::vector<std::string> list(known.begin(), known.end());
    causes.not_found(
        at, name,
        "must be one of the names in pod.spec.resourceClaims" +
            (list.empty() ? std::string(" which is empty") : ": " + base::join(list, ", ")));
  }
}

object::Quantity larger(const object::Quantity& a, const object::Quantity& b) {
  return a < b ? b : a;
}

// What the containers ask for as the scheduler sees it: all that run together, or the largest of
// those that run before them.
object::Quantity sum_of_requests(const Json& spec, std::string_view name) {
  const auto wanted = [&](const Json& container) {
    return amount_of(find(container, {"resources", "requests", name})).value_or(object::Quantity());
  };
  object::Quantity together;
  object::Quantity before;
  for (const Json& container : elements(member(spec, "initContainers"))) {
    if (text_at(container, "restartPolicy") == "Always") {
      together = together + wanted(container);
      before = larger(before, together);
    } else {
      before = larger(before, together + wanted(container));
    }
  }
  for (const Json& container : elements(member(spec, "containers"))) {
    together = together + wanted(container);
  }
  return larger(before, together);
}

}  // namespace

void check_resources(const Json& resources, ResourceNameCheck name,
                     const std::set<std::string_view>& claims, const FieldPath& path,
                     Causes& causes) {
  const Json& limits = object_at(resources, "limits");
  Asked asked;
  const auto huge = [&](std::string_view key, const Json& amount, const FieldPath& at) {
    if (!is_huge_pages(key)) return;
    asked.huge_pages = true;
    check_huge_pages(key, amount, at, causes);
  };
  for (const auto& limit : members(&limits)) {
    const FieldPath at = path.child("limits").key(limit.key());
    check_amount(limit.key(), limit.value(), name, asked, at, causes);
    huge(limit.key(), limit.value(), at);
  }
  for (const auto& request : members(member(resources, "requests"))) {
    const FieldPath at = path.child("requests").key(request.key());
    check_amount(request.key(), request.value(), name, asked, at, causes);
    check_against_limit(request.key(), request.value(), limits, path, causes);
    huge(request.key(), request.value(), at);
  }
  if (asked.huge_pages && !asked.core) causes.forbidden(path, "HugePages require cpu or memory");
  check_claims(resources, claims, path, causes);
}

void check_pod_resources(const Json& spec, const std::set<std::string_view>& claims,
                         const FieldPath& path, Causes& causes) {
  const Json* resources = member(spec, "resources");
  if (!resources || !resources->is_object()) return;
  if (has(*resources, "claims")) {
    causes.forbidden(path.child("claims"), "claims cannot be set for Resources at pod-level");
  }
  check_resources(*resources, check_pod_resource_name, claims, path, causes);
  for (const auto& request : members(member(*resources, "requests"))) {
    const auto most = amount_of(&request.value());
    const object::Quantity sum = sum_of_requests(spec, request.key());
    if (most && sum > *most) {
      causes.invalid(
          path.child("requests").key(request.key()), request.value(),
          "must be greater than or equal to aggregate container requests of " + sum.to_string());
    }
  }
  std::size_t index = 0;
  for (const Json& container : elements(member(spec, "containers"))) {
    const FieldPath at = path.child("containers").index(index++);
    for (const auto& limit : members(find(container, {"resources", "limits"}))) {
      const auto own = amount_of(&limit.value());
      const auto most = amount_of(find(*resources, {"limits", limit.key()}));
      if (own && most && *own > *most) {
        causes.invalid(at.key(limit.key()).child("limits"), limit.value(),
                       "must be less than or equal to pod limits of " + most->to_string());
      }
    }
  }
}

void check_resize_policy(const Json& container, const PodContext& pod, const FieldPath& path,
                         Causes& causes) {
  const FieldPath at = path.child("resizePolicy");
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& policy : elements(member(container, "resizePolicy"))) {
    const std::string_view name = text_at(policy, "resourceName");
    const std::string_view restart = text_at(policy, "restartPolicy");
    if (!seen.insert(name).second) causes.duplicate(at.index(index), name);
    ++index;
    check_enum(name, {"cpu", "memory"}, at, true, causes);
    check_enum(restart, {"NotRequired", "RestartContainer"}, at, true, causes);
    if (pod.restart_policy == "Never" && restart != "NotRequired") {
      causes.invalid(at, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
  }
}

}  // namespace limen::validation::kinds
