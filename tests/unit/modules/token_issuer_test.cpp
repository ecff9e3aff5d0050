// What a module that signs tokens is given and what becomes of its answers.
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;
using test::view;
using namespace std::chrono_literals;

Puppet* strings = nullptr;  // of the house under test, for functions that capture nothing

const limen_call_api& calls() {
  return *static_cast<const limen_call_api*>(
      strings->host->get_extension(strings->host, LIMEN_CALL));
}

class TokenIssuer : public testing::TestWithParam<bool> {
 protected:
  TokenIssuer() : house_(GetParam()) {
    house_.open();
    strings = &house_.strings();
  }
  std::string issue_error() {
    auto scope = house_.scope();
    const authn::IssuedToken issued = house_.issue(scope);
    EXPECT_EQ(issued.token, "");
    return issued.error;
  }
  PuppetHouse house_;
};

TEST_P(TokenIssuer, IsTheAuthenticatorThatHasTheTable) {
  const auto& issuer = house_.runtime().current()->token_issuer();
  ASSERT_NE(issuer, nullptr);
  EXPECT_EQ(issuer->name(), "puppet");
}

TEST_P(TokenIssuer, NamesTheAudiencesOfTheApiOfWhichInvalidTextIsNone) {
  EXPECT_EQ(house_.runtime().current()->token_issuer()->audiences(),
            (std::vector<std::string>{"api", "kubernetes"}));
}

TEST_P(TokenIssuer, IsGivenTheWholeOrder) {
  strings->issue = [](limen_call* call, const limen_token_request* request,
                      const limen_token_reply* reply) -> limen_status {
    EXPECT_EQ(request->audience_count, 2u);
    EXPECT_EQ(request->api_audience_count, 1u);
    std::string seen;
    for (const limen_str part :
         {request->ns, request->service_account, request->service_account_uid,
          request->audiences[0], request->audiences[1], request->api_audiences[0],
          request->bound_kind, request->bound_name, request->bound_uid, request->node_name,
          request->node_uid}) {
      seen += view(part) + " ";
    }
    reply->grant(call, text(seen + std::to_string(request->expiration_seconds)), 600);
    reply->add_audience(call, text("a"));
    reply->warn(call, text("shortened"));
    reply->annotate(call, text("example.com/id"), text("JTI=1"));
    return LIMEN_OK;
  };
  auto scope = house_.scope();
  const authn::IssuedToken issued = house_.issue(
      scope, {"ns", "sa", "sa-uid", {"a", "b"}, {"api"}, "Pod", "p", "p-uid", "n", "n-uid", 700});
  EXPECT_EQ(issued.error, "");
  EXPECT_EQ(issued.token, "ns sa sa-uid a b api Pod p p-uid n n-uid 700");
  EXPECT_EQ(issued.expiration_seconds, 600);
  EXPECT_EQ(issued.audiences, std::vector<std::string>{"a"});
  EXPECT_EQ(scope.warnings, std::vector<std::string>{"shortened"});
  ASSERT_EQ(scope.annotations.size(), 1u);
  EXPECT_EQ(scope.annotations[0], (std::pair<std::string, std::string>{"example.com/id", "JTI=1"}));
}

TEST_P(TokenIssuer, MayAnswerLater) {
  strings->issue = [](limen_call* call, const limen_token_request*,
                      const limen_token_reply* reply) -> limen_status {
    std::thread([call, reply] {
      reply->grant(call, text("late"), 3600);
      calls().complete(call, LIMEN_OK);
    }).detach();
    return LIMEN_PENDING;
  };
  auto scope = house_.scope();
  EXPECT_EQ(house_.issue(scope).token, "late");
}

TEST_P(TokenIssuer, WhoErrsGrantsNothing) {
  strings->issue = [](limen_call* call, const limen_token_request*,
                      const limen_token_reply* reply) -> limen_status {
    reply->grant(call, text("half"), 3600);
    reply->warn(call, text("never told"));
    calls().fail(call, text("no key"));
    return LIMEN_E_UNAVAILABLE;
  };
  auto scope = house_.scope();
  const authn::IssuedToken issued = house_.issue(scope);
  EXPECT_EQ(issued.token, "");
  EXPECT_EQ(issued.error, "no key");
  EXPECT_TRUE(scope.warnings.empty());
}

