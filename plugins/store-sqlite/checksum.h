// The checksum of a row, to find bytes that a disk changed.
//
// Part of the file format (see README.md): it must never change within one format version.
// Not against an attacker. Thread rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace limen_sqlite {

// Over the revision, the lengths and the bytes of both.
std::uint64_t checksum(std::int64_t revision, std::string_view key, std::string_view value);

}  // namespace limen_sqlite
