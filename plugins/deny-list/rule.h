// Rule: whom a deny list names, and what they may not do.
//
// Immutable once read; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::deny_list {

struct Rule {
  std::string where;   // "rules[0]" of the config, or "FILE:LINE"
  std::string id;      // what clients are told: its name, or else where it stands, without folders
  std::string reason;  // the author's own words; may be empty
  std::optional<std::int64_t> until;  // seconds since 1970 from which it does not apply
  // Whom: one of the users, or a member of one of the groups. Neither: everybody.
  std::vector<std::string> users, groups;
  // What. A list that is empty or holds "*" matches all.
  std::vector<std::string> verbs, api_groups, resources, namespaces, names, paths;
};

// One key of a rule as it is written down: a text, or a list of texts.
struct Field {
  std::string key;
  std::vector<std::string> texts;
  bool is_list = false;
};

// Says what is wrong with a rule; whoever reads it says where.
class RuleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A rule with everything but its place; the id is its name, or empty. Throws RuleError for what
// could never match or would match by mistake: a rule that does not bite looks like one that does.
Rule make_rule(const std::vector<Field>& fields);

inline bool is_in_force(const Rule& rule, std::int64_t now) {
  return !rule.until || now < *rule.until;
}

// Whether the rule is about this action; whom and when it concerns is asked elsewhere.
bool is_about(const Rule& rule, const Attributes& attributes);

// Denied by rule "id": reason
std::string refusal_of(const Rule& rule);

}  // namespace limen::deny_list
