// The stored form of an object, and JSON text in general.
//
// Stored text is compact JSON with apiVersion and kind first and metadata last, without
// metadata.resourceVersion: so that the revision, which is known only when the write is committed,
// is put in by one insertion before the final "}}" and every read serves the bytes as they are.
// Thread rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::object {

// The stored text of `object`, which must be a JSON object with a metadata object that has at least
// one member besides resourceVersion (a name); throws std::invalid_argument otherwise, which is a
// programming error.
std::string canonical(const Json& object);

// `canonical` with `,"resourceVersion":"<revision>"` as the last member of metadata.
std::string with_revision(std::string_view canonical, std::int64_t revision);

// Compact JSON of any value; numbers as Go writes them (1, 1.5, 1e+21).
std::string to_json(const Json& value);
void append_json(std::string& out, const Json& value);

}  // namespace limen::object
