// What the pipeline counts. Names are kube-apiserver's (row R18), so that dashboards keep working.
#pragma once

#include "authn/chain.h"
#include "authz/chain.h"
#include "base/executor.h"
#include "observability/metrics.h"
#include "request/context.h"

namespace limen::pipeline {

// apiserver_request_total and apiserver_request_duration_seconds.
void record_request(const request::RequestContext& context, base::SteadyClock::duration took);
// authentication_attempts, authentication_duration_seconds, limen_authenticated_requests_total.
void record_authentication(const authn::Outcome& outcome, base::SteadyClock::duration took);
// authorization_attempts_total, authorization_duration_seconds and
// apiserver_authorization_decisions_total.
void record_authorization(const authz::Outcome& outcome, base::SteadyClock::duration took);
// apiserver_impersonation_attempts_total and _duration_seconds: one mode of impersonation tried.
void record_impersonation(std::string_view mode, bool allowed, base::SteadyClock::duration took);
// apiserver_impersonation_authorization_attempts_total and _duration_seconds: one question asked.
void record_impersonation_question(std::string_view mode, bool allowed,
                                   base::SteadyClock::duration took);

// apiserver_longrunning_requests, while it lives.
class LongRunning {
 public:
  explicit LongRunning(const request::RequestContext& context);
  ~LongRunning();
  LongRunning(const LongRunning&) = delete;
  LongRunning& operator=(const LongRunning&) = delete;

 private:
  metrics::Gauge* gauge_;
};

}  // namespace limen::pipeline
