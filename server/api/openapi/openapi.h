// OpenAPI: the schemas and operations of every served type, generated from the catalog.
//
//   /openapi/v3                     index with a hash for every document
//   /openapi/v3/apis/GROUP/VERSION  one OpenAPI 3.0 document (KEP-2896); immutable under its ?hash=
//   /openapi/v2                     one Swagger 2.0 document, JSON or gnostic's protobuf
//
// Documents are built when first asked for and kept. Thread rule: any thread; building holds a lock
// of that document alone.
#pragma once

#include <optional>
#include <string_view>

#include "api/discovery/page.h"
#include "base/time.h"

namespace limen::api {

// The whole answer to a GET of `path`: 200; 304 by `if_none_match`; 301 to the current hash when
// `hash` (the query parameter, "" for none) is stale. Nothing when no document lives there. Throws
// ApiError 406 when the client (`accept`) takes no form of it. `now` dates the Expires header.
std::optional<Reply> openapi_reply(std::string_view path, std::string_view accept,
                                   std::string_view if_none_match, std::string_view hash,
                                   base::SystemTime now);

}  // namespace limen::api
