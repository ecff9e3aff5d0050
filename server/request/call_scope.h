// What every call made for a request carries: where to resume it, until when it may take, whether
// it still matters, and whom to tell of warnings and audit annotations.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"

namespace limen::request {

// Owned by the RequestContext; lives until the last call made with it is complete. Fields are for
// the request's loop thread, but `cancelled` may be read anywhere.
struct CallScope {
  CallScope(base::Executor& where, base::Deadline until) : loop(where), deadline(until) {}

  base::Executor& loop;
  base::Deadline deadline;
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  // Called on the loop, at most once, when the client has gone or the time is up; for what goes on
  // elsewhere in the meantime. Null: nobody needs to know.
  std::function<void()> on_cancel;
  std::vector<std::string> warnings;                             // Warning: 299 headers
  std::vector<std::pair<std::string, std::string>> annotations;  // audit
};

}  // namespace limen::request
