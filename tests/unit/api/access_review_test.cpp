// AccessReview of access.limen.io: who may ask, and what is answered.
#include "catalog/catalog.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

// Lets ada explain bob, and bob get pods; names what it goes by.
class Policy final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  const std::string& module() const override { return module_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    const std::string asked = attributes.user->name + " " + attributes.verb + " " +
                              attributes.group + "/" + attributes.resource + " " + attributes.name;
    questions.push_back(asked + (attributes.explain ? " explained" : ""));
    authz::Result result{authz::Verdict::no_opinion, "none for <" + attributes.user->name + ">",
                         ""};
    auto basis = std::make_shared<authz::Basis>();
    if (asked == "alice explain access.limen.io/accessreviews bob" || asked == "bob get /pods ") {
      result = {authz::Verdict::allow, "the list says so", ""};
      basis->rule = "list:1";
    } else {
      basis->causes = {{"near-miss", "list:2"}, {"cache", "hit"}};
    }
    if (attributes.explain) result.basis = basis;
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  std::vector<std::string> questions;

 private:
  std::string name_ = "list", module_ = "acme-list";
};

constexpr const char* kReviews = "/apis/access.limen.io/v1/accessreviews";

class AccessReview : public ApiTest {
 protected:
  AccessReview() {
    auto made = std::make_shared<api::AccessChains>();
    made->authz = authz::Chain({policy});
    chains = made;
  }
  static std::string about(const std::string& user, const std::string& verb) {
    return R"({"apiVersion":"access.limen.io/v1","kind":"AccessReview","spec":{"user":")" + user +
           R"(","resourceAttributes":{"verb":")" + verb +
           R"(","resource":"pods","namespace":"x"}}})";
  }
  Answered ask(const std::string& body) {
    return call("POST", kReviews, body, {{"Content-Type", "application/json"}});
  }
  std::shared_ptr<Policy> policy = std::make_shared<Policy>();
};

// The member `steps[i].key` as text.
std::string step(const Answered& answered, std::size_t i, std::string_view key) {
  const object::Json& steps = *object::find(answered.json, {"status", "steps"});
  const object::Json* value = object::member(steps.get_array().at(i), key);
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

TEST_F(AccessReview, TellsEveryStepOfAnAllow) {
  const Answered answered = ask(about("bob", "get"));
  ASSERT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("kind"), "AccessReview");
  EXPECT_EQ(answered.at("apiVersion"), "access.limen.io/v1");
  EXPECT_EQ(answered.at("spec.user"), "bob");
  EXPECT_EQ(answered.at("status.allowed"), "true");
  EXPECT_EQ(answered.at("status.reason"), "the list says so");
  EXPECT_EQ(step(answered, 0, "name"), "system:masters");
  EXPECT_EQ(step(answered, 0, "verdict"), "NoOpinion");
  EXPECT_EQ(step(answered, 0, "module"), "");
  EXPECT_EQ(step(answered, 1, "stage"), "authorization");
  EXPECT_EQ(step(answered, 1, "name"), "list");
  EXPECT_EQ(step(answered, 1, "module"), "acme-list");
  EXPECT_EQ(step(answered, 1, "verdict"), "Allow");
  EXPECT_EQ(step(answered, 1, "rule"), "list:1");
  EXPECT_GE(std::stol(step(answered, 1, "microseconds")), 1);
}

TEST_F(AccessReview, TellsWhatNearlyAllowed) {
  const Answered answered = ask(about("bob", "delete"));
  EXPECT_EQ(answered.at("status.allowed"), "false");
  EXPECT_EQ(answered.at("status.denied"), "");
  EXPECT_EQ(step(answered, 1, "verdict"), "NoOpinion");
  EXPECT_EQ(step(answered, 1, "causes"),
            R"([{"key":"near-miss","value":"list:2"},{"key":"cache","value":"hit"}])");
}

TEST_F(AccessReview, AfterADecisionNobodyIsAsked) {
  const Answered answered = ask(R"({"spec":{"user":"bob","groups":["system:masters"],)"
                                R"("nonResourceAttributes":{"verb":"get","path":"/metrics"}}})");
  EXPECT_EQ(answered.at("status.allowed"), "true");
  EXPECT_EQ(step(answered, 0, "verdict"), "Allow");
  EXPECT_EQ(step(answered, 1, "verdict"), "NotAsked");
  EXPECT_EQ(step(answered, 1, "microseconds"), "");
  EXPECT_EQ(policy->questions,
            std::vector<std::string>{"alice explain access.limen.io/accessreviews bob"});
}

TEST_F(AccessReview, WithoutTheRightThereIsA403AndNothingMore) {
  const Answered answered = ask(about("carol", "get"));
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(
      answered.message(),
      "accessreviews.access.limen.io \"carol\" is forbidden: User \"alice\" cannot explain "
      "resource \"accessreviews\" in API group \"access.limen.io\" at the cluster scope: none "
      "for <alice>");
  EXPECT_EQ(policy->questions,
            std::vector<std::string>{"alice explain access.limen.io/accessreviews carol"});
  // Not even whether the question was a good one.
  EXPECT_EQ(ask(R"({"spec":{"user":"carol"}})").status, 403);
}

TEST_F(AccessReview, AQuestionMustBeOne) {
  const Answered both = ask(R"({"spec":{"user":"bob"}})");
  EXPECT_EQ(both.status, 422);
  EXPECT_NE(both.message().find("exactly one of nonResourceAttributes or resourceAttributes"),
            std::string::npos)
      << both.text;
  EXPECT_EQ(both.at("details.kind"), "AccessReview");
  EXPECT_EQ(both.at("details.group"), "access.limen.io");
}

TEST_F(AccessReview, SpeaksYaml) {
  const Answered answered =
      call("POST", kReviews,
           "spec:\n  user: bob\n  resourceAttributes: {verb: get, resource: pods, namespace: x}\n",
           {{"Content-Type", "application/yaml"}, {"Accept", "application/yaml"}});
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_NE(answered.text.find("verdict: Allow"), std::string::npos) << answered.text;
}

TEST_F(AccessReview, UnknownFieldsAreTold) {
  std::string body = about("bob", "get");
  body.insert(body.find("\"user\""), "\"usr\":1,");
  const Answered answered = call("POST", std::string(kReviews) + "?fieldValidation=Strict", body,
                                 {{"Content-Type", "application/json"}});
  EXPECT_EQ(answered.status, 400);
  EXPECT_NE(answered.message().find("unknown field \"spec.usr\""), std::string::npos);
}

TEST_F(AccessReview, CanOnlyBeCreated) {
  EXPECT_EQ(call("GET", kReviews).status, 405);
  EXPECT_EQ(call("DELETE", std::string(kReviews) + "/x").status, 405);
  EXPECT_EQ(call("GET", "/apis/access.limen.io/v1").status, 404);
}

TEST_F(AccessReview, IsNotListed) {
  EXPECT_EQ(call("GET", "/apis").text.find("access.limen.io"), std::string::npos);
  EXPECT_EQ(call("GET", "/openapi/v3").text.find("access.limen.io"), std::string::npos);
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    EXPECT_NE(entry.group, "access.limen.io");
  }
}

}  // namespace
}  // namespace limen::test
