// Reading a list: from options to objects, with the rules of resourceVersion and continue.
#pragma once

#include "api/call.h"
#include "api/list_options.h"
#include "api/respond.h"

namespace limen::api {

// The answer to a list. Throws ApiError 410 or 504 when the revision asked for cannot be served; a
// continuation that is too old throws ContinueExpired. Objects are in the version of the call where
// a webhook makes it, else as they are stored.
base::Task<ListAnswer> read_list(const Call& call, const ListOptions& options);

// 410 whose Status carries a token to go on with, inconsistently.
class ContinueExpired : public base::ApiError {
 public:
  explicit ContinueExpired(const ContinueToken& token);
  std::string status_json() const;  // to_json() with metadata.continue

 private:
  std::string token_;
};

}  // namespace limen::api
