// FlowSchema: which requests belong together, read from its object once and then only matched.
//
// A request belongs to the first schema that matches, by matchingPrecedence and then by name; the
// schema names the priority level the request is served at and what tells flows apart within it.
// Standard: flowcontrol.apiserver.k8s.io/v1 and KEP-1040. Thread rule: immutable, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/document.h"
#include "request/identity.h"
#include "request/request_info.h"

namespace limen::fairness {

// What a request is judged by. Borrows.
struct Digest {
  const request::RequestInfo& info;
  const request::Identity& user;
};

// A list of names in which a "*" that stands alone is everything.
class NameList {
 public:
  NameList() = default;
  explicit NameList(std::vector<std::string> names)
      : all_(names.size() == 1 && names.front() == "*"), names_(std::move(names)) {}
  bool contains(std::string_view name) const {
    if (all_) return true;
    for (const std::string& one : names_)
      if (one == name) return true;
    return false;
  }
  const std::vector<std::string>& names() const { return names_; }
  bool all() const { return all_; }

 private:
  bool all_ = false;
  std::vector<std::string> names_;
};

enum class Distinguisher : std::uint8_t { none, by_user, by_namespace };

class FlowSchema {
 public:
  // Reads a valid object. What it does not understand matches nothing.
  explicit FlowSchema(const object::Json& object);

  const std::string& name() const { return name_; }
  const std::string& uid() const { return uid_; }
  const std::string& level() const { return level_; }
  std::int64_t precedence() const { return precedence_; }

  bool matches(const Digest& digest) const;
  // What tells the request's flow from the others of this schema. Borrows from the digest.
  std::string_view distinguisher(const Digest& digest) const;

 private:
  struct ResourceRule {
    NameList verbs, groups, resources, namespaces;
    bool cluster_scope = false;
    bool matches(const request::RequestInfo& info) const;
  };
  struct PathRule {
    NameList verbs;
    std::vector<std::string> exact, prefixes;  // prefixes end with "/"
    bool all = false;
    bool matches(const request::RequestInfo& info) const;
  };
  struct Account {
    std::string ns, name;
    bool matches(std::string_view user) const;
  };
  struct Rule {
    std::vector<std::string> users, groups;
    std::vector<Account> accounts;
    bool everybody = false;
    std::vector<ResourceRule> resource_rules;
    std::vector<PathRule> path_rules;
    bool has_subject(const request::Identity& user) const;
  };
  static Rule read_rule(const object::Json& json);
  static void read_subject(const object::Json& json, Rule& rule);
  static ResourceRule read_resource_rule(const object::Json& json);
  static PathRule read_path_rule(const object::Json& json);

  std::string name_, uid_, level_;
  std::int64_t precedence_ = 0;
  Distinguisher distinguisher_ = Distinguisher::none;
  std::vector<Rule> rules_;
};

}  // namespace limen::fairness
