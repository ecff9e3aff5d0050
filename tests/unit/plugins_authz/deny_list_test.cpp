#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {
namespace {

Module& module() {
  static Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/deny-list.so");
  return loaded;
}

// A config with these rules, written as JSON.
Json config_of(const std::string& rules) {
  return {{"rules", boost::json::parse("[" + rules + "]")}};
}

std::string refusal(const Json& config) {
  try {
    const Instance started(module(), {.config = config});
  } catch (const StartError& error) {
    return error.what();
  }
  return "started";
}

Action on(std::string user, std::string verb, std::string ns, std::string resource,
          std::string name = "") {
  Action action;
  action.user.name = std::move(user);
  action.verb = std::move(verb);
  action.ns = std::move(ns);
  action.resource = std::move(resource);
  action.name = std::move(name);
  return action;
}

Action sub(Action action, std::string subresource) {
  action.subresource = std::move(subresource);
  return action;
}

Action of_group(Action action, std::string api_group) {
  action.api_group = std::move(api_group);
  return action;
}

Action path(std::string user, std::string verb, std::string where) {
  Action action;
  action.user.name = std::move(user);
  action.verb = std::move(verb);
  action.path = std::move(where);
  return action;
}

TEST(DenyList, ADenialNamesTheRuleAndGivesItsReason) {
  Instance list(
      module(),
      {.config = config_of(R"({"name": "leavers", "users": ["eve"], "reason": "left the company"},)"
                           R"({"users": ["mallory"]})")});
  const Reply eve = list.authorize(on("eve", "get", "x", "pods"));
  EXPECT_EQ(eve.verdict, LIMEN_DENY);
  EXPECT_EQ(eve.reason, "Denied by rule \"leavers\": left the company");
  EXPECT_EQ(eve.rule, "rules[0]");
  EXPECT_EQ(eve.causes, (Pairs{{"rule", "leavers"}}));
  EXPECT_EQ(list.authorize(on("mallory", "get", "x", "pods")).reason,
            "Denied by rule \"rules[1]\"");
}

TEST(DenyList, HasNoOpinionAndNoWordsOfWhatItDoesNotName) {
  Instance list(module(), {.config = config_of(R"({"users": ["eve"]})")});
  const Reply bob = list.authorize(on("bob", "get", "x", "pods"));
  EXPECT_EQ(bob.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(bob.reason, "");
}

// One rule, what it denies and what it leaves alone.
struct Case {
  const char* rule;
  std::vector<Action> denied, left_alone;
};

class DenyListRule : public testing::TestWithParam<Case> {};

Action with_groups(Action action, std::vector<std::string> groups) {
  action.user.groups = std::move(groups);
  return action;
}

std::string text_of(const Action& action) {
  return action.user.name + " " + action.verb + " " + action.api_group + "/" + action.resource +
         "/" + action.subresource + " " + action.ns + "/" + action.name + " " + action.path;
}

TEST_P(DenyListRule, DeniesWhatItNamesAndNothingElse) {
  Instance list(module(), {.config = config_of(GetParam().rule)});
  for (const Action& action : GetParam().denied) {
    EXPECT_EQ(list.authorize(action).verdict, LIMEN_DENY) << text_of(action);
  }
  for (const Action& action : GetParam().left_alone) {
    EXPECT_EQ(list.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION) << text_of(action);
  }
}

const std::vector<Case> kWhom = {
    {R"({"users": ["eve"]})",
     {on("eve", "get", "x", "pods"), on("eve", "list", "", "nodes"),
      path("eve", "get", "/metrics")},
     {on("Eve", "get", "x", "pods"), with_groups(on("bob", "get", "x", "pods"), {"eve"})}},
    {R"({"groups": ["temps"]})",
     {with_groups(on("bob", "get", "x", "pods"), {"ops", "temps"})},
     {on("temps", "get", "x", "pods"), with_groups(on("bob", "get", "x", "pods"), {"ops"})}},
    {R"({"users": ["eve"], "groups": ["temps"]})",
     {on("eve", "get", "x", "pods"), with_groups(on("bob", "get", "x", "pods"), {"temps"})},
     {on("bob", "get", "x", "pods")}},
    {R"({"users": ["*"]})", {on("eve", "get", "x", "pods"), path("bob", "get", "/api")}, {}},
    {R"({"verbs": ["delete", "deletecollection"]})",
     {on("bob", "delete", "x", "pods", "p"), on("eve", "deletecollection", "x", "pods"),
      path("bob", "delete", "/x")},
     {on("bob", "get", "x", "pods"), on("bob", "create", "x", "pods")}},
};
INSTANTIATE_TEST_SUITE_P(Whom, DenyListRule, testing::ValuesIn(kWhom));

const std::vector<Case> kResources = {
    {R"({"resources": ["pods"]})",
     {on("eve", "get", "x", "pods"), of_group(on("eve", "get", "x", "pods"), "metrics.k8s.io")},
     {sub(on("eve", "get", "x", "pods"), "log"), on("eve", "get", "x", "podtemplates"),
      path("eve", "get", "/pods")}},
    {R"({"resources": ["pods/exec"]})",
     {sub(on("eve", "create", "x", "pods"), "exec")},
     {on("eve", "create", "x", "pods"), sub(on("eve", "create", "x", "pods"), "log")}},
    {R"({"resources": ["pods/*"]})",
     {sub(on("eve", "create", "x", "pods"), "exec"), sub(on("eve", "get", "x", "pods"), "log")},
     {on("eve", "create", "x", "pods"), sub(on("eve", "get", "x", "services"), "proxy")}},
    {R"({"resources": ["*/scale"]})",
     {sub(on("eve", "update", "x", "deployments"), "scale")},
     {on("eve", "update", "x", "deployments"), sub(on("eve", "get", "x", "pods"), "log")}},
    {R"({"resources": ["*"]})",
     {on("eve", "get", "x", "pods"), sub(on("eve", "get", "x", "pods"), "log")},
     {path("eve", "get", "/metrics")}},
    {R"({"apiGroups": [""]})",
     {on("eve", "get", "x", "pods")},
     {of_group(on("eve", "get", "x", "deployments"), "apps"), path("eve", "get", "/api")}},
    {R"({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]})",
     {of_group(on("eve", "create", "x", "deployments"), "apps")},
     {on("eve", "create", "x", "deployments"),
      of_group(on("eve", "get", "x", "deployments"), "apps")}},
};
INSTANTIATE_TEST_SUITE_P(Resources, DenyListRule, testing::ValuesIn(kResources));

// A list or watch over all namespaces, or of a whole collection, would show what is named.
const std::vector<Case> kPlaces = {
    {R"({"namespaces": ["prod"]})",
     {on("eve", "get", "prod", "pods", "p"), on("eve", "create", "prod", "pods"),
      on("eve", "list", "", "pods"), on("eve", "watch", "", "secrets"),
      on("eve", "get", "prod", "namespaces", "prod"),
      of_group(on("eve", "list", "", "widgets"), "acme.example")},
     {on("eve", "get", "test", "pods", "p"), on("eve", "list", "test", "pods"),
      on("eve", "list", "", "nodes"), on("eve", "list", "", "namespaces"),
      of_group(on("eve", "watch", "", "clusterroles"), "rbac.authorization.k8s.io"),
      on("eve", "impersonate", "", "users", "bob"), path("eve", "get", "/prod")}},
    {R"({"namespaces": [""]})",
     {on("eve", "get", "", "nodes", "n"), on("eve", "list", "", "pods")},
     {on("eve", "get", "x", "pods", "p")}},
    {R"({"resources": ["secrets"], "names": ["db"]})",
     {on("eve", "get", "x", "secrets", "db"), on("eve", "list", "x", "secrets"),
      on("eve", "deletecollection", "x", "secrets"), on("eve", "list", "", "secrets")},
     {on("eve", "get", "x", "secrets", "web"), on("eve", "list", "x", "secrets", "web"),
      on("eve", "create", "x", "secrets"), on("eve", "get", "x", "configmaps", "db")}},
};
INSTANTIATE_TEST_SUITE_P(Places, DenyListRule, testing::ValuesIn(kPlaces));

const std::vector<Case> kPaths = {
    {R"({"nonResourcePaths": ["/metrics", "/debug/*"]})",
     {path("eve", "get", "/metrics"), path("eve", "get", "/debug/pprof")},
     {path("eve", "get", "/metrics/x"), path("eve", "get", "/debug"),
      on("eve", "get", "x", "pods")}},
    {R"({"nonResourcePaths": ["*"], "verbs": ["post"]})",
     {path("eve", "post", "/x")},
     {path("eve", "get", "/x"), on("eve", "post", "x", "pods")}},
    {R"({"nonResourcePaths": ["/metrics"], "resources": ["pods"]})",
     {path("eve", "get", "/metrics"), on("eve", "get", "x", "pods")},
     {path("eve", "get", "/api"), on("eve", "get", "x", "secrets")}},
};
INSTANTIATE_TEST_SUITE_P(Paths, DenyListRule, testing::ValuesIn(kPaths));

TEST(DenyList, ARuleEndsWhenItsTimeHasCome) {
  // The fake host's clock begins with 2026.
  Instance list(
      module(),
      {.config = config_of(R"({"users": ["eve"], "until": "2026-01-01T01:00:30+01:00"})")});
  list.host().advance(std::chrono::seconds(29));
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_DENY);
  list.host().advance(std::chrono::seconds(1));
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST(DenyList, TheFirstRuleThatMatchesIsNamed) {
  Instance list(module(), {.config = config_of(
                               R"({"name": "a", "groups": ["g"], "until": "2025-01-01T00:00:00Z"},)"
                               R"({"name": "b", "groups": ["g"]}, {"name": "c", "users": ["*"]},)"
                               R"({"name": "d", "users": ["eve"]})")});
  EXPECT_EQ(list.authorize(with_groups(on("eve", "get", "x", "pods"), {"g"})).causes[0].second,
            "b");
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).causes[0].second, "c");
}

TEST(DenyList, RulesThatCannotMeanWhatTheySayAreRefusedWithTheirPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{}",
       "has nothing to match: give at least one of users, groups, verbs, apiGroups, resources, "
       "namespaces, names, nonResourcePaths"},
      {R"({"name": "n", "reason": "r", "until": "2030-01-01T00:00:00Z"})",
       "has nothing to match: give at least one of users, groups, verbs, apiGroups, resources, "
       "namespaces, names, nonResourcePaths"},
      {R"({"users": []})", "users: is an empty list: leave it out to match all"},
      {R"({"users": [""]})", "users: is empty"},
      {R"({"users": "eve"})", "users: is not a list"},
      {R"({"user": ["eve"]})", "unknown key \"user\""},
      {R"({"users": ["dev-*"]})",
       "users: \"dev-*\" is no pattern: a \"*\" stands alone and means all"},
      {R"({"groups": ["system:masters"]})",
       "groups: members of system:masters may do everything before any authorizer is asked: they "
       "cannot be denied"},
      {R"({"verbs": ["GET"]})", "verbs: \"GET\" matches nothing: write it in lower case"},
      {R"({"apiGroups": ["apps/v1"]})",
       "apiGroups: \"apps/v1\" matches nothing: write the group without its version"},
      {R"({"resources": ["Pods"]})", "resources: \"Pods\" matches nothing: write it in lower case"},
      {R"({"resources": ["pods/"]})", "resources: \"pods/\" is not RESOURCE/SUBRESOURCE"},
      {R"({"names": ["db"]})", "names: say of which resources"},
      {R"({"nonResourcePaths": ["metrics"]})",
       "nonResourcePaths: \"metrics\" does not begin with a slash"},
      {R"({"nonResourcePaths": ["/a/*/b"]})",
       "nonResourcePaths: \"/a/*/b\" matches nothing: a \"*\" stands at the end only"},
      {R"({"users": ["eve"], "until": "tomorrow"})",
       "until: is not a time as 2026-12-31T00:00:00Z (RFC 3339)"},
      {R"({"users": ["eve"], "reason": ""})", "reason: is empty"},
  };
  for (const auto& [rule, what] : cases) {
    const Json config = config_of(std::string(R"({"users": ["ok"]},)") + rule);
    EXPECT_EQ(refusal(config), "rules[1]: " + std::string(what));
    const auto findings = module().check(config);
    ASSERT_EQ(findings.size(), 1U) << rule;
    EXPECT_EQ(findings[0].pointer, "/rules/1");
    EXPECT_EQ(findings[0].message, what);
  }
  EXPECT_EQ(refusal(config_of(R"({"name": "a", "users": ["x"]}, {"name": "a", "users": ["y"]})")),
            "rules[1]: there is a rule \"a\" before this one");
  EXPECT_EQ(refusal(boost::json::object()),
            "there is nothing to go by: give rules, or the path of a file of rules");
}

TEST(DenyList, AListOfRightsIsIncompleteForThoseItNames) {
  Instance list(module(), {.config = config_of(R"({"users": ["eve"], "namespaces": ["x"]})")});
  EXPECT_TRUE(list.rules_for({.name = "eve"}, "x").incomplete);
  EXPECT_TRUE(list.rules_for({.name = "eve"}, "x").rules.empty());
  EXPECT_FALSE(list.rules_for({.name = "bob"}, "x").incomplete);
}

class DenyListFile : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing::TempDir() + "deny-" +
            testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
  }
  void TearDown() override { std::filesystem::remove(file_); }
  void write(const std::string& text) { std::ofstream(file_) << text; }
  std::string refusal_of(const std::string& text) {
    write(text);
    return refusal({{"path", file_}});
  }
  std::string file_;
};

