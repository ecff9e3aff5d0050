#include "api/deprecations.h"

#include <string>
#include <string_view>

#include "object/metadata.h"
#include "observability/metrics.h"

namespace limen::api {

namespace {

struct Row {
  std::string_view group, version, kind;
  std::string_view since, removed;  // releases; empty: not to be removed
  std::string_view replacement;     // "GROUP/VERSION KIND"; may be empty
};

constexpr Row kRows[] = {
    {"", "v1", "ComponentStatus", "1.19", "", ""},
    {"", "v1", "Endpoints", "1.33", "", "discovery.k8s.io/v1 EndpointSlice"},
    {"networking.k8s.io", "v1beta1", "IPAddress", "1.34", "1.37", ""},
    {"networking.k8s.io", "v1beta1", "ServiceCIDR", "1.34", "1.37", ""},
    {"storage.k8s.io", "v1beta1", "VolumeAttributesClass", "1.34", "1.37", ""},
};

const Row* find(const catalog::Resource& resource) {
  if (resource.custom != nullptr) return nullptr;
  for (const Row& row : kRows) {
    if (row.kind == resource.kind && row.version == resource.version &&
        row.group == resource.group) {
      return &row;
    }
  }
  return nullptr;
}

std::string text_of(const Row& row) {
  std::string text = object::group_version(row.group, row.version) + " " + std::string(row.kind) +
                     " is deprecated in v" + std::string(row.since) + "+";
  if (!row.removed.empty()) text += ", unavailable in v" + std::string(row.removed) + "+";
  if (!row.replacement.empty()) text += "; use " + std::string(row.replacement);
  return text;
}

void count(const Row& row, const catalog::Resource& resource, std::string_view subresource) {
  static auto& requested = metrics::gauge(
      "apiserver_requested_deprecated_apis", "Deprecated APIs that have been requested.",
      {"group", "version", "resource", "subresource", "removed_release"});
  requested.with({resource.group, resource.version, resource.name, subresource, row.removed})
      .set(1);
}

}  // namespace

void warn_of_deprecation(request::RequestContext& context, const catalog::Resource& resource) {
  const Row* const row = find(resource);
  if (row == nullptr) return;
  context.warn(text_of(*row));
  context.scope.annotations.emplace_back("k8s.io/deprecated", "true");
  if (!row->removed.empty()) {
    context.scope.annotations.emplace_back("k8s.io/removed-release", std::string(row->removed));
  }
  count(*row, resource, context.info.subresource);
}

}  // namespace limen::api
