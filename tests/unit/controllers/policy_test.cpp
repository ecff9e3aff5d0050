#include "controllers/policy.h"

#include <gtest/gtest.h>

#include <map>

namespace limen::controllers {
namespace {

using object::Json;

Json json(const char* text) { return boost::json::parse(text); }
boost::json::array rules(const char* text) { return boost::json::parse(text).as_array(); }

const PolicyObject* find(const std::vector<PolicyObject>& policy, const std::string& resource,
                         const std::string& name) {
  for (const PolicyObject& one : policy) {
    if (one.key.id.resource == resource && one.key.name == name) return &one;
  }
  return nullptr;
}

TEST(Policy, TheDefaultTableHasEveryRoleAndBindingOfKubernetes) {
  std::map<std::string, int> counts;
  for (const PolicyObject& one : parse_policy(kBootstrapPolicy)) ++counts[one.key.id.resource];
  EXPECT_EQ(counts, (std::map<std::string, int>{{"clusterroles", 31 + 39},
                                                {"clusterrolebindings", 12 + 39},
                                                {"roles", 7},
                                                {"rolebindings", 7}}));
}

TEST(Policy, ADefaultRoleReadsAsTheApiServesIt) {
  const auto policy = parse_policy(kBootstrapPolicy);
  const PolicyObject* const role = find(policy, "clusterroles", "system:basic-user");
  ASSERT_NE(role, nullptr);
  EXPECT_EQ(role->object, json(R"({
    "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
    "rules": [
      {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
       "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]},
      {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"],
       "resources": ["selfsubjectreviews"]}],
    "metadata": {"name": "system:basic-user",
      "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
      "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"}}})"));
}

TEST(Policy, ClusterAdminMayEverythingThroughItsBinding) {
  const auto policy = parse_policy(kBootstrapPolicy);
  EXPECT_EQ(find(policy, "clusterroles", "cluster-admin")->object.at("rules"), json(R"([
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]}])"));
  const Json& binding = find(policy, "clusterrolebindings", "cluster-admin")->object;
  EXPECT_EQ(binding.at("roleRef"), json(R"({"apiGroup": "rbac.authorization.k8s.io",
    "kind": "ClusterRole", "name": "cluster-admin"})"));
  EXPECT_EQ(binding.at("subjects"), json(R"([{"kind": "Group",
    "apiGroup": "rbac.authorization.k8s.io", "name": "system:masters"}])"));
}

TEST(Policy, RolesOfNamespacesAndTheirServiceAccounts) {
  const auto policy = parse_policy(kBootstrapPolicy);
  const PolicyObject* const role = find(policy, "roles", "system:controller:bootstrap-signer");
  ASSERT_NE(role, nullptr);
  EXPECT_EQ(role->key.ns, "kube-public");
  EXPECT_EQ(role->object.at("metadata").at("namespace"), "kube-public");
  EXPECT_EQ(role->object.at("rules").at(0), json(R"({"verbs": ["get", "list", "watch"],
    "apiGroups": [""], "resources": ["configmaps"]})"));
  EXPECT_EQ(
      find(policy, "rolebindings", "system:controller:bootstrap-signer")->object.at("subjects"),
      json(R"([{"kind": "ServiceAccount", "name": "bootstrap-signer",
                      "namespace": "kube-system"}])"));
}

TEST(Policy, RolesThatCollectHaveNoRulesOfTheirOwn) {
  const auto policy = parse_policy(kBootstrapPolicy);
  const Json& edit = find(policy, "clusterroles", "edit")->object;
  EXPECT_TRUE(edit.at("rules").is_null());
  EXPECT_EQ(edit.at("aggregationRule"), json(R"({"clusterRoleSelectors": [
    {"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}}]})"));
  EXPECT_EQ(edit.at("metadata").at("labels").at("rbac.authorization.k8s.io/aggregate-to-admin"),
            "true");
}

TEST(Policy, ABrokenTableNamesItsLine) {
  for (const char* bad :
       {"cluster-role a\n  rule get | . \n", "cluster-role a\n  urls get | /a | b\n",
        "cluster-role a\n  gives x\n", "  rule get | . | pods\n", "thing a\n",
        "cluster-role-binding a\n  to Robot/x\n"}) {
    try {
      parse_policy(bad);
      FAIL() << bad;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("line "), std::string::npos);
    }
  }
}

TEST(Covers, NeedsVerbGroupAndResourceInOneRule) {
  const auto have = rules(R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]},
                              {"verbs":["list"],"apiGroups":["apps"],"resources":["deployments"]}])");
  EXPECT_TRUE(covers(have, json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"]})")));
  EXPECT_FALSE(covers(have, json(R"({"verbs":["list"],"apiGroups":[""],"resources":["pods"]})")));
  EXPECT_FALSE(
      covers(have, json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods/log"]})")));
  EXPECT_FALSE(
      covers(have, json(R"({"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]})")));
}

TEST(Covers, SplitAcrossSeveralRulesIsEnough) {
  const auto have = rules(R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]},
                              {"verbs":["get"],"apiGroups":[""],"resources":["services"]}])");
  EXPECT_TRUE(
      covers(have, json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods","services"]})")));
}

