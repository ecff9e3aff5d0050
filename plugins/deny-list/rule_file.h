// A file of deny rules: YAML with the one key `rules`, a list as in the module's config.
#pragma once

#include <string>
#include <vector>

#include "rule.h"

namespace limen::deny_list {

// Throws std::runtime_error, "FILE:LINE: what is wrong". An empty file is an error, so that one
// that is just being written does not lift every rule.
std::vector<Rule> read_rule_file(const std::string& path);

}  // namespace limen::deny_list
