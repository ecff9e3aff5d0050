// Writes of roles and bindings: nobody gives away more than they have.
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

// Allows what a test names and holds the rules it gives.
class Holder final : public authz::Authorizer {
 public:
  std::vector<std::string> allowed;  // "verb resource name"
  authz::Rules everywhere, in_namespace;

  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    authz::Result result;
    result.verdict = authz::Verdict::no_opinion;
    const std::string asked = attributes.verb + " " + attributes.resource + " " + attributes.name;
    for (const std::string& one : allowed) {
      if (one == asked) result.verdict = authz::Verdict::allow;
    }
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string& ns,
                                     request::CallScope&) override {
    co_return ns.empty() ? everywhere : in_namespace;
  }

 private:
  std::string name_ = "holder";
};

constexpr const char* kRoles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
constexpr const char* kClusterRoles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
constexpr const char* kBindings =
    "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
const Headers kJson = {{"Content-Type", "application/json"}};
const Headers kMerge = {{"Content-Type", "application/merge-patch+json"}};
const Headers kJsonPatch = {{"Content-Type", "application/json-patch+json"}};
const Headers kStrategic = {{"Content-Type", "application/strategic-merge-patch+json"}};
constexpr const char* kGetPods = R"({"apiGroups":[""],"resources":["pods"],"verbs":["get"]})";
constexpr const char* kGetSecrets = R"({"apiGroups":[""],"resources":["secrets"],"verbs":["get"]})";

class Escalation : public ApiTest {
 protected:
  Escalation() {
    holder->in_namespace.resource_rules = {{{"get"}, {""}, {"pods"}, {}}};
    auto made = std::make_shared<api::AccessChains>();
    made->authz = authz::Chain({holder});
    chains = made;
  }

  static std::string role(const std::string& rules, const std::string& more = "") {
    return R"({"metadata":{"name":"r"},"rules":[)" + rules + "]" + more + "}";
  }
  static std::string binding(const std::string& kind, const std::string& name) {
    return R"({"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":")" +
           kind + R"(","name":")" + name +
           R"("},"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"eve"}]})";
  }
  // Stores a role as somebody who holds everything.
  void given_role(const char* collection, const std::string& rules) {
    holder->allowed = {"escalate roles ", "escalate clusterroles "};
    ASSERT_EQ(call("POST", collection, role(rules), kJson).status, 201);
    holder->allowed.clear();
  }

  std::shared_ptr<Holder> holder = std::make_shared<Holder>();
};

TEST_F(Escalation, ARoleOfWhatItsWriterHoldsIsStored) {
  EXPECT_EQ(call("POST", kRoles, role(kGetPods), kJson).status, 201);
}

TEST_F(Escalation, ARoleOfMoreIsRefusedWithWhatIsMissing) {
  const Answered answer =
      call("POST", kRoles, role(std::string(kGetPods) + "," + kGetSecrets), kJson);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.reason(), "Forbidden");
  EXPECT_EQ(answer.message(),
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"alice\" "
            "(groups=[\"testers\"]) is attempting to grant RBAC permissions not currently held:\n"
            "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}");
  EXPECT_EQ(call("GET", std::string(kRoles) + "/r").status, 404);
}

TEST_F(Escalation, WhatHoldsInANamespaceDoesNotMakeAClusterRole) {
  EXPECT_EQ(call("POST", kClusterRoles, role(kGetPods), kJson).status, 403);
  holder->everywhere = holder->in_namespace;
  EXPECT_EQ(call("POST", kClusterRoles, role(kGetPods), kJson).status, 201);
}

TEST_F(Escalation, TheVerbEscalateIsEnough) {
  holder->allowed = {"escalate roles "};
  EXPECT_EQ(call("POST", kRoles, role(kGetSecrets), kJson).status, 201);
}

TEST_F(Escalation, EveryWayToChangeARoleIsChecked) {
  given_role(kRoles, kGetPods);
  const std::string path = std::string(kRoles) + "/r";
  const std::string more = std::string(kGetPods) + "," + kGetSecrets;
  EXPECT_EQ(call("PUT", path, role(more), kJson).status, 403);
  EXPECT_EQ(call("PATCH", path, R"({"rules":[)" + more + "]}", kMerge).status, 403);
  EXPECT_EQ(call("PATCH", path, R"({"rules":[)" + more + "]}", kStrategic).status, 403);
  EXPECT_EQ(call("PATCH", path,
                 R"([{"op":"add","path":"/rules/-","value":)" + std::string(kGetSecrets) + "}]",
                 kJsonPatch)
                .status,
            403);
  EXPECT_EQ(call("PUT", path + "?dryRun=All", role(more), kJson).status, 403);
  EXPECT_EQ(call("GET", path).text.find("secrets"), std::string::npos);
}

TEST_F(Escalation, OneWhoHoldsLessMayStillLetARoleGo) {
  given_role(kRoles, kGetSecrets);
  const std::string path = std::string(kRoles) + "/r";
  EXPECT_EQ(call("PATCH", path, R"({"metadata":{"finalizers":["example.com/f"]}})", kMerge).status,
            200);
  EXPECT_EQ(call("PATCH", path, R"({"metadata":{"labels":{"a":"b"}}})", kMerge).status, 403);
}

TEST_F(Escalation, ABindingNeedsTheRulesOfItsRoleOrTheVerbBind) {
  given_role(kRoles, kGetSecrets);
  const Answered refused = call("POST", kBindings, binding("Role", "r"), kJson);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.message().find("rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: "
                                   "user \"alice\" (groups=[\"testers\"]) is attempting"),
            std::string::npos);
  holder->allowed = {"bind roles r"};
  EXPECT_EQ(call("POST", kBindings, binding("Role", "r"), kJson).status, 201);
  holder->allowed.clear();
  // Its subjects may not be changed by less either.
  EXPECT_EQ(call("PATCH", std::string(kBindings) + "/b", R"({"subjects":[]})", kMerge).status, 403);
}

TEST_F(Escalation, ABindingOfWhatIsHeldIsStored) {
  given_role(kRoles, kGetPods);
  EXPECT_EQ(call("POST", kBindings, binding("Role", "r"), kJson).status, 201);
}

TEST_F(Escalation, ARoleBindingMayNameAClusterRole) {
  given_role(kClusterRoles, kGetPods);
  EXPECT_EQ(call("POST", kBindings, binding("ClusterRole", "r"), kJson).status, 201);
}

TEST_F(Escalation, ABindingToNothingIsNotFound) {
  const Answered answer = call("POST", kBindings, binding("Role", "nobody"), kJson);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.message(), "roles.rbac.authorization.k8s.io \"nobody\" not found");
}

TEST_F(Escalation, AnAggregationRuleNeedsEverything) {
  const std::string gathers =
      R"(,"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]})";
  const Answered answer = call("POST", kClusterRoles, role("", gathers), kJson);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.message(),
            "clusterroles.rbac.authorization.k8s.io \"r\" is forbidden: must have cluster-admin "
            "privileges to use the aggregationRule");
  holder->everywhere.resource_rules = {{{"*"}, {"*"}, {"*"}, {}}};
  holder->everywhere.non_resource_rules = {{{"*"}, {"*"}}};
  EXPECT_EQ(call("POST", kClusterRoles, role("", gathers), kJson).status, 201);
}

}  // namespace
}  // namespace limen::test
