// Merging Swagger 2.0 documents of several servers into one.
//
// A part keeps the paths of one group version and the definitions these need. Parts are joined with
// a whole document as kube-aggregator does it: a path that is there already stays as it is, a
// definition that is there with another content gets a name of its own (NAME_v2, NAME_v3, ...), and
// what refers to it follows. Free functions, any thread; they cost milliseconds a megabyte.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace limen::aggregation {

// The part of `document` (JSON text) for what is below `base_path` (/apis/GROUP/VERSION):
// {"paths":{...},"definitions":{...}}. Nothing when it is no Swagger 2.0 document, is nested deeper
// than kMaxSwaggerDepth, or has none of these paths.
std::optional<std::string> swagger_part(std::string_view document, std::string_view base_path);

inline constexpr std::size_t kMaxSwaggerDepth = 100;

using SwaggerParts = std::span<const std::shared_ptr<const std::string>>;

// `document` with all parts, in their order.
std::string merge_swagger(std::string document, SwaggerParts parts);

}  // namespace limen::aggregation
