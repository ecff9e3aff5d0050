#include "fairness/flow_schema.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "fairness/fairness.h"
#include "fairness/hand.h"
#include "object/metadata.h"
#include "validation/flow_control.h"

namespace limen::fairness {
namespace {

struct Request {
  request::RequestInfo info;
  request::Identity user;
  Digest digest() const { return {info, user}; }
};

Request ask(const std::string& method, const std::string& target, const std::string& user,
            std::vector<std::string> groups = {"system:authenticated"}) {
  Request made;
  EXPECT_EQ(request::parse_request(method, target, made.info), request::TargetStatus::ok);
  made.user = {user, "", std::move(groups), {}};
  return made;
}

FlowSchema schema(const std::string& rules) {
  return FlowSchema(boost::json::parse(
      R"({"metadata":{"name":"one"},"spec":{"matchingPrecedence":5,"rules":)" + rules + "}}"));
}

FlowSchema for_bob(const std::string& rules) {
  return schema(R"([{"subjects":[{"kind":"User","user":{"name":"bob"}}],)" + rules + "}]");
}

bool matches(const FlowSchema& schema, const Request& request) {
  return schema.matches(request.digest());
}

// What the bootstrap schemas make of a request.
std::string classified(const Request& request) {
  std::vector<FlowSchema> all;
  for (const object::Json& one : validation::flow_control_objects().flow_schemas) {
    all.emplace_back(one);
  }
  const FlowSchema* best = nullptr;
  for (const FlowSchema& one : all) {
    if (one.matches(request.digest()) &&
        (best == nullptr || one.precedence() < best->precedence())) {
      best = &one;
    }
  }
  return best == nullptr ? "" : best->name() + " " + best->level();
}

TEST(FlowSchema, TheBootstrapSchemasClassifyAsInKubeApiserver) {
  const std::vector<std::string> node{"system:nodes", "system:authenticated"};
  const std::vector<std::string> account{"system:serviceaccounts", "system:authenticated"};
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "root", {"system:masters"})), "exempt exempt");
  EXPECT_EQ(classified(ask("GET", "/readyz", "bob")), "probes exempt");
  EXPECT_EQ(classified(ask("GET", "/readyz/ping", "bob")), "probes exempt");
  EXPECT_EQ(classified(ask("GET", "/metrics", "bob")), "global-default global-default");
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "bob")), "global-default global-default");
  EXPECT_EQ(classified(ask("PUT", "/api/v1/nodes/n/status", "system:node:n", node)),
            "system-node-high node-high");
  EXPECT_EQ(
      classified(ask("PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n",
                     "system:node:n", node)),
      "system-node-high node-high");
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "system:node:n", node)), "system-nodes system");
  EXPECT_EQ(classified(ask("GET", "/apis/coordination.k8s.io/v1/namespaces/a/leases/l",
                           "system:kube-scheduler")),
            "system-leader-election leader-election");
  EXPECT_EQ(classified(ask("GET", "/api/v1/namespaces/a/endpoints/e",
                           "system:serviceaccount:kube-system:endpoint-controller", account)),
            "endpoint-controller workload-high");
  EXPECT_EQ(classified(ask("GET", "/api/v1/namespaces/a/configmaps/c",
                           "system:serviceaccount:kube-system:x", account)),
            "workload-leader-election leader-election");
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "system:serviceaccount:kube-system:x", account)),
            "kube-system-service-accounts workload-high");
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "system:serviceaccount:kube-systems:x", account)),
            "service-accounts workload-low");
  EXPECT_EQ(classified(ask("GET", "/api/v1/pods", "system:kube-controller-manager")),
            "kube-controller-manager workload-high");
}

TEST(FlowSchema, AResourceIsNamedWithItsSubresource) {
  const auto rule = [](const std::string& resources) {
    return for_bob(R"("resourceRules":[{"verbs":["*"],"apiGroups":[""],"namespaces":["*"],)"
                   R"("resources":)" +
                   resources + "}]");
  };
  const Request pod = ask("GET", "/api/v1/namespaces/a/pods/p", "bob");
  const Request log = ask("GET", "/api/v1/namespaces/a/pods/p/log", "bob");
  EXPECT_TRUE(matches(rule(R"(["pods"])"), pod));
  EXPECT_FALSE(matches(rule(R"(["pods"])"), log));
  EXPECT_TRUE(matches(rule(R"(["pods/log"])"), log));
  EXPECT_FALSE(matches(rule(R"(["pods/log"])"), pod));
  EXPECT_TRUE(matches(rule(R"(["*"])"), log));
  EXPECT_FALSE(matches(rule(R"(["podsXlog"])"), log));
}

