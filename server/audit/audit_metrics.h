// What audit counts, under kube-apiserver's names. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "audit/policy.h"

namespace limen::audit {

void count_level(AuditLevel level);                            // apiserver_audit_level_total
void count_event();                                            // apiserver_audit_event_total
void count_errors(std::string_view backend, std::uint64_t n);  // apiserver_audit_error_total
void count_rejected_request();             // apiserver_audit_requests_rejected_total
void count_attempt(bool succeeded);        // limen_audit_webhook_attempts_total
void count_policy_reload(bool succeeded);  // limen_audit_policy_reloads_total

}  // namespace limen::audit