TEST(Covers, KnowsTheWildcards) {
  EXPECT_TRUE(
      covers(rules(R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])"),
             json(R"({"verbs":["get"],"apiGroups":["apps"],"resources":["deployments/scale"]})")));
  EXPECT_TRUE(
      covers(rules(R"([{"verbs":["get"],"apiGroups":["*"],"resources":["*/scale"]}])"),
             json(R"({"verbs":["get"],"apiGroups":["apps"],"resources":["deployments/scale"]})")));
  EXPECT_FALSE(
      covers(rules(R"([{"verbs":["get"],"apiGroups":["*"],"resources":["*/scale"]}])"),
             json(R"({"verbs":["get"],"apiGroups":["apps"],"resources":["deployments"]})")));
}

TEST(Covers, NamesRestrictWhatIsCovered) {
  const auto one =
      rules(R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}])");
  EXPECT_TRUE(covers(
      one,
      json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]})")));
  EXPECT_FALSE(covers(
      one,
      json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["b"]})")));
  EXPECT_FALSE(covers(one, json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"]})")));
  const auto all = rules(R"([{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}])");
  EXPECT_TRUE(covers(
      all,
      json(R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]})")));
}

TEST(Covers, PathsAndTheirPrefixes) {
  const auto have = rules(R"([{"verbs":["get"],"nonResourceURLs":["/api/*","/version"]}])");
  EXPECT_TRUE(covers(have, json(R"({"verbs":["get"],"nonResourceURLs":["/api/v1","/version"]})")));
  EXPECT_FALSE(covers(have, json(R"({"verbs":["get"],"nonResourceURLs":["/api"]})")));
  EXPECT_FALSE(covers(have, json(R"({"verbs":["post"],"nonResourceURLs":["/version"]})")));
}

const char* const kWanted = R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}],
  "metadata":{"name":"r","labels":{"l":"1"},"annotations":{"a":"1"}}})";

TEST(Reconcile, LeavesARoleThatGrantsEnoughAsItIs) {
  Json stored = json(R"({"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}],
    "metadata":{"name":"r","labels":{"l":"mine","m":"2"},"annotations":{"a":"1"}}})");
  const Json before = stored;
  EXPECT_FALSE(reconcile_policy(stored, json(kWanted)));
  EXPECT_EQ(stored, before);
}

TEST(Reconcile, AddsWhatIsMissingAndTakesNothingAway) {
  Json stored = json(R"({"rules":[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}],
    "metadata":{"name":"r"}})");
  EXPECT_TRUE(reconcile_policy(stored, json(kWanted)));
  EXPECT_EQ(stored, json(R"({"rules":[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]},
      {"verbs":["get"],"apiGroups":[""],"resources":["pods"]}],
    "metadata":{"name":"r","labels":{"l":"1"},"annotations":{"a":"1"}}})"));
  EXPECT_FALSE(reconcile_policy(stored, json(kWanted)));
}

TEST(Reconcile, AddsMissingSubjectsToABinding) {
  Json stored = json(R"({"subjects":[{"kind":"User","name":"mine"}],"metadata":{"name":"b"}})");
  const Json wanted =
      json(R"({"subjects":[{"kind":"User","name":"theirs"}],"metadata":{"name":"b"}})");
  EXPECT_TRUE(reconcile_policy(stored, wanted));
  EXPECT_EQ(stored.at("subjects").as_array().size(), 2u);
  EXPECT_FALSE(reconcile_policy(stored, wanted));
}

TEST(Reconcile, DoesNotTouchTheRulesOfARoleThatCollects) {
  Json stored = json(R"({"rules":[{"verbs":["x"]}],"aggregationRule":{"clusterRoleSelectors":[]},
    "metadata":{"name":"r"}})");
  const Json wanted =
      json(R"({"rules":null,"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]},
    "metadata":{"name":"r"}})");
  EXPECT_TRUE(reconcile_policy(stored, wanted));
  EXPECT_EQ(stored.at("rules").as_array().size(), 1u);
  EXPECT_EQ(stored.at("aggregationRule").at("clusterRoleSelectors").as_array().size(), 1u);
}

TEST(Reconcile, ABindingToAnotherRoleHasToBeMadeAnew) {
  const Json wanted = json(R"({"roleRef":{"kind":"ClusterRole","name":"a"}})");
  EXPECT_TRUE(refers_elsewhere(json(R"({"roleRef":{"kind":"ClusterRole","name":"b"}})"), wanted));
  EXPECT_FALSE(refers_elsewhere(json(R"({"roleRef":{"kind":"ClusterRole","name":"a"}})"), wanted));
  EXPECT_FALSE(refers_elsewhere(json(R"({})"), json(R"({"rules":[]})")));
}

TEST(Reconcile, AnOwnerCanOptOut) {
  EXPECT_TRUE(opted_out(json(
      R"({"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"false"}}})")));
  EXPECT_FALSE(opted_out(json(
      R"({"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"true"}}})")));
  EXPECT_FALSE(opted_out(json(R"({"metadata":{}})")));
}

}  // namespace
}  // namespace limen::controllers
