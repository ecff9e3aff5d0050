#include <gtest/gtest.h>

#include "limen/testkit/instance.hpp"
#include "support/rbac_model.h"

namespace limen::testkit {
namespace {

Module& module() {
  static Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/rbac.so");
  return loaded;
}

using test::make_binding;
using test::make_role;

class RbacTest : public testing::Test {
 protected:
  RbacTest() : rbac_(module()) {}
  void add(const Json& object) {
    rbac_.host().put(test::kRbacGroup, test::resource_of(object), object);
  }
  Reply ask(const Action& action) { return rbac_.authorize(action); }
  static Action on(std::string user, std::string verb, std::string ns, std::string resource) {
    Action action;
    action.user.name = std::move(user);
    action.verb = std::move(verb);
    action.ns = std::move(ns);
    action.resource = std::move(resource);
    return action;
  }
  Instance rbac_;
};

constexpr const char* kReadPods =
    R"([{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}])";
constexpr const char* kBob = R"([{"kind":"User","name":"bob"}])";

TEST_F(RbacTest, AnAllowedRequestNamesTheBindingAsKubernetesDoes) {
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "", "ClusterRole", "reader", kBob));
  const Reply reply = ask(on("bob", "get", "x", "pods"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(
      reply.reason,
      "RBAC: allowed by ClusterRoleBinding \"readers\" of ClusterRole \"reader\" to User \"bob\"");
}

TEST_F(RbacTest, ARoleBindingGivesAClusterRoleInItsNamespaceOnly) {
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "x", "ClusterRole", "reader", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).reason,
            "RBAC: allowed by RoleBinding \"readers/x\" of ClusterRole \"reader\" to User \"bob\"");
  EXPECT_EQ(ask(on("bob", "get", "y", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(on("bob", "list", "", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, AServiceAccountIsNamedByItsNamespace) {
  add(make_role("reader", "x", kReadPods));
  add(make_binding("readers", "x", "Role", "reader",
                   R"([{"kind":"ServiceAccount","name":"app","namespace":"y"}])"));
  EXPECT_EQ(
      ask(on("system:serviceaccount:y:app", "get", "x", "pods")).reason,
      "RBAC: allowed by RoleBinding \"readers/x\" of Role \"reader\" to ServiceAccount \"app/y\"");
  EXPECT_EQ(ask(on("system:serviceaccount:x:app", "get", "x", "pods")).verdict,
            LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ABindingWithoutItsRoleIsToldAndTheOthersCount) {
  add(make_binding("dangling", "", "ClusterRole", "gone", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).reason,
            "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "", "ClusterRole", "reader", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).verdict, LIMEN_ALLOW);
}

TEST_F(RbacTest, AChangedBindingAndAChangedRoleAreInForce) {
  add(make_role("reader", "", kReadPods));
  const Json first = make_binding("readers", "", "ClusterRole", "reader", kBob);
  add(first);
  add(make_binding("readers", "", "ClusterRole", "reader", R"([{"kind":"User","name":"eve"}])"));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(on("eve", "get", "x", "pods")).verdict, LIMEN_ALLOW);
  add(make_role("reader", "", "[]"));
  EXPECT_EQ(ask(on("eve", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ResourceNamesNeverAllowAListWithoutAName) {
  add(make_role(
      "one", "",
      R"([{"apiGroups":[""],"resources":["pods"],"resourceNames":["p"],"verbs":["get","list"]}])"));
  add(make_binding("b", "", "ClusterRole", "one", kBob));
  Action action = on("bob", "get", "x", "pods");
  action.name = "p";
  EXPECT_EQ(ask(action).verdict, LIMEN_ALLOW);
  EXPECT_EQ(ask(on("bob", "list", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ASubresourceOfAnythingIsMatchedByItsName) {
  add(make_role("scaler", "",
                R"([{"apiGroups":["*"],"resources":["*/scale"],"verbs":["update"]}])"));
  add(make_binding("b", "", "ClusterRole", "scaler", kBob));
  Action action = on("bob", "update", "x", "deployments");
  action.api_group = "apps";
  EXPECT_EQ(ask(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.subresource = "scale";
  EXPECT_EQ(ask(action).verdict, LIMEN_ALLOW);
}

TEST_F(RbacTest, RulesAreListedFromClusterAndNamespace) {
  add(make_role("reader", "", kReadPods));
  add(make_role("paths", "", R"([{"nonResourceURLs":["/healthz"],"verbs":["get"]}])"));
  add(make_binding("a", "x", "ClusterRole", "reader", kBob));
  add(make_binding("b", "", "ClusterRole", "paths", kBob));
  const Reply reply = rbac_.rules_for({.name = "bob"}, "x");
  ASSERT_EQ(reply.rules.size(), 2U);
  EXPECT_TRUE(reply.rules[0].non_resource);
  EXPECT_EQ(reply.rules[1].resources, std::vector<std::string>{"pods"});
  EXPECT_FALSE(reply.incomplete);
}

TEST_F(RbacTest, AServiceAccountWithoutANamespaceIsNamedWithTheBindings) {
  add(make_role("reader", "x", kReadPods));
  add(make_binding("readers", "x", "Role", "reader",
                   R"([{"kind":"ServiceAccount","name":"app"}])"));
  EXPECT_EQ(
      ask(on("system:serviceaccount:x:app", "get", "x", "pods")).reason,
      "RBAC: allowed by RoleBinding \"readers/x\" of Role \"reader\" to ServiceAccount \"app/x\"");
}

TEST_F(RbacTest, NamesInReasonsAreQuotedAsGoDoes) {
  add(make_role("a\"b", "", kReadPods));
  add(make_binding("c\\d", "", "ClusterRole", "a\"b", R"([{"kind":"User","name":"e\nf"}])"));
  EXPECT_EQ(ask(on("e\nf", "get", "x", "pods")).reason,
            R"(RBAC: allowed by ClusterRoleBinding "c\\d" of ClusterRole "a\"b" to User "e\nf")");
}

TEST_F(RbacTest, AMissingRoleIsToldOnceHoweverManyBindingsNameIt) {
  add(make_binding("a", "", "ClusterRole", "gone",
                   R"([{"kind":"User","name":"bob"},{"kind":"Group","name":"dev"}])"));
  add(make_binding("b", "", "ClusterRole", "gone", kBob));
  Action action = on("bob", "get", "x", "pods");
  action.user.groups = {"dev"};
  EXPECT_EQ(ask(action).reason, "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  add(make_binding("c", "x", "Role", "lost", kBob));
  EXPECT_EQ(ask(action).reason,
            "RBAC: [clusterrole.rbac.authorization.k8s.io \"gone\" not found, "
            "role.rbac.authorization.k8s.io \"lost\" not found]");
}

TEST_F(RbacTest, ABindingThatNamesAUserTwiceIsListedOnce) {
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "", "ClusterRole", "reader",
                   R"([{"kind":"User","name":"bob"},{"kind":"Group","name":"dev"}])"));
  EXPECT_EQ(rbac_.rules_for({.name = "bob", .groups = {"dev"}}, "x").rules.size(), 1U);
}

class RbacExplained : public RbacTest {
 protected:
  Reply explain(Action action) {
    action.explain = true;
    return ask(action);
  }
  std::vector<std::string> near_misses(const Action& action) {
    std::vector<std::string> texts;
    for (const auto& [key, value] : explain(action).causes) {
      EXPECT_EQ(key, "near-miss");
      texts.push_back(value);
    }
    return texts;
  }
};

TEST_F(RbacExplained, TheRuleIsTheBindingAndTheRolesRuleThatMatched) {
  add(make_role("reader", "",
                R"([{"apiGroups":["apps"],"resources":["*"],"verbs":["*"]},)"
                R"({"apiGroups":[""],"resources":["pods"],"verbs":["get"]}])"));
  add(make_binding("readers", "x", "ClusterRole", "reader", kBob));
  const Reply reply = explain(on("bob", "get", "x", "pods"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.rule,
            "RoleBinding \"readers/x\" of ClusterRole \"reader\" to User \"bob\", rules[1]");
  EXPECT_TRUE(reply.causes.empty());
}

TEST_F(RbacExplained, ABindingInAnotherNamespaceIsANearMiss) {
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "z", "ClusterRole", "reader", kBob));
  add(make_binding("readers", "y", "ClusterRole", "reader", kBob));
  add(make_binding("others", "w", "ClusterRole", "reader", R"([{"kind":"User","name":"eve"}])"));
  EXPECT_EQ(near_misses(on("bob", "get", "x", "pods")),
            (std::vector<std::string>{
                "RoleBinding \"readers/y\" of ClusterRole \"reader\" to User \"bob\": allows it, "
                "but in the namespace \"y\" only",
                "RoleBinding \"readers/z\" of ClusterRole \"reader\" to User \"bob\": allows it, "
                "but in the namespace \"z\" only"}));
  EXPECT_TRUE(near_misses(on("bob", "delete", "x", "pods")).empty());
}

TEST_F(RbacExplained, ARuleThatLacksOneThingIsANearMiss) {
  add(make_role("r", "x",
                R"([{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]},)"
                R"({"apiGroups":["batch"],"resources":["pods"],"verbs":["delete"]},)"
                R"({"apiGroups":[""],"resources":["pods"],"verbs":["*"],"resourceNames":["p"]},)"
                R"({"apiGroups":[""],"resources":["pods/log"],"verbs":["*"]},)"
                R"({"apiGroups":[""],"resources":["secrets"],"verbs":["*"]}])"));
  add(make_binding("b", "x", "Role", "r", kBob));
  const std::string lead = "RoleBinding \"b/x\" of Role \"r\" to User \"bob\": rules";
  EXPECT_EQ(near_misses(on("bob", "delete", "x", "pods")),
            (std::vector<std::string>{
                lead + "[0] has the resource but not the verb: only \"get\", \"list\"",
                lead + "[1] is for another API group: \"batch\"",
                lead + "[2] is for other names: only \"p\"",
                lead + "[3] has \"pods/log\" but not the resource itself"}));
  Action attach = on("bob", "get", "x", "pods");
  attach.subresource = "attach";
  EXPECT_EQ(near_misses(attach).front(),
            lead + "[0] has the resource but not its subresource \"attach\"");
}

TEST_F(RbacExplained, APathWithoutTheVerbIsANearMiss) {
  add(make_role("paths", "", R"([{"nonResourceURLs":["/logs/*"],"verbs":["get"]}])"));
  add(make_binding("b", "", "ClusterRole", "paths", kBob));
  Action action = on("bob", "post", "", "");
  action.path = "/logs/x";
  EXPECT_EQ(
      near_misses(action),
      std::vector<std::string>{"ClusterRoleBinding \"b\" of ClusterRole \"paths\" to User "
                               "\"bob\": rules[0] has the path but not the verb: only \"get\""});
  action.path = "/other";
  EXPECT_TRUE(near_misses(action).empty());
}

TEST_F(RbacExplained, NearMissesAreFew) {
  add(make_role("reader", "", kReadPods));
  for (int i = 0; i < 30; ++i) {
    add(make_binding("b", "n" + std::to_string(i), "ClusterRole", "reader", kBob));
    add(make_binding("c" + std::to_string(i), "", "ClusterRole", "reader",
                     R"([{"kind":"User","name":"eve"}])"));
  }
  EXPECT_EQ(near_misses(on("bob", "get", "x", "pods")).size(), 6U);
  EXPECT_EQ(near_misses(on("eve", "delete", "x", "pods")).size(), 6U);
  EXPECT_EQ(near_misses(on("eve", "delete", "x", "pods")).back(),
            "more of the kind, which are not shown");
}

TEST_F(RbacExplained, NoMoreBindingsAreLookedAtThanAPersonCanWaitFor) {
  add(make_role("idle", "", R"([{"apiGroups":["x"],"resources":["y"],"verbs":["z"]}])"));
  const auto bind = [this](int number) {
    add(make_binding("b", "n" + std::to_string(number), "ClusterRole", "idle", kBob));
  };
  for (int i = 0; i < 2000; ++i) bind(i);
  EXPECT_TRUE(near_misses(on("bob", "get", "x", "pods")).empty());
  bind(2000);
  EXPECT_EQ(
      near_misses(on("bob", "get", "x", "pods")),
      std::vector<std::string>{"only the first 2000 bindings that name the user were looked at"});
}

TEST_F(RbacExplained, OnlyAnExplanationCostsWhatItTells) {
  add(make_role("reader", "", kReadPods));
  add(make_binding("readers", "", "ClusterRole", "reader", kBob));
  EXPECT_TRUE(ask(on("bob", "delete", "x", "pods")).causes.empty());
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).rule, "");
}

}  // namespace
}  // namespace limen::testkit