TEST_P(TokenIssuer, WhoGrantsNothingHasFailed) {
  strings->issue = [](limen_call*, const limen_token_request*,
                      const limen_token_reply*) -> limen_status { return LIMEN_OK; };
  EXPECT_EQ(issue_error(), "the module broke its contract: it succeeded without granting a token");
}

TEST_P(TokenIssuer, NeverGrantsMoreThanWasWanted) {
  strings->issue = [](limen_call* call, const limen_token_request*,
                      const limen_token_reply* reply) -> limen_status {
    reply->grant(call, text("t"), 3601);
    return LIMEN_OK;
  };
  EXPECT_EQ(issue_error(),
            "the module broke its contract: it granted 3601 seconds where 3600 were wanted");
}

TEST_P(TokenIssuer, NeverGrantsForNoTimeAtAll) {
  strings->issue = [](limen_call* call, const limen_token_request*,
                      const limen_token_reply* reply) -> limen_status {
    reply->grant(call, text("t"), 0);
    return LIMEN_OK;
  };
  EXPECT_NE(issue_error().find("granted a token for 0 seconds"), std::string::npos);
}

const limen_token_reply* token_setters = nullptr;

TEST_P(TokenIssuer, DoesNotAnswerWithSettersOfAnotherKind) {
  strings->issue = [](limen_call*, const limen_token_request*,
                      const limen_token_reply* reply) -> limen_status {
    token_setters = reply;
    return LIMEN_E_UNAVAILABLE;
  };
  issue_error();
  strings->document = [](limen_call* call, std::int32_t, const limen_document_reply* reply) {
    reply->set_text(call, text("{}"));
    token_setters->grant(call, text("t"), 1);
    return static_cast<limen_status>(LIMEN_OK);
  };
  auto scope = house_.scope();
  const authn::IssuerText mixed = house_.document(scope, authn::IssuerDocument::keys);
  EXPECT_FALSE(mixed.json.has_value());
  EXPECT_NE(mixed.error.find("answered with grant, which is not for this kind of call"),
            std::string::npos);
}

TEST_P(TokenIssuer, GivesItsDocuments) {
  strings->document = [](limen_call* call, std::int32_t which, const limen_document_reply* reply) {
    reply->set_text(call, text(which == LIMEN_ISSUER_KEYS ? "keys" : "configuration"));
    return static_cast<limen_status>(LIMEN_OK);
  };
  auto scope = house_.scope();
  EXPECT_EQ(house_.document(scope, authn::IssuerDocument::keys).json, "keys");
  EXPECT_EQ(house_.document(scope, authn::IssuerDocument::configuration).json, "configuration");
}

TEST_P(TokenIssuer, MayHaveNoSuchDocument) {
  strings->document = [](limen_call*, std::int32_t, const limen_document_reply*) {
    return static_cast<limen_status>(LIMEN_E_NOT_FOUND);
  };
  auto scope = house_.scope();
  const authn::IssuerText none = house_.document(scope, authn::IssuerDocument::configuration);
  EXPECT_FALSE(none.json.has_value());
  EXPECT_EQ(none.error, "");
}

TEST_P(TokenIssuer, ASuccessWithoutADocumentIsAFailure) {
  strings->document = [](limen_call*, std::int32_t, const limen_document_reply*) {
    return static_cast<limen_status>(LIMEN_OK);
  };
  auto scope = house_.scope();
  EXPECT_EQ(house_.document(scope, authn::IssuerDocument::keys).error,
            "the module broke its contract: it succeeded without giving a document");
}

INSTANTIATE_TEST_SUITE_P(Inline, TokenIssuer, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnWorkers, TokenIssuer, testing::Values(true));

TEST(TokenIssuerDeadline, WhoIsLateGrantsNothing) {
  PuppetHouse house(false, 20ms);
  house.open();
  strings = &house.strings();
  static std::atomic<limen_call*> pending{nullptr};
  strings->issue = [](limen_call* call, const limen_token_request*,
                      const limen_token_reply*) -> limen_status {
    pending = call;
    return LIMEN_PENDING;
  };
  auto scope = house.scope();
  const authn::IssuedToken issued = house.issue(scope);
  EXPECT_EQ(issued.token, "");
  EXPECT_NE(issued.error.find("20ms"), std::string::npos) << issued.error;
  calls().complete(pending, LIMEN_OK);
}

}  // namespace
}  // namespace limen::modules
