// What Go's encoding/json would say about a text: its syntax errors, and the fields it repeats.
//
// The slow path of decoding, for bodies that a client gets an error or a warning about; the fast
// path is Boost.JSON. Recursion is bounded by `max_depth`; memory grows with the keys of open
// objects. Thread rule: free functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limen::object {

struct GoJsonReport {
  // `invalid character 'x' looking for beginning of value`, `unexpected end of JSON input`, ...;
  // empty when the text is one well-formed value.
  std::string error;
  // Paths of repeated members in the order met, each once and at most 100: spec.containers[0].name.
  std::vector<std::string> duplicates;
};

GoJsonReport scan_go_json(std::string_view text, std::size_t max_depth);

}  // namespace limen::object
