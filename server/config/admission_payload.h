// What kube-apiserver takes as the configuration of one of its plugins, as the module's `config`.
//
// The same keys mean the same, so only the wrapping goes: `apiVersion` and `kind`, which must be
// those of the plugin, and the key below which PodNodeSelector, that has no kind, keeps everything.
// A config without either is the module's own and stays as it is; its schema judges it in any case.
// Free function; one load, one thread.
#pragma once

#include <string>

#include "config/admission_plugins.h"
#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

// Unwraps entry.config, and moves its positions along. `path` names it in findings.
void unwrap_payload(const AdmissionPlugin& plugin, Findings& findings, const std::string& path,
                    ModuleEntry& entry);

}  // namespace limen::config