TEST(FlowSchema, NamespacesDoNotCoverTheClusterScope) {
  const auto rule = [](const std::string& scope) {
    return for_bob(R"("resourceRules":[{"verbs":["list"],"apiGroups":["*"],"resources":["*"],)" +
                   scope + "}]");
  };
  const Request within = ask("GET", "/api/v1/namespaces/a/pods", "bob");
  const Request across = ask("GET", "/api/v1/pods", "bob");
  EXPECT_TRUE(matches(rule(R"("namespaces":["*"])"), within));
  EXPECT_FALSE(matches(rule(R"("namespaces":["*"])"), across));
  EXPECT_TRUE(matches(rule(R"("clusterScope":true)"), across));
  EXPECT_FALSE(matches(rule(R"("clusterScope":true)"), within));
  EXPECT_TRUE(matches(rule(R"("namespaces":["b","a"])"), within));
  EXPECT_FALSE(matches(rule(R"("namespaces":["b"])"), within));
  EXPECT_FALSE(
      matches(rule(R"("namespaces":["*"])"), ask("GET", "/api/v1/namespaces/a/pods/p", "bob")));
}

TEST(FlowSchema, APathStandsForWhatIsBelowIt) {
  const auto rule = [](const std::string& path) {
    return for_bob(R"("nonResourceRules":[{"verbs":["get"],"nonResourceURLs":[")" + path +
                   R"("]}])");
  };
  EXPECT_TRUE(matches(rule("/a/*"), ask("GET", "/a/b", "bob")));
  EXPECT_TRUE(matches(rule("/a"), ask("GET", "/a/b", "bob")));
  EXPECT_TRUE(matches(rule("/a"), ask("GET", "/a", "bob")));
  EXPECT_FALSE(matches(rule("/a"), ask("GET", "/ab", "bob")));
  EXPECT_TRUE(matches(rule("*"), ask("GET", "/ab", "bob")));
  EXPECT_FALSE(matches(rule("*"), ask("POST", "/ab", "bob")));
  EXPECT_FALSE(matches(rule("*"), ask("GET", "/api/v1/pods", "bob")));
}

TEST(FlowSchema, SubjectsMayBeEverybody) {
  const std::string rules = R"(,"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}])";
  const auto subject = [&](const std::string& one) {
    return schema("[{\"subjects\":[" + one + "]" + rules + "}]");
  };
  const Request ann = ask("GET", "/x", "ann", {"g"});
  EXPECT_TRUE(matches(subject(R"({"kind":"User","user":{"name":"*"}})"), ann));
  EXPECT_TRUE(matches(subject(R"({"kind":"Group","group":{"name":"*"}})"), ann));
  EXPECT_TRUE(matches(subject(R"({"kind":"Group","group":{"name":"g"}})"), ann));
  EXPECT_FALSE(matches(subject(R"({"kind":"User","user":{"name":"g"}})"), ann));
  EXPECT_FALSE(matches(subject(R"({"kind":"Robot","robot":{"name":"*"}})"), ann));
  EXPECT_FALSE(matches(
      subject(R"({"kind":"ServiceAccount","serviceAccount":{"name":"*","namespace":"a"}})"), ann));
}

TEST(FlowSchema, TellsFlowsApartByUserOrNamespace) {
  const Request bob = ask("GET", "/api/v1/namespaces/a/pods", "bob");
  const auto distinguished = [&](const std::string& method) {
    const FlowSchema one(
        boost::json::parse(R"({"metadata":{"name":"x"},"spec":{"distinguisherMethod":{"type":")" +
                           method + R"("}}})"));
    return std::string(one.distinguisher(bob.digest()));
  };
  EXPECT_EQ(distinguished("ByUser"), "bob");
  EXPECT_EQ(distinguished("ByNamespace"), "a");
  EXPECT_EQ(distinguished("Else"), "");
}

TEST(Hand, IsDealtWithoutRepetition) {
  for (std::uint64_t hash = 1; hash < 20'000; hash += 7) {
    const Hand hand = deal(hash * 0x9E3779B97F4A7C15U, 16, 6);
    ASSERT_EQ(hand.size, 6U);
    std::set<std::uint32_t> cards;
    for (std::uint32_t i = 0; i < hand.size; ++i) {
      ASSERT_LT(hand.cards[i], 16U);
      cards.insert(hand.cards[i]);
    }
    ASSERT_EQ(cards.size(), 6U);
  }
  EXPECT_EQ(deal(12345, 1, 8).size, 1U);
  EXPECT_EQ(deal(12345, 3, 8).size, 3U);
}

// Of the hands of two flows there are 8008; nobody gets the same by more than chance.
TEST(Hand, SeldomIsTheSameForTwoFlows) {
  std::set<std::set<std::uint32_t>> hands;
  const std::uint64_t schema = schema_hash("one");
  for (int user = 0; user < 400; ++user) {
    const Hand hand = deal(flow_hash(schema, "user-" + std::to_string(user)), 16, 6);
    hands.insert({hand.cards.begin(), hand.cards.begin() + hand.size});
  }
  EXPECT_GT(hands.size(), 350U);
  EXPECT_NE(flow_hash(schema, "a"), flow_hash(schema, "b"));
  EXPECT_NE(flow_hash(schema_hash("a"), "b"), flow_hash(schema_hash("b"), "a"));
  EXPECT_NE(flow_hash(schema, std::string_view("a\0", 2)), flow_hash(schema, "a"));
}

}  // namespace
}  // namespace limen::fairness
