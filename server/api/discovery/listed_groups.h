// The groups of the API as discovery lists them: built-in and custom ones of the catalog, and those
// other servers answer for, in the order of their priorities.
//
// Free function, any thread. Views borrow from the catalogs and the routes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "aggregation/routes.h"
#include "catalog/custom/custom_catalog.h"

namespace limen::api {

// One of both is set.
struct ListedVersion {
  std::string_view group, version;
  const catalog::GroupVersion* local = nullptr;
  const aggregation::Route* remote = nullptr;
};
using ListedGroup = std::vector<ListedVersion>;  // never empty; the preferred version first

// What comes first of two groups of the same priority: kube-apiserver sorts /apis by the names of
// the APIServices (VERSION.GROUP), aggregated discovery by the names of the groups.
enum class Ties : std::uint8_t { by_api_service, by_group };

// All groups but the core group, the one with the highest priority first. A group version that
// another server answers for is listed as that server's, whatever the catalog has.
std::vector<ListedGroup> listed_groups(const catalog::CustomCatalog& custom,
                                       const aggregation::Routes& routes, Ties ties);

// The core group alone.
ListedGroup core_group();

}  // namespace limen::api
