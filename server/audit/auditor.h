// Auditor: records who did what, as the policy says.
//
// The pipeline tells it when the user of a request is known, when the request is over, and when it
// ended before either; it decides by the policy in force and gives events to the backend. Any
// thread, a request's calls on the request's loop. Lifetime: outlives every request.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "audit/backend.h"
#include "audit/policy.h"
#include "base/time.h"
#include "request/context.h"

namespace limen::audit {

// What becomes of a request that cannot be recorded.
enum class WhenFull : std::uint8_t { drop_events, refuse_requests };

class Auditor {
 public:
  Auditor(Policy policy, std::unique_ptr<Backend> backend, WhenFull when_full);

  // The user is known: from here on the request is recorded. The beginning of a long-running one's
  // answer has an event of its own. Throws ApiError 500 when it must be recorded and cannot.
  void begin(request::RequestContext& context, base::SystemTime received, bool long_running);
  // The request is over.
  void complete(request::RequestContext& context);
  // The server failed at it.
  void panic(request::RequestContext& context, const std::string& what);
  // The request was refused before its user was known; `error` is what the client was told.
  void refused(const request::RequestContext& context, base::SystemTime received,
               const base::ApiError& error);

  // In force for every request that begins from now on.
  void change_policy(Policy policy);
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
