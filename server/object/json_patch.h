// JSON Patch (RFC 6902), in Kubernetes' dialect unless asked otherwise, with the error texts its
// clients know.
// Thread rule: free functions, any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::object {

struct JsonPatchOptions {
  enum class Dialect {
    rfc6902,
    // Also: negative array indexes count from the end, and `test` for null holds for a missing
    // member.
    kubernetes,
  };
  Dialect dialect = Dialect::kubernetes;
  std::size_t max_operations = 10'000;
  std::size_t max_copied_bytes = 3 * 1024 * 1024;  // by all `copy` operations together
  std::size_t max_moved_elements = 50'000'000;     // by insertions and removals, together
};

class PatchError : public std::runtime_error {
 public:
  enum class Kind {
    malformed,            // not a patch: 400
    too_many_operations,  // 413
    not_applicable,       // a path is missing, an index out of range, a copy too large: 422
    test_failed,          // 422
  };
  PatchError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// The document after all operations; the argument is unchanged. Throws PatchError, and then nothing
// was applied.
Json apply_json_patch(const Json& document, const Json& patch,
                      const JsonPatchOptions& options = {});

}  // namespace limen::object
