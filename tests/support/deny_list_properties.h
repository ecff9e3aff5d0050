// The deny list always wins: random rules of all three authorizers, and the chain as the server
// asks it, against evaluators that are slow and obvious. Asked by unit tests from seeds and by a
// fuzzer.
#pragma once

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "authz/chain.h"
#include "limen/testkit/instance.hpp"
#include "support/choices.h"
#include "support/inline_executor.h"
#include "support/scratch_folder.h"

namespace limen::test::deny_list {

using testkit::Json;
using Texts = std::vector<std::string>;

// A module on the fake host as the server's chain sees it.
class OnFakeHost final : public authz::Authorizer {
 public:
  OnFakeHost(std::string name, const testkit::Module& module, Json config = boost::json::object())
      : name_(std::move(name)), instance_(module, {.config = std::move(config)}) {}
  const std::string& name() const override { return name_; }
  testkit::Instance& instance() { return instance_; }
  base::Task<authz::Result> authorize(const authz::Attributes& asked,
                                      request::CallScope&) override {
    ++calls;
    const testkit::Reply reply = instance_.authorize(action_of(asked));
    co_return authz::Result{static_cast<authz::Verdict>(reply.verdict), reply.reason, reply.error};
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  int calls = 0;  // how often it was asked

 private:
  static testkit::Action action_of(const authz::Attributes& asked) {
    testkit::Action action;
    action.user.name = asked.user->name;
    action.user.groups = asked.user->groups;
    action.verb = asked.verb;
    action.api_group = asked.group;
    action.resource = asked.resource;
    action.subresource = asked.subresource;
    action.ns = asked.ns;
    action.name = asked.name;
    action.path = asked.path;
    return action;
  }
  std::string name_;
  testkit::Instance instance_;
};

inline const Texts kPeople = {"ann", "bob", "eve"};
inline const Texts kGroups = {"dev", "ops"};
inline const Texts kVerbs = {"get", "list", "delete", "deletecollection", "create"};
inline const Texts kApiGroups = {"", "apps"};
inline const Texts kResources = {"pods", "nodes", "deployments"};
inline const Texts kSubresources = {"log", "scale"};
inline const Texts kSpaces = {"x", "y"};
inline const Texts kNames = {"p", "q"};
inline const Texts kPaths = {"/metrics", "/debug/pprof"};

// A rule of the deny list; a list is empty when the rule does not have it.
struct Denial {
  Texts users, groups, verbs, api_groups, resources, namespaces, names, paths;
  bool ended = false;
};

inline Texts some(Choices& choices, const Texts& of) {
  Texts list;
  for (const std::string& text : of)
    if (choices.one_in(2)) list.push_back(text);
  if (list.empty()) list.push_back(choices.one_in(3) ? "*" : of.front());
  return list;
}

inline Denial random_denial(Choices& choices) {
  Denial rule;
  if (choices.one_in(2)) rule.users = some(choices, kPeople);
  if (choices.one_in(3)) rule.groups = some(choices, kGroups);
  if (choices.one_in(2)) rule.verbs = some(choices, kVerbs);
  if (choices.one_in(3)) rule.paths = some(choices, {"/metrics", "/debug/*"});
  if (choices.one_in(3)) rule.api_groups = some(choices, kApiGroups);
  if (choices.one_in(2)) {
    rule.resources =
        some(choices, {"pods", "nodes", "pods/log", "pods/*", "*/scale", "deployments"});
    if (choices.one_in(2)) rule.names = some(choices, kNames);
  }
  if (choices.one_in(3)) rule.namespaces = some(choices, kSpaces);
  rule.ended = choices.one_in(8);
  if (rule.users.empty() && rule.groups.empty()) rule.users = {"eve"};
  return rule;
}

inline Json json_of(const Denial& rule) {
  boost::json::object made;
  const auto add = [&](const char* key, const Texts& list) {
    if (!list.empty()) made[key] = boost::json::array(list.begin(), list.end());
  };
  add("users", rule.users);
  add("groups", rule.groups);
  add("verbs", rule.verbs);
  add("apiGroups", rule.api_groups);
  add("resources", rule.resources);
  add("namespaces", rule.namespaces);
  add("names", rule.names);
  add("nonResourcePaths", rule.paths);
  made["until"] = rule.ended ? "2025-12-31T23:59:59Z" : "2026-01-01T00:00:01Z";
  return made;
}

inline bool has(const Texts& list, const std::string& value) {
  return std::count(list.begin(), list.end(), value) > 0 ||
         std::count(list.begin(), list.end(), "*") > 0;
}
inline bool fits(const Texts& list, const std::string& value) {
  return list.empty() || has(list, value);
}

// What a rule is meant to deny, without an index and in the order of its README.
inline bool denies(const Denial& rule, const authz::Attributes& asked) {
  if (rule.ended) return false;
  bool named = has(rule.users, asked.user->name) || has(rule.groups, "*");
  for (const std::string& group : asked.user->groups) named = named || has(rule.groups, group);
  if (!named || !fits(rule.verbs, asked.verb)) return false;
  const bool of_resources = !rule.api_groups.empty() || !rule.resources.empty() ||
                            !rule.namespaces.empty() || !rule.names.empty();
  if (!asked.is_resource) {
    if (rule.paths.empty()) return !of_resources;
    return has(rule.paths, asked.path) ||
           (has(rule.paths, "/debug/*") && asked.path == "/debug/pprof");
  }
  if (!rule.paths.empty() && !of_resources) return false;
  const bool collection = asked.verb == "list" || asked.verb == "deletecollection";
  if (!fits(rule.namespaces, asked.ns) &&
      !(collection && asked.ns.empty() && asked.resource != "nodes")) {
    return false;
  }
  if (!fits(rule.names, asked.name) && !(collection && asked.name.empty())) return false;
  if (!fits(rule.api_groups, asked.group)) return false;
  if (rule.resources.empty() || has(rule.resources, "*")) return true;
  if (asked.subresource.empty()) return has(rule.resources, asked.resource);
  for (const std::string& item : {asked.resource + "/" + asked.subresource, asked.resource + "/*",
                                  "*/" + asked.subresource}) {
    if (has(rule.resources, item)) return true;
  }
  return false;
}

inline authz::Attributes random_question(Choices& choices, const request::Identity& user) {
  authz::Attributes asked;
  asked.user = &user;
  asked.verb = choices.of(kVerbs);
  asked.is_resource = !choices.one_in(5);
  if (!asked.is_resource) {
    asked.path = choices.of(kPaths);
    return asked;
  }
  asked.resource = choices.of(kResources);
  // The deny list knows nodes without a group; elsewhere they would be custom and namespaced.
  asked.group = asked.resource == "deployments" ? "apps" : "";
  if (choices.one_in(3)) asked.subresource = choices.of(kSubresources);
  if (asked.resource != "nodes" && !choices.one_in(3)) asked.ns = choices.of(kSpaces);
  if (!choices.one_in(3)) asked.name = choices.of(kNames);
  return asked;
}

inline std::string abac_line(Choices& choices) {
  const std::string who = choices.one_in(2) ? "\"user\":\"" + choices.of(kPeople) + "\""
                                            : "\"group\":\"" + choices.of(kGroups) + "\"";
  const std::string what =
      choices.one_in(2) ? R"("namespace":"*","resource":"*","apiGroup":"*","nonResourcePath":"*")"
                        : "\"resource\":\"pods\",\"namespace\":\"" + choices.of(kSpaces) + "\"";
  return R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{)" +
         who + "," + what + "}}\n";
}

inline void grant(testkit::Instance& rbac, const std::string& name, Choices& choices) {
  const std::string rules =
      choices.one_in(2)
          ? R"([{"apiGroups":["*"],"resources":["*"],"verbs":["*"]},{"nonResourceURLs":["*"],"verbs":["*"]}])"
          : R"([{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get","list"]}])";
  rbac.host().put(
      "rbac.authorization.k8s.io", "clusterroles",
      boost::json::parse(R"({"metadata":{"name":")" + name + R"("},"rules":)" + rules + "}"));
  rbac.host().put("rbac.authorization.k8s.io", "clusterrolebindings",
                  boost::json::parse(R"({"metadata":{"name":")" + name +
                                     R"("},"roleRef":{"kind":"ClusterRole","name":")" + name +
                                     R"("},"subjects":[{"kind":"User","name":")" +
                                     choices.of(kPeople) + "\"}]}"));
}

