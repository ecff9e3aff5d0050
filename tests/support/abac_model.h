// ABAC as row Z6's reader would check it with a pencil, straight from the lines of the policy file:
// the two forms are judged as they stand, and not turned into one another as the module does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "limen/testkit/instance.hpp"

namespace limen::test {

class AbacModel {
 public:
  explicit AbacModel(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) policies_.push_back(boost::json::parse(line));
  }

  bool allows(const testkit::Action& action) const {
    for (const testkit::Json& policy : policies_) {
      const auto& members = policy.as_object();
      const bool old_form = !members.contains("apiVersion");
      if (old_form ? old_allows(members, action)
                   : new_allows(members.at("spec").as_object(), action))
        return true;
    }
    return false;
  }

 private:
  using Members = boost::json::object;
  using Action = testkit::Action;

  static std::string text(const Members& members, const char* key) {
    const auto* found = members.if_contains(key);
    return found == nullptr ? std::string() : std::string(found->as_string());
  }
  static bool readonly(const Members& members) {
    const auto* found = members.if_contains("readonly");
    return found != nullptr && found->as_bool();
  }
  static bool in_group(const Action& action, const std::string& group) {
    for (const std::string& one : action.user.groups)
      if (one == group) return true;
    return false;
  }
  static bool reads(const Action& action) {
    return action.verb == "get" || action.verb == "list" || action.verb == "watch";
  }
  // A star in either place is everybody who is authenticated, whatever the other place says.
  static bool subject(const Members& members, const Action& action, bool neither_is_everybody) {
    const std::string user = text(members, "user");
    const std::string group = text(members, "group");
    if (user == "*" || group == "*") return in_group(action, "system:authenticated");
    if (user.empty() && group.empty())
      return neither_is_everybody && in_group(action, "system:authenticated");
    if (user.empty()) return in_group(action, group);
    if (group.empty()) return action.user.name == user;
    return action.user.name == user && in_group(action, group);
  }

  // What is left out does not match, except that an empty text matches an empty one.
  static bool new_allows(const Members& spec, const Action& action) {
    if (!subject(spec, action, false)) return false;
    if (readonly(spec) && !reads(action)) return false;
    if (action.resource.empty()) return path(text(spec, "nonResourcePath"), action.path);
    const auto equal_or_all = [&](const char* key, const std::string& asked) {
      return text(spec, key) == "*" || text(spec, key) == asked;
    };
    return equal_or_all("namespace", action.ns) && equal_or_all("resource", action.resource) &&
           equal_or_all("apiGroup", action.api_group);
  }
  static bool path(std::string wanted, const std::string& asked) {
    if (wanted == asked) return true;
    if (wanted.empty() || wanted.back() != '*') return false;
    while (!wanted.empty() && wanted.back() == '*') wanted.pop_back();
    return asked.compare(0, wanted.size(), wanted) == 0;
  }

  // What is left out matches everything; a line of subject alone holds for paths too.
  static bool old_allows(const Members& line, const Action& action) {
    if (!subject(line, action, true)) return false;
    if (readonly(line) && !reads(action)) return false;
    const std::string ns = text(line, "namespace");
    const std::string resource = text(line, "resource");
    if (action.resource.empty()) return ns.empty() && resource.empty();
    return (ns.empty() || ns == "*" || ns == action.ns) &&
           (resource.empty() || resource == "*" || resource == action.resource);
  }

  std::vector<testkit::Json> policies_;
};

}  // namespace limen::test