TEST_F(DenyListFile, ARuleOfTheFileIsNamedByItsLine) {
  write(
      "# who left\nrules:\n- {users: [1001], until: 2026-12-31T00:00:00Z}\n- users: [eve]\n  "
      "reason: left\n");
  Instance list(module(), {.config = {{"path", file_}}});
  const Reply eve = list.authorize(on("eve", "get", "x", "pods"));
  EXPECT_EQ(eve.rule, file_ + ":4");
  EXPECT_EQ(eve.reason,
            "Denied by rule \"" + std::filesystem::path(file_).filename().string() + ":4\": left");
  EXPECT_EQ(list.authorize(on("1001", "get", "x", "pods")).verdict, LIMEN_DENY);
}

TEST_F(DenyListFile, AChangeIsInForceWithinASecondAndTheConfigStays) {
  write("rules: [{users: [eve]}]\n");
  Json config = config_of(R"({"users": ["mallory"]})");
  config.as_object()["path"] = file_;
  Instance list(module(), {.config = config});
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_DENY);
  write("rules: [{users: [trudy]}]\n");
  list.host().advance(std::chrono::seconds(1));
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(list.authorize(on("trudy", "get", "x", "pods")).verdict, LIMEN_DENY);
  EXPECT_EQ(list.authorize(on("mallory", "get", "x", "pods")).verdict, LIMEN_DENY);
}

