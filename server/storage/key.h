// The name a driver knows an object by: /registry/<group>/<resource>/[<namespace>/]<name>.
//
// The core group is written "core". Two different keys never give the same text, and no part can
// step out of its place: parts with '/', '%', control characters, "." or ".." are refused.
// Thread rule: free functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace limen::storage {

// The most bytes of one part.
inline constexpr std::size_t kMaxKeyPart = 1024;

// Nothing when a part cannot be stored.
std::optional<std::string> driver_key(const Key& key);
// The inverse. Nothing for text that driver_key does not give.
std::optional<Key> parse_driver_key(std::string_view text);

}  // namespace limen::storage
