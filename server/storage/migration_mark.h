// The mark of a store into which another one is being moved.
//
// While the key is there, what else is there is a part of the other store at most: no server serves
// it. It is no object's key, and the same key in every store (layers pass it on as it is, after the
// data's prefix).
#pragma once

#include <string_view>

namespace limen::storage {

inline constexpr std::string_view kMigrationMark = "/registry/limen-migration";

}  // namespace limen::storage
