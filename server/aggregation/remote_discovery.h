// What a remote API server says it serves, made into a piece of this server's aggregated discovery.
//
// Only what apidiscovery.k8s.io defines is taken over, and only where it has the right type:
// clients decode the merged document as a whole, so one server's mistake must not cost them all
// groups. Free functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::aggregation {

// The most resources of one group version that are listed; further ones are left out.
inline constexpr std::size_t kMaxListedResources = 1000;

// The JSON array of resources of one group version in an APIGroupDiscoveryList (v2 or v2beta1,
// which are alike here). Nothing when the list does not have the group version or is none.
std::optional<std::string> resources_of(const object::Json& discovery, std::string_view group,
                                        std::string_view version);

// The same made of the older APIResourceList of /apis/GROUP/VERSION, whose subresources are entries
// of their own. Nothing when it is no such list.
std::optional<std::string> resources_of_list(const object::Json& list, std::string_view group,
                                             std::string_view version);

// Where the OpenAPI v3 document of what is below `base_path` (/apis/GROUP/VERSION) lies on its
// server, by that server's index: below /openapi/v3, with a query or without. Empty when the index
// names none, or another place.
std::string openapi3_url(const object::Json& index, std::string_view base_path);

}  // namespace limen::aggregation
