// Auditor: records who did what, as the policy says.
//
// The pipeline tells it when the user of a request is known, when the request is over, and when it
// ended before either; it decides by the policy in force and gives events to the backend. Any
// thread, a request's calls on the request's loop. Lifetime: outlives every request.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "audit/backend.h"
#include "audit/policy.h"
#include "base/task.h"
#include "base/time.h"
#include "request/context.h"

namespace limen::audit {

// What becomes of a request whose first event cannot be stored.
enum class WhenFull : std::uint8_t { drop_events, refuse_requests };

class Auditor {
 public:
  Auditor(Policy policy, std::unique_ptr<Backend> backend, WhenFull when_full);

  // The user is known: from here on the request is recorded. The beginning of a long-running one's
  // answer has an event of its own. Throws ApiError 500 when it must be recorded and cannot. With a
  // backend that blocks the request must await what is returned and give it to go_on().
  std::optional<base::OneShot<bool>> begin(request::RequestContext& context,
                                           base::SystemTime received, bool long_running);
  // Whether the first event was `stored` is known now. Throws as begin() does.
  void go_on(request::RequestContext& context, bool stored);
  // The request is over.
  void complete(request::RequestContext& context);
  // The server failed at it.
  void panic(request::RequestContext& context, const std::string& what);
  // The request was refused before its user was known; `error` is what the client was told.
  void refused(const request::RequestContext& context, base::SystemTime received,
               const base::ApiError& error);

  // In force, as a whole, for every request that begins from now on; those that have begun keep
  // what the old one said of them.
  void replace(Policy policy);
  void reopen() { backend_->reopen(); }

 private:
  // False when the event was to be given to the backend and there was no room.
  bool tell(const request::RequestContext& context, Stage stage);
  bool will_store(const request::AuditRecord& record) const;

  std::atomic<std::shared_ptr<const Policy>> policy_;
  const std::unique_ptr<Backend> backend_;
  const WhenFull when_full_;
};

}  // namespace limen::audit