// The modules as they were built.
struct Modules {
  const testkit::Module& deny_list;
  const testkit::Module& rbac;
  const testkit::Module& abac;
};

// What came of the questions, so that a test knows that they have not all one answer.
struct Tally {
  int denied = 0, would_be_allowed = 0, allowed = 0;
};

// Some rules of the deny list, and chains of it before rbac and abac, and of those two alone.
class World {
 public:
  World(const Modules& modules, Choices& choices) {
    boost::json::array config;
    for (std::size_t i = choices.pick(4) + 1; i > 0; --i) {
      rules_.push_back(random_denial(choices));
      config.push_back(json_of(rules_.back()));
    }
    text_ = boost::json::serialize(config);
    const std::string policy = folder_ / "policy.jsonl";
    {
      std::ofstream lines(policy);
      for (std::size_t i = choices.pick(3); i > 0; --i) lines << abac_line(choices);
    }
    const auto deny =
        std::make_shared<OnFakeHost>("deny-list", modules.deny_list, Json{{"rules", config}});
    rbac_ = std::make_shared<OnFakeHost>("rbac", modules.rbac);
    abac_ = std::make_shared<OnFakeHost>("abac", modules.abac, Json{{"path", policy}});
    for (std::size_t i = choices.pick(3); i > 0; --i)
      grant(rbac_->instance(), "b" + std::to_string(i), choices);
    all_ = authz::Chain({deny, rbac_, abac_});
    without_ = authz::Chain({rbac_, abac_});
  }

