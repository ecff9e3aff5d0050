#include "api/revision_errors.h"

#include <string>

namespace limen::api {

base::ApiError too_large_revision(storage::Revision revision, storage::Revision current) {
  base::ApiError error =
      base::ApiError::timeout("Timeout: Too large resource version: " + std::to_string(revision) +
                                  ", current: " + std::to_string(current),
                              1);
  error.details().causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  return error;
}

base::ApiError too_old_revision(storage::Revision revision, storage::Revision oldest) {
  return base::ApiError::expired("too old resource version: " + std::to_string(revision) + " (" +
                                 std::to_string(oldest) + ")");
}

}  // namespace limen::api
