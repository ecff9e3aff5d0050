// What the store needs to know of an object, read from its canonical text without parsing all of
// it.
//
// Thread rule: a free function, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::storage {

struct Scanned {
  std::string uid;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by key
  bool has_revision = false;                                // there is a metadata.resourceVersion
};

// Reads metadata of a compact JSON object whose last member is a metadata object (see
// object/canonical.h). Nothing when the text is not that.
std::optional<Scanned> scan_object(std::string_view canonical);

}  // namespace limen::storage
