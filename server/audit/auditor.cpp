#include "audit/auditor.h"

#include <chrono>
#include <utility>

#include "audit/audit_metrics.h"

namespace limen::audit {

namespace {

using request::AuditRecord;
using request::RequestContext;

base::SystemTime now() { return std::chrono::system_clock::now(); }

}  // namespace

Auditor::Auditor(Policy policy, std::unique_ptr<Backend> backend, WhenFull when_full)
    : policy_(std::make_shared<const Policy>(std::move(policy))),
      backend_(std::move(backend)),
      when_full_(when_full) {}

void Auditor::replace(Policy policy) {
  policy_.store(std::make_shared<const Policy>(std::move(policy)), std::memory_order_release);
}

std::optional<base::OneShot<bool>> Auditor::begin(RequestContext& context,
                                                  base::SystemTime received, bool long_running) {
  const Decision decision =
      policy_.load(std::memory_order_acquire)->decide(context.info, &context.user);
  count_level(decision.level);
  if (decision.level == AuditLevel::none) return std::nullopt;
  context.audit = std::make_unique<AuditRecord>();
  AuditRecord& record = *context.audit;
  record.level = decision.level;
  record.omitted_stages = decision.omit_stages;
  record.omit_managed_fields = decision.omit_managed_fields;
  record.received = received;
  if (long_running) {
    record.answering = [this, &context] { tell(context, Stage::response_started); };
  }
  const bool told_of = (record.omitted_stages & bit(Stage::request_received)) == 0;
  if (told_of && backend_->blocks()) {
    const base::OneShot<bool> stored(context.scope.loop);
    count_event();
    backend_->take_and_tell(make_event(context, Stage::request_received, now()),
                            [stored](bool was) { stored.set(was); });
    return stored;
  }
  const bool told = tell(context, Stage::request_received);
  go_on(context, told && will_store(record));
  return std::nullopt;
}

void Auditor::go_on(RequestContext& context, bool stored) {
  if (stored || when_full_ != WhenFull::refuse_requests) return;
  context.audit.reset();
  count_rejected_request();
  throw base::ApiError::internal("failed to store audit event");
}

void Auditor::complete(RequestContext& context) {
  if (!context.audit) return;
  // A client that went away before its answer began is told of as if it had one.
  if (context.audit->answering) std::exchange(context.audit->answering, nullptr)();
  tell(context, Stage::response_complete);
  context.audit.reset();
}

void Auditor::panic(RequestContext& context, const std::string& what) {
  if (!context.audit) return;
  context.audit->error = base::ApiError(500, "InternalError", "APIServer panic'd: " + what);
  tell(context, Stage::panic);
  context.audit.reset();
}

void Auditor::refused(const RequestContext& context, base::SystemTime received,
                      const base::ApiError& error) {
  const Decision decision = policy_.load(std::memory_order_acquire)->decide(context.info, nullptr);
  count_level(decision.level);
  if (decision.level == AuditLevel::none) return;
  if ((decision.omit_stages & bit(Stage::response_started)) != 0) return;
  count_event();
  const std::string message =
      error.code() == 401 ? attempted_credentials(context) : error.message();
  backend_->take(make_refusal(context, decision.level, error, message, received, now()));
}

// Whether there is room for an event when the first was not to be told.
bool Auditor::will_store(const AuditRecord& record) const {
  return (record.omitted_stages & bit(Stage::request_received)) == 0 || backend_->has_room();
}

bool Auditor::tell(const RequestContext& context, Stage stage) {
  if ((context.audit->omitted_stages & bit(stage)) != 0) return true;
  count_event();
  return backend_->take(make_event(context, stage, now()));
}

}  // namespace limen::audit
