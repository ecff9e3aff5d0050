// The continue token of a paginated list (row M4): opaque to clients, base64url of JSON within.
//
// A value type; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "storage/store.h"

namespace limen::api {

// Longer tokens are refused unread; names are far shorter.
inline constexpr std::size_t kMaxTokenBytes = 4096;

// Where a paginated list goes on: the revision it is of, and the last key it gave.
struct ContinueToken {
  storage::Revision revision = 0;  // -1: the newest, an inconsistent continuation
  std::string ns, name;            // of the last object; the list goes on after it
  std::string encode() const;      // base64url of JSON, as clients pass it back
  // Throws ApiError 400 for what encode() cannot have made.
  static ContinueToken decode(std::string_view text);
};

}  // namespace limen::api
