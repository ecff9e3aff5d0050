// JSON objects from strangers, strictly: no name twice, bounded depth.
//
// RFC 7519 section 4 leaves a claim that comes twice to the reader, and readers differ; here it is
// an error, because what one party checked another may not use.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace limen::plugins::jose {

inline constexpr std::size_t kMaxDepth = 16;

// Throws std::runtime_error: "is not JSON", "is not an object", "names \"x\" twice", "is nested too
// deep". The text must be UTF-8 and nothing but the object.
boost::json::object parse_object(std::string_view text);

}  // namespace limen::plugins::jose
