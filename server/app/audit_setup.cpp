#include "app/audit_setup.h"

#include <stdexcept>
#include <utility>

#include "audit/audit_metrics.h"
#include "audit/log_backend.h"
#include "audit/policy_file.h"
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
  return log;
}

}  // namespace

std::unique_ptr<audit::Auditor> make_auditor(const config::Audit& options) {
  if (options.policy_file.empty()) return nullptr;
  audit::ReadPolicy read = audit::read_policy_file(options.policy_file);
  if (!read.ok()) throw std::runtime_error(read.problems.front());
  auto backend = std::make_unique<audit::LogBackend>(log_options(options));
  const auto when_full = options.when_full == "refuse" ? audit::WhenFull::refuse_requests
                                                       : audit::WhenFull::drop_events;
  log::info("audit", {{"policy", options.policy_file},
                      {"rules", std::to_string(read.policy.rules.size())},
                      {"log", options.log_path}});
  return std::make_unique<audit::Auditor>(std::move(read.policy), std::move(backend), when_full);
}

void reload_audit_policy(audit::Auditor& auditor, const std::string& policy_file) {
  audit::ReadPolicy read = audit::read_policy_file(policy_file);
  audit::count_policy_reload(read.ok());
  for (const std::string& problem : read.problems) {
    log::error("the audit policy is not used, the last good one stays in force",
               {{"problem", problem}});
  }
  if (!read.ok()) return;
  auditor.change_policy(std::move(read.policy));
  log::info("audit policy reloaded", {{"policy", policy_file}});
}

}  // namespace limen::app