TEST_F(DenyListFile, WhatCannotBeReadKeepsTheLastGoodRules) {
  write("rules: [{users: [eve]}]\n");
  Instance list(module(), {.config = {{"path", file_}}});
  // As while it is being written, or gone.
  for (const char* text : {"", "rules:\n", "rules: [{users: [", "rules: [{}]\n"}) {
    write(text);
    list.host().advance(std::chrono::seconds(1));
    EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_DENY) << text;
  }
  std::filesystem::remove(file_);
  list.host().advance(std::chrono::seconds(1));
  EXPECT_EQ(list.authorize(on("eve", "get", "x", "pods")).verdict, LIMEN_DENY);
  EXPECT_GE(list.host().metric("reloads_total{deny-rules,failure}"), 4);
  EXPECT_NE(list.host().log_text().find(file_ + ":1: has nothing to match"), std::string::npos);
}

TEST_F(DenyListFile, TheExampleIsGood) {
  Instance list(module(), {.config = {{"path", LIMEN_SOURCE_DIR "/conf/examples/deny-list.yaml"}}});
  EXPECT_EQ(list.authorize(on("bob", "delete", "prod", "pods", "p")).reason,
            "Denied by rule \"year-end\": frozen until the new year");
}

TEST_F(DenyListFile, ABadFileIsRefusedWithItsLine) {
  EXPECT_EQ(refusal_of(""), file_ + ":1: holds no rules: write \"rules: []\" if that is meant");
  EXPECT_EQ(refusal_of("- {users: [eve]}\n"),
            file_ + ":1: holds no rules: write \"rules: []\" if that is meant");
  EXPECT_EQ(refusal_of("rules:\n- {users: [a]}\nrule: []\n"), file_ + ":3: unknown key \"rule\"");
  EXPECT_EQ(refusal_of("rules: []\nrules: []\n"), file_ + ":1: rules: must be there once");
  EXPECT_EQ(refusal_of("rules: []\n---\nrules: []\n"), file_ + ":2: a second document");
  EXPECT_EQ(refusal_of("rules:\n- {users: [a]}\n- eve\n"),
            file_ + ":3: is not a rule: expected a mapping");
  EXPECT_EQ(refusal_of("rules:\n- users: [a]\n  users: [b]\n"),
            file_ + ":2: users: is given twice");
  EXPECT_EQ(refusal_of("rules:\n- users: [~]\n"),
            file_ + ":2: users: is not a text or a list of texts");
  EXPECT_EQ(refusal_of("rules:\n- users: [\"\xff\"]\n"), file_ + ":2: users: is not UTF-8");
  EXPECT_EQ(refusal_of("rules:\n- {name: a, users: [x]}\n- {name: a, users: [y]}\n"),
            file_ + ":3: there is a rule \"a\" before this one");
  EXPECT_EQ(refusal_of("rules: []\n"), "started");
  const auto findings = module().check({{"path", "/nowhere/deny.yaml"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].pointer, "/path");
  EXPECT_EQ(findings[0].message, "/nowhere/deny.yaml: No such file or directory");
}

}  // namespace
}  // namespace limen::testkit
