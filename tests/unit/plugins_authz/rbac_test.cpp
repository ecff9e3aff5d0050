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

}  // namespace
}  // namespace limen::testkit
