// Reading a policy file: YAML or JSON, strict, complete in its complaints.
//
//   /etc/limen/audit.yaml:7:11: rules[0].level: "Meta" must be None, Metadata, Request or
//   RequestResponse
// A file with a problem must not be used. No global state; one call, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/policy.h"
#include "config/findings.h"

namespace limen::audit {

inline constexpr std::size_t kMaxPolicyBytes = 1024 * 1024;

struct ReadPolicy {
  Policy policy;
  std::vector<config::Finding> findings;  // in file order; empty: usable
  bool ok() const { return findings.empty(); }
  std::vector<std::string> problems() const { return config::sentences(findings); }
};

// Reads `path`. A file that cannot be read is a problem like any other.
ReadPolicy read_policy_file(const std::string& path);
// Reads `text` as if it were the file `name`.
ReadPolicy read_policy(std::string_view text, const std::string& name);

}  // namespace limen::audit
