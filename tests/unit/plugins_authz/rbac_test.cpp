#include <gtest/gtest.h>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {
namespace {

Module& module() {
  static Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/rbac.so");
  return loaded;
}

constexpr const char* kGroup = "rbac.authorization.k8s.io";

// A slow, obvious evaluator to hold the module against: it walks every binding for every question.
class Oracle {
 public:
  std::vector<Json> roles, bindings;

  bool allows(const Action& action) const {
    for (const Json& binding : bindings) {
      const std::string ns = text(binding, "/metadata/namespace");
      if (!ns.empty() && (action.resource.empty() || ns != action.ns)) continue;
      if (!names(binding, ns, action.user)) continue;
      const std::string kind = text(binding, "/roleRef/kind");
      for (const Json& role : roles) {
        if (text(role, "/kind") != kind ||
            text(role, "/metadata/name") != text(binding, "/roleRef/name"))
          continue;
        if (kind == "Role" && text(role, "/metadata/namespace") != ns) continue;
        for (const Json& rule : role.at("rules").as_array())
          if (rule_allows(rule, action)) return true;
      }
    }
    return false;
  }

 private:
  static std::string text(const Json& value, std::string_view pointer) {
    boost::system::error_code error;
    const Json* found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  }
  static bool names(const Json& binding, const std::string& ns, const UserInfo& user) {
    for (const Json& subject : binding.at("subjects").as_array()) {
      const std::string kind = text(subject, "/kind");
      const std::string name = text(subject, "/name");
      std::string account_ns = text(subject, "/namespace");
      if (account_ns.empty()) account_ns = ns;
      if (kind == "User" && name == user.name) return true;
      if (kind == "ServiceAccount" &&
          user.name == "system:serviceaccount:" + account_ns + ":" + name)
        return true;
      for (const std::string& group : user.groups)
        if (kind == "Group" && name == group) return true;
    }
    return false;
  }
  static bool any(const Json& rule, const char* key, const std::string& wanted, bool star = true) {
    const auto* list = rule.as_object().if_contains(key);
    if (list == nullptr) return false;
    for (const Json& item : list->as_array())
      if ((star && item.as_string() == "*") || item.as_string() == wanted.c_str()) return true;
    return false;
  }
  static bool rule_allows(const Json& rule, const Action& action) {
    if (!any(rule, "verbs", action.verb)) return false;
    if (action.resource.empty()) {
      const auto* urls = rule.as_object().if_contains("nonResourceURLs");
      if (urls == nullptr) return false;
      for (const Json& item : urls->as_array()) {
        const std::string url(item.as_string());
        if (url == "*" || url == action.path) return true;
        if (url.back() == '*' && action.path.rfind(url.substr(0, url.size() - 1), 0) == 0)
          return true;
      }
      return false;
    }
    if (!any(rule, "apiGroups", action.api_group)) return false;
    const auto* resource_names = rule.as_object().if_contains("resourceNames");
    if (resource_names != nullptr && !resource_names->as_array().empty() &&
        !any(rule, "resourceNames", action.name, false)) {
      return false;
    }
    const std::string combined =
        action.resource + (action.subresource.empty() ? "" : "/" + action.subresource);
    return any(rule, "resources", combined) ||
           (!action.subresource.empty() &&
            any(rule, "resources", "*/" + action.subresource, false));
  }
};

Json role(const std::string& name, const std::string& ns, const std::string& rules) {
  Json object = boost::json::parse(
      R"({"apiVersion":"rbac.authorization.k8s.io/v1","metadata":{},"rules":)" + rules + "}");
  object.as_object()["kind"] = ns.empty() ? "ClusterRole" : "Role";
  object.at("metadata").as_object()["name"] = name;
  if (!ns.empty()) object.at("metadata").as_object()["namespace"] = ns;
  return object;
}

Json binding(const std::string& name, const std::string& ns, const std::string& role_kind,
             const std::string& role_name, const std::string& subjects) {
  Json object = boost::json::parse(R"({"metadata":{},"roleRef":{},"subjects":)" + subjects + "}");
  object.at("metadata").as_object()["name"] = name;
  if (!ns.empty()) object.at("metadata").as_object()["namespace"] = ns;
  object.at("roleRef").as_object()["kind"] = role_kind;
  object.at("roleRef").as_object()["name"] = role_name;
  return object;
}

class RbacTest : public testing::Test {
 protected:
  RbacTest() : rbac_(module()) {}
  void add_role(const Json& object) {
    const bool cluster = object.at("kind").as_string() == "ClusterRole";
    rbac_.host().put(kGroup, cluster ? "clusterroles" : "roles", object);
    oracle_.roles.push_back(object);
  }
  void add_binding(const Json& object) {
    const bool cluster = object.at("metadata").as_object().if_contains("namespace") == nullptr;
    rbac_.host().put(kGroup, cluster ? "clusterrolebindings" : "rolebindings", object);
    oracle_.bindings.push_back(object);
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
  Oracle oracle_;
};

constexpr const char* kReadPods =
    R"([{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}])";
constexpr const char* kBob = R"([{"kind":"User","name":"bob"}])";

TEST_F(RbacTest, AnAllowedRequestNamesTheBindingAsKubernetesDoes) {
  add_role(role("reader", "", kReadPods));
  add_binding(binding("readers", "", "ClusterRole", "reader", kBob));
  const Reply reply = ask(on("bob", "get", "x", "pods"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(
      reply.reason,
      "RBAC: allowed by ClusterRoleBinding \"readers\" of ClusterRole \"reader\" to User \"bob\"");
}

TEST_F(RbacTest, ARoleBindingGivesAClusterRoleInItsNamespaceOnly) {
  add_role(role("reader", "", kReadPods));
  add_binding(binding("readers", "x", "ClusterRole", "reader", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).reason,
            "RBAC: allowed by RoleBinding \"readers/x\" of ClusterRole \"reader\" to User \"bob\"");
  EXPECT_EQ(ask(on("bob", "get", "y", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(on("bob", "list", "", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, AServiceAccountIsNamedByItsNamespace) {
  add_role(role("reader", "x", kReadPods));
  add_binding(binding("readers", "x", "Role", "reader",
                      R"([{"kind":"ServiceAccount","name":"app","namespace":"y"}])"));
  EXPECT_EQ(
      ask(on("system:serviceaccount:y:app", "get", "x", "pods")).reason,
      "RBAC: allowed by RoleBinding \"readers/x\" of Role \"reader\" to ServiceAccount \"app/y\"");
  EXPECT_EQ(ask(on("system:serviceaccount:x:app", "get", "x", "pods")).verdict,
            LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ABindingWithoutItsRoleIsToldAndTheOthersCount) {
  add_binding(binding("dangling", "", "ClusterRole", "gone", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).reason,
            "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found");
  add_role(role("reader", "", kReadPods));
  add_binding(binding("readers", "", "ClusterRole", "reader", kBob));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).verdict, LIMEN_ALLOW);
}

TEST_F(RbacTest, AChangedBindingAndAChangedRoleAreInForce) {
  add_role(role("reader", "", kReadPods));
  const Json first = binding("readers", "", "ClusterRole", "reader", kBob);
  add_binding(first);
  add_binding(binding("readers", "", "ClusterRole", "reader", R"([{"kind":"User","name":"eve"}])"));
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(ask(on("eve", "get", "x", "pods")).verdict, LIMEN_ALLOW);
  add_role(role("reader", "", "[]"));
  EXPECT_EQ(ask(on("eve", "get", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ResourceNamesNeverAllowAListWithoutAName) {
  add_role(role(
      "one", "",
      R"([{"apiGroups":[""],"resources":["pods"],"resourceNames":["p"],"verbs":["get","list"]}])"));
  add_binding(binding("b", "", "ClusterRole", "one", kBob));
  Action action = on("bob", "get", "x", "pods");
  action.name = "p";
  EXPECT_EQ(ask(action).verdict, LIMEN_ALLOW);
  EXPECT_EQ(ask(on("bob", "list", "x", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(RbacTest, ASubresourceOfAnythingIsMatchedByItsName) {
  add_role(
      role("scaler", "", R"([{"apiGroups":["*"],"resources":["*/scale"],"verbs":["update"]}])"));
  add_binding(binding("b", "", "ClusterRole", "scaler", kBob));
  Action action = on("bob", "update", "x", "deployments");
  action.api_group = "apps";
  EXPECT_EQ(ask(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.subresource = "scale";
  EXPECT_EQ(ask(action).verdict, LIMEN_ALLOW);
}

TEST_F(RbacTest, RulesAreListedFromClusterAndNamespace) {
  add_role(role("reader", "", kReadPods));
  add_role(role("paths", "", R"([{"nonResourceURLs":["/healthz"],"verbs":["get"]}])"));
  add_binding(binding("a", "x", "ClusterRole", "reader", kBob));
  add_binding(binding("b", "", "ClusterRole", "paths", kBob));
  const Reply reply = rbac_.rules_for({.name = "bob"}, "x");
  ASSERT_EQ(reply.rules.size(), 2U);
  EXPECT_TRUE(reply.rules[0].non_resource);
  EXPECT_EQ(reply.rules[1].resources, std::vector<std::string>{"pods"});
  EXPECT_FALSE(reply.incomplete);
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
  add_role(role("reader", "",
                R"([{"apiGroups":["apps"],"resources":["*"],"verbs":["*"]},)"
                R"({"apiGroups":[""],"resources":["pods"],"verbs":["get"]}])"));
  add_binding(binding("readers", "x", "ClusterRole", "reader", kBob));
  const Reply reply = explain(on("bob", "get", "x", "pods"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.rule,
            "RoleBinding \"readers/x\" of ClusterRole \"reader\" to User \"bob\", rules[1]");
  EXPECT_TRUE(reply.causes.empty());
}

TEST_F(RbacExplained, ABindingInAnotherNamespaceIsANearMiss) {
  add_role(role("reader", "", kReadPods));
  add_binding(binding("readers", "z", "ClusterRole", "reader", kBob));
  add_binding(binding("readers", "y", "ClusterRole", "reader", kBob));
  add_binding(binding("others", "w", "ClusterRole", "reader", R"([{"kind":"User","name":"eve"}])"));
  EXPECT_EQ(near_misses(on("bob", "get", "x", "pods")),
            (std::vector<std::string>{
                "RoleBinding \"readers/y\" of ClusterRole \"reader\" to User \"bob\": allows it, "
                "but in the namespace \"y\" only",
                "RoleBinding \"readers/z\" of ClusterRole \"reader\" to User \"bob\": allows it, "
                "but in the namespace \"z\" only"}));
  EXPECT_TRUE(near_misses(on("bob", "delete", "x", "pods")).empty());
}

TEST_F(RbacExplained, ARuleThatLacksOneThingIsANearMiss) {
  add_role(role("r", "x",
                R"([{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]},)"
                R"({"apiGroups":["batch"],"resources":["pods"],"verbs":["delete"]},)"
                R"({"apiGroups":[""],"resources":["pods"],"verbs":["*"],"resourceNames":["p"]},)"
                R"({"apiGroups":[""],"resources":["pods/log"],"verbs":["*"]},)"
                R"({"apiGroups":[""],"resources":["secrets"],"verbs":["*"]}])"));
  add_binding(binding("b", "x", "Role", "r", kBob));
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
  add_role(role("paths", "", R"([{"nonResourceURLs":["/logs/*"],"verbs":["get"]}])"));
  add_binding(binding("b", "", "ClusterRole", "paths", kBob));
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
  add_role(role("reader", "", kReadPods));
  for (int i = 0; i < 30; ++i) {
    add_binding(binding("b", "n" + std::to_string(i), "ClusterRole", "reader", kBob));
    add_binding(binding("c" + std::to_string(i), "", "ClusterRole", "reader",
                        R"([{"kind":"User","name":"eve"}])"));
  }
  EXPECT_EQ(near_misses(on("bob", "get", "x", "pods")).size(), 6U);
  EXPECT_EQ(near_misses(on("eve", "delete", "x", "pods")).size(), 6U);
  EXPECT_EQ(near_misses(on("eve", "delete", "x", "pods")).back(),
            "more of the kind, which are not shown");
}

TEST_F(RbacExplained, OnlyAnExplanationCostsWhatItTells) {
  add_role(role("reader", "", kReadPods));
  add_binding(binding("readers", "", "ClusterRole", "reader", kBob));
  EXPECT_TRUE(ask(on("bob", "delete", "x", "pods")).causes.empty());
  EXPECT_EQ(ask(on("bob", "get", "x", "pods")).rule, "");
}

TEST_F(RbacTest, AgreesWithAnObviousEvaluatorOnManyQuestions) {
  const std::vector<std::string> rules = {
      kReadPods, R"([{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}])",
      R"([{"apiGroups":["apps"],"resources":["deployments","deployments/scale"],"verbs":["get","update"]}])",
      R"([{"apiGroups":["","apps"],"resources":["*/scale"],"verbs":["update"]},{"nonResourceURLs":["/api*","/healthz"],"verbs":["get"]}])",
      R"([{"apiGroups":[""],"resources":["pods"],"resourceNames":["p"],"verbs":["get","delete"]}])"};
  unsigned seed = 7;
  const auto pick = [&seed](std::size_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 10) % below;
  };
  const std::vector<std::string> users = {"ann", "bob", "system:serviceaccount:x:app"};
  const std::vector<std::string> groups = {"dev", "ops"};
  const std::vector<std::string> spaces = {"x", "y"};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    add_role(role("c" + std::to_string(i), "", rules[i]));
    for (const std::string& ns : spaces) add_role(role("r" + std::to_string(i), ns, rules[i]));
  }
  for (int i = 0; i < 12; ++i) {
    const std::string who = pick(2) == 0 ? R"([{"kind":"User","name":")" + users[pick(2)] + "\"}]"
                            : pick(2) == 0
                                ? R"([{"kind":"Group","name":")" + groups[pick(2)] + "\"}]"
                                : std::string(R"([{"kind":"ServiceAccount","name":"app"}])");
    const bool cluster = pick(3) == 0 && who.find("Service") == std::string::npos;
    const bool cluster_role = cluster || pick(2) == 0;
    add_binding(binding("b" + std::to_string(i), cluster ? "" : spaces[pick(2)],
                        cluster_role ? "ClusterRole" : "Role",
                        (cluster_role ? "c" : "r") + std::to_string(pick(rules.size())), who));
  }
  int allowed = 0;
  constexpr int kQuestions = 3000;
  for (int i = 0; i < kQuestions; ++i) {
    Action action;
    action.user.name = users[pick(users.size())];
    if (pick(2) == 0) action.user.groups = {groups[pick(2)]};
    action.verb = std::vector<std::string>{"get", "list", "update", "delete"}[pick(4)];
    if (pick(5) == 0) {
      action.path = std::vector<std::string>{"/apis/apps", "/healthz", "/metrics"}[pick(3)];
    } else {
      action.resource = std::vector<std::string>{"pods", "deployments"}[pick(2)];
      action.api_group = action.resource == "pods" ? "" : "apps";
      if (pick(3) == 0) action.subresource = "scale";
      action.ns = pick(4) == 0 ? "" : spaces[pick(2)];
      if (pick(2) == 0) action.name = "p";
    }
    const bool expected = oracle_.allows(action);
    allowed += expected ? 1 : 0;
    ASSERT_EQ(ask(action).verdict == LIMEN_ALLOW, expected)
        << action.user.name << ' ' << action.verb << ' ' << action.ns << ' ' << action.resource
        << '/' << action.subresource << ' ' << action.name << ' ' << action.path;
  }
  EXPECT_GT(allowed, kQuestions / 20) << "the questions must not all have one answer";
  EXPECT_LT(allowed, kQuestions * 19 / 20);
}

}  // namespace
}  // namespace limen::testkit
