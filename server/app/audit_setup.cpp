#include "app/audit_setup.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "app/audit_sender.h"
#include "audit/audit_metrics.h"
#include "audit/log_backend.h"
#include "audit/policy_file.h"
#include "audit/several_backends.h"
#include "audit/webhook_backend.h"
#include "observability/log.h"

namespace limen::app {

namespace {

audit::LogOptions log_options(const config::Audit& options) {
  audit::LogOptions log;
  log.path = options.log_path;
  log.rotation.max_bytes = static_cast<std::size_t>(options.max_size) * 1024 * 1024;
  log.rotation.max_backups = static_cast<std::size_t>(options.max_backups);
  log.rotation.max_age = std::chrono::hours(24 * options.max_age);
  log.max_events = static_cast<std::size_t>(options.buffer_events);
  log.max_bytes = static_cast<std::size_t>(options.buffer_bytes);
  log.keep_trying = options.when_full == "refuse";
  log.max_event_bytes = static_cast<std::size_t>(options.max_event_size);
  log.rotation.compress = options.compress;
  return log;
}

audit::WebhookOptions webhook_options(const config::AuditWebhook& options) {
  audit::WebhookOptions webhook;
  webhook.delivery = options.mode == "blocking"          ? audit::Delivery::blocking
                     : options.mode == "blocking-strict" ? audit::Delivery::blocking_strict
                                                         : audit::Delivery::batch;
  webhook.batch.max_buffered = static_cast<std::size_t>(options.buffer_events);
  webhook.batch.max_bytes = static_cast<std::size_t>(options.buffer_bytes);
  webhook.batch.max_batch = static_cast<std::size_t>(options.batch_events);
  webhook.batch.max_wait = options.batch_wait;
  webhook.batch.throttled = options.throttle;
  webhook.batch.batches_per_second = static_cast<double>(options.throttle_qps);
  webhook.batch.burst = static_cast<double>(options.throttle_burst);
  webhook.sizes.max_event = static_cast<std::size_t>(options.max_event_size);
  webhook.sizes.max_batch = static_cast<std::size_t>(options.max_batch_size);
  webhook.initial_backoff = options.initial_backoff;
  return webhook;
}

using Member = audit::SeveralBackends::Member;

Member log_member(const config::Audit& options) {
  return {std::make_unique<audit::LogBackend>(log_options(options)), options.when_full == "refuse"};
}

Member webhook_member(const config::AuditWebhook& options) {
  const std::string problem = audit_webhook_problem(options.kubeconfig);
  if (!problem.empty()) throw std::runtime_error(problem);
  const auto sender = std::make_shared<AuditSender>(options.kubeconfig);
  return {std::make_unique<audit::WebhookBackend>(
              webhook_options(options),
              [sender](const std::string& body, const std::atomic<bool>& give_up) {
                return sender->send(body, give_up);
              }),
          options.mode == "blocking-strict"};
}

}  // namespace

std::unique_ptr<audit::Auditor> make_auditor(const config::ServerConfiguration& configuration) {
  const config::Audit& options = configuration.audit;
  if (options.policy_file.empty()) return nullptr;
  audit::ReadPolicy read = audit::read_policy_file(options.policy_file);
  if (!read.ok()) throw std::runtime_error(config::sentence(read.findings.front()));
  std::vector<Member> members;
  if (!options.log_path.empty()) members.push_back(log_member(options));
  const config::AuditWebhook& webhook = configuration.audit_webhook;
  if (!webhook.kubeconfig.empty()) members.push_back(webhook_member(webhook));
  log::info("audit", {{"policy", options.policy_file},
                      {"rules", std::to_string(read.policy.rules.size())},
                      {"log", options.log_path},
                      {"webhook", webhook.kubeconfig}});
  const bool strict = std::any_of(members.begin(), members.end(),
                                  [](const Member& member) { return member.strict; });
  std::unique_ptr<audit::Backend> backend;
  if (members.size() == 1) {
    backend = std::move(members.front().backend);
  } else {
    backend = std::make_unique<audit::SeveralBackends>(std::move(members));
  }
  return std::make_unique<audit::Auditor>(
      std::move(read.policy), std::move(backend),
      strict ? audit::WhenFull::refuse_requests : audit::WhenFull::drop_events);
}

std::function<void()> prepare_audit_reload(audit::Auditor& auditor,
                                           const std::string& policy_file) {
  audit::ReadPolicy read = audit::read_policy_file(policy_file);
  if (!read.ok()) {
    audit::count_policy_reload(false);
    throw std::runtime_error(config::sentence(read.findings.front()));
  }
  return [&auditor, policy = std::move(read.policy)] {
    auditor.replace(policy);
    audit::count_policy_reload(true);
    auditor.reopen();
  };
}

void reload_audit_policy(audit::Auditor& auditor, const std::string& policy_file) {
  audit::ReadPolicy read = audit::read_policy_file(policy_file);
  audit::count_policy_reload(read.ok());
  for (const std::string& problem : read.problems()) {
    log::error("the audit policy is not used, the last good one stays in force",
               {{"problem", problem}});
  }
  if (!read.ok()) return;
  auditor.replace(std::move(read.policy));
  log::info("audit policy reloaded", {{"policy", policy_file}});
}

}  // namespace limen::app
