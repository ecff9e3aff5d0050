#include "validation/kinds/resource_names.h"

#include <algorithm>
#include <array>
#include <string>

namespace limen::validation::kinds {

namespace {

constexpr auto kQuota = std::to_array<std::string_view>(
    {"configmaps", "cpu", "ephemeral-storage", "limits.cpu", "limits.ephemeral-storage",
     "limits.memory", "memory", "persistentvolumeclaims", "pods", "replicationcontrollers",
     "requests.cpu", "requests.ephemeral-storage", "requests.memory", "requests.storage",
     "resourcequotas", "secrets", "services", "services.loadbalancers", "services.nodeports"});
constexpr auto kCounted = std::to_array<std::string_view>(
    {"configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas",
     "secrets", "services", "services.loadbalancers", "services.nodeports"});

template <typename List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool has_prefix(std::string_view name) { return name.find('/') != std::string_view::npos; }

bool is_quota_huge_pages(std::string_view name) {
  return is_huge_pages(name) || name.starts_with("requests.hugepages-");
}

bool is_extended(std::string_view name) {
  if (is_native_resource(name) || name.starts_with("requests.")) return false;
  return object::qualified_name("requests." + std::string(name)).empty();
}

}  // namespace

bool is_huge_pages(std::string_view name) { return name.starts_with("hugepages-"); }

bool is_native_resource(std::string_view name) {
  return !has_prefix(name) || name.find("kubernetes.io/") != std::string_view::npos;
}

bool allows_overcommit(std::string_view name) {
  return is_native_resource(name) && !is_huge_pages(name);
}

bool is_counted_resource(std::string_view name) {
  return contains(kCounted, name) || is_extended(name);
}

bool is_standard_quota_resource(std::string_view name) {
  return contains(kQuota, name) || is_quota_huge_pages(name);
}

void check_resource_name(std::string_view name, const FieldPath& path, Causes& causes) {
  const object::Problems problems = object::qualified_name(name);
  if (!problems.empty()) return causes.invalid_each(path, name, problems);
  if (has_prefix(name)) return;
  if (!is_standard_quota_resource(name) && name != "storage") {
    causes.invalid(path, name, "must be a standard resource type or fully qualified");
  }
}

void check_container_resource_name(std::string_view name, const FieldPath& path, Causes& causes) {
  check_resource_name(name, path, causes);
  if (!has_prefix(name)) {
    const bool standard = name == "cpu" || name == "memory" || name == "ephemeral-storage";
    if (!standard && !is_huge_pages(name)) {
      causes.invalid(path, name, "must be a standard resource for containers");
    }
  } else if (!is_native_resource(name) && !is_extended(name)) {
    causes.invalid(path, name, "doesn't follow extended resource name standard");
  }
}

void check_pod_resource_name(std::string_view name, const FieldPath& path, Causes& causes) {
  Causes own;
  check_resource_name(name, path, own);
  if (!own.empty()) return causes.append(own.take());
  if (name != "cpu" && name != "memory" && !is_huge_pages(name)) {
    causes.not_supported(path, name, {"cpu", "memory"});
  }
}

void check_quota_resource_name(std::string_view name, const FieldPath& path, Causes& causes) {
  check_resource_name(name, path, causes);
  if (!has_prefix(name) && !is_standard_quota_resource(name)) {
    causes.invalid(path, name, "must be a standard resource for quota");
  }
}

}  // namespace limen::validation::kinds
