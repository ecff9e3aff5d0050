// ABAC policies: one rule a line, read once from a file (row Z6).
//
// A line is a JSON object: `abac.authorization.kubernetes.io/v1beta1` Policy, or the older form
// without apiVersion and kind, which is turned into the newer one. Immutable once read; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::abac {

struct Policy {
  std::string user, group;              // both set: both must match; neither: never matches
  std::string api_group, resource, ns;  // "*" matches all
  std::string non_resource_path;        // "*", exact, or a prefix that ends in "*"
  bool readonly = false;                // get, list and watch only
  std::size_t line = 0;                 // where it stands in its file, from 1
};

// Reads one line. Throws std::runtime_error with what is wrong; `line` is kept in the policy.
Policy parse_policy(std::string_view text, std::size_t line);

// Reads a whole file; blank lines and lines that begin with '#' are skipped. Throws
// std::runtime_error: "error reading policy file F, line N: what".
std::vector<Policy> read_policies(const std::string& path);
// What is wrong with each line of a file, in the words of read_policies(), up to kMostProblems;
// empty: it can be used.
inline constexpr std::size_t kMostProblems = 20;
std::vector<std::string> policy_problems(const std::string& path);

bool matches_subject(const Policy& policy, const UserView& user);
bool matches(const Policy& policy, const Attributes& attributes);

// The one thing the policy lacks to match, as what follows its name ("is for the namespace \"x\"
// only"); empty when it lacks nothing or more than one. Another user or resource is far off.
std::string shortfall(const Policy& policy, const Attributes& attributes);

}  // namespace limen::abac
