#include <gtest/gtest.h>

#include <fstream>

#include "audit/policy_file.h"
#include "support/scratch_folder.h"

namespace limen::audit {
namespace {

constexpr std::string_view kHead = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

ReadPolicy read(const std::string& rest) {
  return read_policy(std::string(kHead) + rest, "p.yaml");
}

std::string problem(const std::string& rest) {
  const ReadPolicy read_one = read(rest);
  return read_one.problems().size() == 1 ? read_one.problems()[0]
                                       : std::to_string(read_one.problems().size()) + " problems";
}

request::RequestInfo asks(std::string_view method, std::string_view target) {
  request::RequestInfo info;
  EXPECT_EQ(request::parse_request(method, target, info), request::TargetStatus::ok);
  return info;
}

// The level that `rules` give a request of bob, a member of readers.
std::string_view level(const std::string& rules, std::string_view method, std::string_view target) {
  const ReadPolicy policy = read("rules:\n" + rules);
  EXPECT_EQ(policy.problems(), std::vector<std::string>{});
  const request::Identity bob{"bob", "", {"readers", "system:authenticated"}, {}};
  return name_of(policy.policy.decide(asks(method, target), &bob).level);
}

TEST(AuditPolicy, TheFirstRuleThatMatchesCounts) {
  const std::string rules =
      "- {level: None, verbs: [get]}\n"
      "- {level: Request, verbs: [get, list]}\n";
  EXPECT_EQ(level(rules, "GET", "/api/v1/namespaces/x/pods/p"), "None");
  EXPECT_EQ(level(rules, "GET", "/api/v1/pods"), "Request");
}

TEST(AuditPolicy, WhatNoRuleMatchesIsNotRecorded) {
  EXPECT_EQ(level("- {level: Metadata, verbs: [create]}\n", "GET", "/api/v1/pods"), "None");
}

TEST(AuditPolicy, EveryFieldOfARuleMustMatch) {
  struct Row {
    std::string rule;
    std::string_view method, target;
    bool matches;
  };
  const Row rows[] = {
      {"users: [bob]", "GET", "/api/v1/pods", true},
      {"users: [alice]", "GET", "/api/v1/pods", false},
      {"userGroups: [writers, readers]", "GET", "/api/v1/pods", true},
      {"userGroups: [writers]", "GET", "/api/v1/pods", false},
      {"users: [bob], verbs: [watch]", "GET", "/api/v1/pods", false},
      {"users: [bob], verbs: [watch]", "GET", "/api/v1/pods?watch=1", true},
      {"namespaces: [x]", "GET", "/api/v1/namespaces/x/pods", true},
      {"namespaces: [x]", "GET", "/api/v1/namespaces/y/pods", false},
      {"namespaces: [\"\"]", "GET", "/api/v1/nodes", true},
      {"namespaces: [\"\"]", "GET", "/api/v1/namespaces/x/pods", false},
      {"namespaces: [\"\"]", "GET", "/healthz", false},
      {"nonResourceURLs: [/healthz]", "GET", "/healthz", true},
      {"nonResourceURLs: [/healthz]", "GET", "/healthz/log", false},
      {"nonResourceURLs: [\"/healthz*\"]", "GET", "/healthz/log", true},
      {"nonResourceURLs: [\"*\"]", "GET", "/version", true},
      {"nonResourceURLs: [\"*\"]", "GET", "/api/v1/pods", false},
      {"resources: [{group: \"\"}]", "GET", "/api/v1/pods", true},
      {"resources: [{group: \"\"}]", "GET", "/apis/apps/v1/deployments", false},
      {"resources: [{group: \"*\"}]", "GET", "/apis/apps/v1/deployments", true},
      {"resources: [{group: \"\", resources: [pods]}]", "GET", "/api/v1/pods", true},
      {"resources: [{resources: [pods]}]", "GET", "/api/v1/namespaces/x/pods/p/status", false},
      {"resources: [{resources: [pods/status]}]", "GET", "/api/v1/namespaces/x/pods/p/status",
       true},
      {"resources: [{resources: [pods/status]}]", "GET", "/api/v1/namespaces/x/pods/p", false},
      {"resources: [{resources: [\"*/status\"]}]", "GET", "/api/v1/namespaces/x/pods/p/status",
       true},
      {"resources: [{resources: [\"*/status\"]}]", "GET", "/api/v1/namespaces/x/pods/p/log", false},
      {"resources: [{resources: [\"pods/*\"]}]", "GET", "/api/v1/namespaces/x/pods/p/log", true},
      {"resources: [{resources: [\"pods/*\"]}]", "GET", "/api/v1/secrets", false},
      {"resources: [{resources: [\"*\"]}]", "GET", "/api/v1/namespaces/x/pods/p/log", true},
      {"resources: [{resources: [pods], resourceNames: [p]}]", "GET", "/api/v1/namespaces/x/pods/p",
       true},
      {"resources: [{resources: [pods], resourceNames: [p]}]", "GET", "/api/v1/namespaces/x/pods/q",
       false},
      {"namespaces: [x], resources: [{resources: [pods]}]", "GET", "/api/v1/namespaces/x/secrets",
       false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(level("- {level: Metadata, " + row.rule + "}\n", row.method, row.target),
              row.matches ? "Metadata" : "None")
        << row.rule << " " << row.target;
  }
}

TEST(AuditPolicy, ARuleThatNamesUsersDoesNotMatchWhoIsNotKnown) {
  const ReadPolicy named = read("rules: [{level: Metadata, users: [bob]}]\n");
  const ReadPolicy grouped = read("rules: [{level: Metadata, userGroups: [readers]}]\n");
  const ReadPolicy anyone = read("rules: [{level: Metadata}]\n");
  const request::RequestInfo info = asks("GET", "/api/v1/pods");
  EXPECT_EQ(named.policy.decide(info, nullptr).level, AuditLevel::none);
  EXPECT_EQ(grouped.policy.decide(info, nullptr).level, AuditLevel::none);
  EXPECT_EQ(anyone.policy.decide(info, nullptr).level, AuditLevel::metadata);
}

TEST(AuditPolicy, StagesOfPolicyAndRuleAreBothOmitted) {
  const ReadPolicy policy = read(
      "omitStages: [RequestReceived]\n"
      "rules: [{level: Metadata, omitStages: [ResponseStarted, Panic]}]\n");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy.policy.decide(asks("GET", "/version"), nullptr).omit_stages,
            bit(Stage::request_received) | bit(Stage::response_started) | bit(Stage::panic));
}

TEST(AuditPolicy, ARulesWordOnManagedFieldsWinsOverThePolicys) {
  const ReadPolicy policy = read(
      "omitManagedFields: true\n"
      "rules: [{level: Request, verbs: [get], omitManagedFields: false}, {level: Request}]\n");
  ASSERT_TRUE(policy.ok());
  EXPECT_FALSE(policy.policy.decide(asks("GET", "/version"), nullptr).omit_managed_fields);
  EXPECT_TRUE(policy.policy.decide(asks("POST", "/version"), nullptr).omit_managed_fields);
}

TEST(AuditPolicyFile, EveryProblemIsToldWithItsPlace) {
  EXPECT_EQ(problem("rules: [{level: Meta}]\n"),
            "p.yaml:3:17: rules[0].level: \"Meta\" must be None, Metadata, Request or "
            "RequestResponse");
  EXPECT_EQ(problem("rules:\n- users: [bob]\n"),
            "p.yaml:4:3: rules[0].level: is missing; it must be None, Metadata, Request or "
            "RequestResponse");
  EXPECT_EQ(problem("rules: [{level: None, user: [x]}]\n"),
            "p.yaml:3:23: rules[0]: unknown key \"user\" (did you mean \"users\"?)");
  EXPECT_EQ(problem("rules: [{level: None, users: bob}]\n"),
            "p.yaml:3:30: rules[0].users: must be a list, not text");
  EXPECT_EQ(problem("rules: [{level: None, users: [[bob]]}]\n"),
            "p.yaml:3:31: rules[0].users[0]: must be text, not a list");
  EXPECT_EQ(problem("rules: [{level: None, omitStages: [Response]}]\n"),
            "p.yaml:3:36: rules[0].omitStages[0]: \"Response\" must be RequestReceived, "
            "ResponseStarted, ResponseComplete or Panic");
  EXPECT_EQ(problem("rules: [{level: None, nonResourceURLs: [healthz]}]\n"),
            "p.yaml:3:41: rules[0].nonResourceURLs[0]: \"healthz\" must begin with '/', or be "
            "\"*\"");
  EXPECT_EQ(problem("rules: [{level: None, nonResourceURLs: [\"/a*/b\"]}]\n"),
            "p.yaml:3:41: rules[0].nonResourceURLs[0]: \"/a*/b\" may hold '*' only at its end");
  EXPECT_EQ(problem("rules: [{level: None, nonResourceURLs: [/a], namespaces: [x]}]\n"),
            "p.yaml:3:9: rules[0]: rules cannot apply to both regular resources and non-resource "
            "URLs");
  EXPECT_EQ(problem("rules: [{level: None, resources: [{group: apps/v1}]}]\n"),
            "p.yaml:3:43: rules[0].resources[0].group: \"apps/v1\" is no API group; groups are "
            "named without a version");
  EXPECT_EQ(problem("rules: [{level: None, resources: [{resourceNames: [x]}]}]\n"),
            "p.yaml:3:35: rules[0].resources[0]: using resourceNames requires at least one "
            "resource");
  EXPECT_EQ(problem("rules: []\n"),
            "p.yaml:3:8: rules: must hold a rule; without one nothing is recorded");
  EXPECT_EQ(problem("rules: [{level: None}]\nomitManagedFields: \"yes\"\n"),
            "p.yaml:4:20: omitManagedFields: must be true or false, not text");
  EXPECT_EQ(problem("rules: [{level: None}]\n---\nrules: []\n"),
            "p.yaml:4:1: holds more than one YAML document");
}

TEST(AuditPolicyFile, AnotherVersionIsRefused) {
  const ReadPolicy old =
      read_policy("apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]\n", "p");
  EXPECT_EQ(old.problems(), std::vector<std::string>{"p:1:13: apiVersion: must be audit.k8s.io/v1"});
  const ReadPolicy empty = read_policy("", "p");
  EXPECT_EQ(empty.problems(),
            std::vector<std::string>{
                "p: must be a map that begins with apiVersion and kind, not nothing"});
}

TEST(AuditPolicyFile, AKubernetesPolicyWithMetadataIsTaken) {
  EXPECT_TRUE(read("metadata: {creationTimestamp: null}\nrules: [{level: Metadata}]\n").ok());
}

TEST(AuditPolicyFile, OneByteTooManyIsRefused) {
  std::string text = std::string(kHead) + "rules: [{level: Metadata}]\n#";
  text.resize(kMaxPolicyBytes, 'x');
  EXPECT_TRUE(read_policy(text, "p").ok());
  text += 'x';
  EXPECT_EQ(read_policy(text, "p").problems(),
            std::vector<std::string>{"p: is larger than 1048576 bytes"});
}

TEST(AuditPolicyFile, AFileThatIsNotThereIsAProblem) {
  const test::ScratchFolder folder;
  const std::string path = folder / "policy.yaml";
  EXPECT_EQ(read_policy_file(path).problems(),
            std::vector<std::string>{path + ": No such file or directory"});
  std::ofstream(path) << kHead << "rules: [{level: Metadata}]\n";
  EXPECT_TRUE(read_policy_file(path).ok());
}

}  // namespace
}  // namespace limen::audit
