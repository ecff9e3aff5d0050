// Discovery: which groups, versions and resources the server has.
//
// Legacy documents (/api, /apis, /apis/GROUP, /api/v1, /apis/GROUP/VERSION), the aggregated form of
// /api and /apis (apidiscovery.k8s.io v2 and v2beta1, KEP-3352), and /version. All are generated
// from the catalog on first use and kept, those of custom resources until these change. Thread
// rule: any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/discovery/page.h"

namespace limen::api {

// The page for `path` (decoded, with or without one trailing slash) in the best form that `accept`
// (an Accept header, "" for none) allows. Null when no discovery document lives there. Throws
// ApiError 406 when it does and the client takes none of its forms.
std::shared_ptr<const Page> discovery_page(std::string_view path, std::string_view accept);

// The whole answer to a GET: 200, or 304 when `if_none_match` (the header, "" for none) names the
// page's ETag. Nothing when no discovery document lives at `path`. Throws as discovery_page.
std::optional<Reply> discovery_reply(std::string_view path, std::string_view accept,
                                     std::string_view if_none_match);

// The paths of all pages there are now, sorted.
std::vector<std::string> discovery_paths();

// base64 of the first 8 bytes of sha256("group/version/Kind"), as storageVersionHash shows it.
std::string storage_version_hash(std::string_view group, std::string_view version,
                                 std::string_view kind);

}  // namespace limen::api
