// The auditor of a configuration: its policy read, its log opened, its webhook known.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "audit/auditor.h"
#include "config/configuration.h"

namespace limen::app {

// Null when audit is off. Throws std::runtime_error with one sentence when the policy, the log or
// the webhook's kubeconfig cannot be used.
std::unique_ptr<audit::Auditor> make_auditor(const config::ServerConfiguration& configuration);

// The part of audit in a reload of the configuration: reads the policy file and returns what puts
// it in force and opens the log again. Throws std::runtime_error with one sentence, and counts it,
// when the policy cannot be used; the last good one then stays in force.
std::function<void()> prepare_audit_reload(audit::Auditor& auditor, const std::string& policy_file);

// Reads the policy file again and puts it in force; a broken one is logged, and the last good one
// stays in force.
void reload_audit_policy(audit::Auditor& auditor, const std::string& policy_file);

}  // namespace limen::app
