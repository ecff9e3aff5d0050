// The texts of the discovery documents, written from the catalog. Free functions, any thread; the
// caller keeps what it wants to keep.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "catalog/custom/custom_catalog.h"

namespace limen::api {

// Legacy discovery (metav1 APIVersions, APIGroupList, APIGroup, APIResourceList).
std::string api_versions_document();                                        // /api
std::string api_group_list_document(const catalog::CustomCatalog& custom);  // /apis
// /apis/GROUP, of its versions.
std::string api_group_document(std::span<const catalog::GroupVersion> versions);
std::string api_resource_list_document(
    const catalog::GroupVersion&);  // /api/v1, /apis/GROUP/VERSION

// Aggregated discovery (APIGroupDiscoveryList) of the core group or of all others; `version` of
// apidiscovery.k8s.io is v2 or v2beta1.
std::string aggregated_document(bool core, std::string_view version,
                                const catalog::CustomCatalog& custom);

// /version (version.Info), indented as kube-apiserver writes it.
std::string version_document();

}  // namespace limen::api
