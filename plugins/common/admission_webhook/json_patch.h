// JSON Patch (RFC 6902) as webhooks send it and kube-apiserver takes it: negative indexes count
// from an array's end, and `test` for null holds for a missing member. Pure function; any thread.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <stdexcept>

namespace limen::webhooks {

// A patch that is none, or that does not fit the document.
class PatchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr std::size_t kMaxPatchOperations = 10'000;
inline constexpr std::size_t kMaxCopiedBytes = 3 * 1024 * 1024;  // by all `copy` together
// Items of arrays that are shifted, and values that are put somewhere, by all operations together.
inline constexpr std::size_t kMaxMovedItems = 50'000'000;
inline constexpr std::size_t kMaxObjectDepth = 512;

// The document after all operations. Throws PatchError.
boost::json::value apply_json_patch(boost::json::value document, const boost::json::value& patch);

// JSON text as nested as an object may be. Sets `error` as boost::json::parse does.
boost::json::value parse_deep(std::string_view text, boost::system::error_code& error);

}  // namespace limen::webhooks
