// Decoding request bodies: JSON or YAML text into one mutable JSON value, within explicit limits.
//
// The result lives in an arena of its own that it keeps alive; changing it is cheap, freeing it is
// one step. YAML is resolved the way Kubernetes' YAML library does (YAML 1.1 scalars, merge keys).
// Texts of errors are those Go's encoding/json gives, because clients see them.
// Thread rule: free functions, any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::object {

enum class Format { json, yaml };

// Values nested deeper are refused ("exceeded max depth"): objects are walked recursively.
inline constexpr std::size_t kMaxDepth = 512;

struct DecodeLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;  // of the text
  std::size_t max_depth = kMaxDepth;        // nested objects and arrays; at most kMaxDepth for YAML
  // Values after aliases are expanded (YAML); a text of max_bytes cannot hold as many by itself.
  std::size_t max_nodes = 2'000'000;
  // Bytes of scalars and keys that aliases may copy (YAML).
  std::size_t max_alias_bytes = 3 * 1024 * 1024;
};

// The text is not one well-formed value, or exceeds a limit. what() is for the client.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Decoded {
  Json value;
  // What strict field validation objects to, as it words it: `duplicate field "spec.replicas"`, or
  // for YAML one entry `yaml: unmarshal errors:\n  line 5: key "x" already set in map`. The last
  // occurrence won.
  std::vector<std::string> duplicates;
};

// Throws DecodeError.
Decoded decode(std::string_view body, Format format, const DecodeLimits& limits = {});

// An independent mutable copy of `value` in an arena of its own.
Json mutable_copy(const Json& value);

}  // namespace limen::object