  // What contradicts the deny list; empty when nothing does.
  std::string ask(Choices& choices, Tally& tally) {
    request::Identity user{choices.of(kPeople), "", {}, {}};
    if (choices.one_in(2)) user.groups.push_back(choices.of(kGroups));
    const authz::Attributes asked = random_question(choices, user);
    const bool denied = std::any_of(rules_.begin(), rules_.end(),
                                    [&](const Denial& rule) { return denies(rule, asked); });
    const bool otherwise = run_task(loop_, without_.authorize(asked, scope_)).allowed;
    const int calls_before = rbac_->calls + abac_->calls;
    const authz::Outcome outcome = run_task(loop_, all_.authorize(asked, scope_));
    tally.denied += denied ? 1 : 0;
    tally.would_be_allowed += denied && otherwise ? 1 : 0;
    tally.allowed += outcome.allowed ? 1 : 0;
    const auto contradiction = [&](const char* what) {
      return std::string(what) + ": " + user.name + " " + asked.verb + " " + asked.group + "/" +
             asked.resource + "/" + asked.subresource + " " + asked.ns + "/" + asked.name + " " +
             asked.path + "\n" + text_;
    };
    if (outcome.allowed != (otherwise && !denied)) return contradiction("allowed otherwise");
    if (outcome.denied != denied) return contradiction("denied otherwise");
    if (denied && outcome.by != "deny-list") return contradiction("denied by another");
    if (denied && rbac_->calls + abac_->calls != calls_before)
      return contradiction("a deny did not end the chain");
    return {};
  }

 private:
  ScratchFolder folder_;
  std::vector<Denial> rules_;
  std::string text_;
  std::shared_ptr<OnFakeHost> rbac_, abac_;
  authz::Chain all_, without_;
  InlineExecutor loop_;
  request::CallScope scope_{loop_, base::Deadline::max()};
};

inline std::string always_wins(const Modules& modules, Choices& choices, int questions,
                               Tally& tally) {
  World world(modules, choices);
  for (int i = 0; i < questions; ++i) {
    std::string contradiction = world.ask(choices, tally);
    if (!contradiction.empty()) return contradiction;
  }
  return {};
}

}  // namespace limen::test::deny_list
