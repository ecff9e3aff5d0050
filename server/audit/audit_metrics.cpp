#include "audit/audit_metrics.h"

#include "observability/metrics.h"

namespace limen::audit {

void count_level(AuditLevel level) {
  static auto& family =
      metrics::counter("apiserver_audit_level_total",
                       "Requests by the level the audit policy gave them.", {"level"});
  static metrics::Counter* const by_level[] = {
      &family.with({kLevelNames[0]}), &family.with({kLevelNames[1]}),
      &family.with({kLevelNames[2]}), &family.with({kLevelNames[3]})};
  by_level[static_cast<std::size_t>(level)]->add();
}

void count_event() {
  static metrics::Counter& events =
      metrics::counter("apiserver_audit_event_total", "Audit events given to the backend.")
          .with({});
  events.add();
}

void count_errors(std::string_view backend, std::uint64_t n) {
  static auto& family = metrics::counter("apiserver_audit_error_total",
                                         "Audit events that were lost, by backend.", {"plugin"});
  family.with({backend}).add(n);
}

void count_rejected_request() {
  static metrics::Counter& rejected =
      metrics::counter("apiserver_audit_requests_rejected_total",
                       "Requests refused because they could not be recorded.")
          .with({});
  rejected.add();
}

void count_attempt(bool succeeded) {
  static auto& family =
      metrics::counter("limen_audit_webhook_attempts_total",
                       "Attempts to send a batch to the audit webhook.", {"outcome"});
  family.with({succeeded ? "success" : "failure"}).add();
}

void count_policy_reload(bool succeeded) {
  static auto& family = metrics::counter("limen_audit_policy_reloads_total",
                                         "Attempts to read a changed audit policy.", {"outcome"});
  family.with({succeeded ? "success" : "failure"}).add();
}

}  // namespace limen::audit
