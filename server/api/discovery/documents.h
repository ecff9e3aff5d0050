// The texts of the discovery documents, written from the catalog. Free functions, any thread; the
// caller keeps what it wants to keep.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/discovery/listed_groups.h"
#include "catalog/custom/custom_catalog.h"

namespace limen::api {

// Legacy discovery (metav1 APIVersions, APIGroupList, APIGroup, APIResourceList).
std::string api_versions_document();                                       // /api
std::string api_group_list_document(std::span<const ListedGroup> groups);  // /apis
std::string api_group_document(const ListedGroup& group);                  // /apis/GROUP
std::string api_resource_list_document(
    const catalog::GroupVersion&);  // /api/v1, /apis/GROUP/VERSION

// Aggregated discovery (APIGroupDiscoveryList) of these groups; `version` of apidiscovery.k8s.io is
// v2 or v2beta1.
std::string aggregated_document(std::span<const ListedGroup> groups, std::string_view version);

// /version (version.Info), indented as kube-apiserver writes it.
std::string version_document();

}  // namespace limen::api
