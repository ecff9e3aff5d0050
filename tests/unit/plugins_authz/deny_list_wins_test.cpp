// The deny list always wins: random rules of all three authorizers, and the chain as the server
// asks it, against evaluators that are slow and obvious.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "authz/chain.h"
#include "limen/testkit/instance.hpp"
#include "support/inline_executor.h"

namespace limen::testkit {
namespace {

using Texts = std::vector<std::string>;

std::string file_of(const std::string& name) {
  return LIMEN_BINARY_DIR "/lib/limen/modules/" + name + ".so";
}

// A module on the fake host as the server's chain sees it.
class OnFakeHost final : public authz::Authorizer {
 public:
  OnFakeHost(std::string name, Json config)
      : name_(std::move(name)), module_(file_of(name_)), instance_(module_, {.config = config}) {}
  const std::string& name() const override { return name_; }
  Instance& instance() { return instance_; }
  base::Task<authz::Result> authorize(const authz::Attributes& asked,
                                      request::CallScope&) override {
    ++calls;
    const Reply reply = instance_.authorize(action_of(asked));
    co_return authz::Result{static_cast<authz::Verdict>(reply.verdict), reply.reason, reply.error};
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  int calls = 0;

 private:
  static Action action_of(const authz::Attributes& asked) {
    Action action;
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
  Module module_;
  Instance instance_;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : seed_(seed) {}
  std::size_t below(std::size_t count) {
    seed_ = seed_ * 1664525U + 1013904223U;
    return (seed_ >> 10) % count;
  }
  bool one_in(std::size_t count) { return below(count) == 0; }
  const std::string& of(const Texts& list) { return list[below(list.size())]; }

 private:
  unsigned seed_;
};

const Texts kUsers = {"ann", "bob", "eve"};
const Texts kGroups = {"dev", "ops"};
const Texts kVerbs = {"get", "list", "delete", "deletecollection", "create"};
const Texts kApiGroups = {"", "apps"};
const Texts kResources = {"pods", "nodes", "deployments"};
const Texts kSubresources = {"log", "scale"};
const Texts kSpaces = {"x", "y"};
const Texts kNames = {"p", "q"};
const Texts kPaths = {"/metrics", "/debug/pprof"};

// A rule of the deny list; a list is empty when the rule does not have it.
struct Denial {
  Texts users, groups, verbs, api_groups, resources, namespaces, names, paths;
  bool ended = false;
};

Texts some(Dice& dice, const Texts& of) {
  Texts list;
  for (const std::string& text : of)
    if (dice.one_in(2)) list.push_back(text);
  if (list.empty()) list.push_back(dice.one_in(3) ? "*" : of.front());
  return list;
}

Denial random_denial(Dice& dice) {
  Denial rule;
  if (dice.one_in(2)) rule.users = some(dice, kUsers);
  if (dice.one_in(3)) rule.groups = some(dice, kGroups);
  if (dice.one_in(2)) rule.verbs = some(dice, kVerbs);
  if (dice.one_in(3)) rule.paths = some(dice, {"/metrics", "/debug/*"});
  if (dice.one_in(3)) rule.api_groups = some(dice, kApiGroups);
  if (dice.one_in(2)) {
    rule.resources = some(dice, {"pods", "nodes", "pods/log", "pods/*", "*/scale", "deployments"});
    if (dice.one_in(2)) rule.names = some(dice, kNames);
  }
  if (dice.one_in(3)) rule.namespaces = some(dice, kSpaces);
  rule.ended = dice.one_in(8);
  if (rule.users.empty() && rule.groups.empty()) rule.users = {"eve"};
  return rule;
}

Json json_of(const Denial& rule) {
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

bool has(const Texts& list, const std::string& value) {
  return std::count(list.begin(), list.end(), value) > 0 ||
         std::count(list.begin(), list.end(), "*") > 0;
}
bool fits(const Texts& list, const std::string& value) { return list.empty() || has(list, value); }

// What a rule is meant to deny, without an index and in the order of its README.
bool denies(const Denial& rule, const authz::Attributes& asked) {
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

authz::Attributes random_question(Dice& dice, const request::Identity& user) {
  authz::Attributes asked;
  asked.user = &user;
  asked.verb = dice.of(kVerbs);
  asked.is_resource = !dice.one_in(5);
  if (!asked.is_resource) {
    asked.path = dice.of(kPaths);
    return asked;
  }
  asked.resource = dice.of(kResources);
  // The deny list knows nodes without a group; elsewhere they would be custom and namespaced.
  asked.group = asked.resource == "deployments" ? "apps" : "";
  if (dice.one_in(3)) asked.subresource = dice.of(kSubresources);
  if (asked.resource != "nodes" && !dice.one_in(3)) asked.ns = dice.of(kSpaces);
  if (!dice.one_in(3)) asked.name = dice.of(kNames);
  return asked;
}

std::string abac_line(Dice& dice) {
  const std::string who = dice.one_in(2) ? "\"user\":\"" + dice.of(kUsers) + "\""
                                         : "\"group\":\"" + dice.of(kGroups) + "\"";
  const std::string what =
      dice.one_in(2) ? R"("namespace":"*","resource":"*","apiGroup":"*","nonResourcePath":"*")"
                     : "\"resource\":\"pods\",\"namespace\":\"" + dice.of(kSpaces) + "\"";
  return R"({"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{)" +
         who + "," + what + "}}\n";
}

void grant(Instance& rbac, const std::string& name, Dice& dice) {
  const std::string rules =
      dice.one_in(2)
          ? R"([{"apiGroups":["*"],"resources":["*"],"verbs":["*"]},{"nonResourceURLs":["*"],"verbs":["*"]}])"
          : R"([{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get","list"]}])";
  rbac.host().put(
      "rbac.authorization.k8s.io", "clusterroles",
      boost::json::parse(R"({"metadata":{"name":")" + name + R"("},"rules":)" + rules + "}"));
  rbac.host().put(
      "rbac.authorization.k8s.io", "clusterrolebindings",
      boost::json::parse(R"({"metadata":{"name":")" + name +
                         R"("},"roleRef":{"kind":"ClusterRole","name":")" + name +
                         R"("},"subjects":[{"kind":"User","name":")" + dice.of(kUsers) + "\"}]}"));
}

TEST(TheDenyListWins, WhateverTheAuthorizersAfterItAllow) {
  Dice dice(11);
  test::InlineExecutor loop;
  request::CallScope scope(loop, base::Deadline::max());
  const std::string policy = testing::TempDir() + "deny-list-wins.jsonl";
  int denied = 0, would_be_allowed = 0, allowed = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Denial> rules;
    boost::json::array config;
    for (std::size_t i = dice.below(4) + 1; i > 0; --i) {
      rules.push_back(random_denial(dice));
      config.push_back(json_of(rules.back()));
    }
    {
      std::ofstream lines(policy);
      for (std::size_t i = dice.below(3); i > 0; --i) lines << abac_line(dice);
    }
    const auto deny = std::make_shared<OnFakeHost>("deny-list", Json{{"rules", config}});
    const auto rbac = std::make_shared<OnFakeHost>("rbac", boost::json::object());
    const auto abac = std::make_shared<OnFakeHost>("abac", Json{{"path", policy}});
    for (std::size_t i = dice.below(3); i > 0; --i)
      grant(rbac->instance(), "b" + std::to_string(i), dice);
    const authz::Chain all({deny, rbac, abac});
    const authz::Chain without({rbac, abac});
    for (int i = 0; i < 100; ++i) {
      request::Identity user{dice.of(kUsers), "", {}, {}};
      if (dice.one_in(2)) user.groups.push_back(dice.of(kGroups));
      const authz::Attributes asked = random_question(dice, user);
      const bool expected = std::any_of(rules.begin(), rules.end(),
                                        [&](const Denial& rule) { return denies(rule, asked); });
      const bool otherwise = test::run_task(loop, without.authorize(asked, scope)).allowed;
      const int calls_before = rbac->calls + abac->calls;
      const authz::Outcome outcome = test::run_task(loop, all.authorize(asked, scope));
      const std::string text = user.name + " " + asked.verb + " " + asked.group + "/" +
                               asked.resource + "/" + asked.subresource + " " + asked.ns + "/" +
                               asked.name + " " + asked.path + "\n" +
                               boost::json::serialize(config);
      ASSERT_EQ(outcome.allowed, otherwise && !expected) << text;
      ASSERT_EQ(outcome.denied, expected) << text;
      if (expected) {
        ASSERT_EQ(outcome.by, "deny-list") << text;
        ASSERT_EQ(rbac->calls + abac->calls, calls_before) << "a deny ends the chain";
      }
      denied += expected ? 1 : 0;
      would_be_allowed += expected && otherwise ? 1 : 0;
      allowed += outcome.allowed ? 1 : 0;
    }
  }
  std::filesystem::remove(policy);
  EXPECT_GT(denied, 600) << "the questions must not all have one answer";
  EXPECT_GT(would_be_allowed, 100);
  EXPECT_GT(allowed, 600);
}

}  // namespace
}  // namespace limen::testkit
