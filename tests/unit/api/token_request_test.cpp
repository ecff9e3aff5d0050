// serviceaccounts/NAME/token: what may be asked for, in which words it is refused (row A28), and
// the documents of the issuer (row A30).
#include "base/time.h"
#include "support/protobuf_message.h"
#include "unit/api/token_issuer_fake.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"
#include "validation/protobuf/decode.h"

namespace limen::test {
namespace {

class TokenRequestTest : public ApiTest {
 protected:
  void SetUp() override {
    auto made = std::make_shared<api::AccessChains>();
    made->token_issuer = issuer;
    chains = made;
    put("serviceaccounts", "builder", "sa-uid");
  }
  void put(const std::string& resource, const std::string& name, const std::string& uid,
           const std::string& spec = "{}") {
    const std::string ns = resource == "nodes" ? "" : R"("namespace":"default",)";
    store.put({"", resource}, R"({"apiVersion":"v1","kind":"X","spec":)" + spec +
                                  R"(,"metadata":{"name":")" + name + "\"," + ns + R"("uid":")" +
                                  uid + "\"}}");
  }
  void put_pod(const std::string& account = "builder", const std::string& node = "") {
    put("pods", "p", "p-uid",
        R"({"serviceAccountName":")" + account + R"(","nodeName":")" + node + "\"}");
  }
  Answered ask(const std::string& spec = "{}", const std::string& metadata = "{}",
               const std::string& account = "builder") {
    return call("POST", "/api/v1/namespaces/default/serviceaccounts/" + account + "/token",
                R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","metadata":)" +
                    metadata + R"(,"spec":)" + spec + "}");
  }
  static std::string bound(const std::string& kind, const std::string& name,
                           const std::string& more = "", const std::string& version = "v1") {
    return R"({"boundObjectRef":{"kind":")" + kind + R"(","apiVersion":")" + version +
           R"(","name":")" + name + "\"" + more + "}}";
  }
  static std::string seconds(const std::string& number) {
    return R"({"expirationSeconds":)" + number + "}";
  }
  const std::shared_ptr<FakeIssuer> issuer = std::make_shared<FakeIssuer>();
};

TEST_F(TokenRequestTest, ATokenIsForAnHourAndTheApiByDefault) {
  const Answered answered = ask();
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("kind"), "TokenRequest");
  EXPECT_EQ(answered.at("apiVersion"), "authentication.k8s.io/v1");
  EXPECT_EQ(answered.at("metadata.name"), "builder");
  EXPECT_EQ(answered.at("metadata.namespace"), "default");
  EXPECT_EQ(answered.at("spec.expirationSeconds"), "3600");
  EXPECT_EQ(answered.at("spec.audiences"), R"(["https://issuer"])");
  EXPECT_EQ(answered.at("spec.boundObjectRef"), "null");
  EXPECT_EQ(answered.at("status.token"), "signed");
  const auto made = base::parse_time(answered.at("metadata.creationTimestamp"));
  const auto ends = base::parse_time(answered.at("status.expirationTimestamp"));
  ASSERT_TRUE(made && ends);
  EXPECT_EQ(*ends - *made, std::chrono::seconds(3600));
}

TEST_F(TokenRequestTest, TheIssuerIsToldWhatTheApiIsCalled) {
  ask();
  EXPECT_TRUE(issuer->ordered->api_audiences.empty()) << "it knows best itself";
  auto named = std::make_shared<api::AccessChains>();
  named->token_issuer = issuer;
  named->api_audiences = {"api.example"};
  chains = named;
  ask();
  EXPECT_EQ(issuer->ordered->api_audiences, std::vector<std::string>{"api.example"});
}

TEST_F(TokenRequestTest, TheIssuerIsToldWhoseTokenItIs) {
  ask(R"({"audiences":["vault","bank"],"expirationSeconds":700})");
  ASSERT_TRUE(issuer->ordered.has_value());
  EXPECT_EQ(issuer->ordered->ns, "default");
  EXPECT_EQ(issuer->ordered->service_account, "builder");
  EXPECT_EQ(issuer->ordered->service_account_uid, "sa-uid");
  EXPECT_EQ(issuer->ordered->audiences, (std::vector<std::string>{"vault", "bank"}));
  EXPECT_EQ(issuer->ordered->expiration_seconds, 700);
  EXPECT_EQ(issuer->ordered->bound_kind, "");
}

TEST_F(TokenRequestTest, TheBodyMayBeWithoutSpec) {
  EXPECT_EQ(call("POST", "/api/v1/namespaces/default/serviceaccounts/builder/token", "{}").status,
            201);
}

TEST_F(TokenRequestTest, TheAnswerTellsWhatTheIssuerGranted) {
  issuer->at_most = 900;
  const Answered answered = ask();
  EXPECT_EQ(answered.at("spec.expirationSeconds"), "900");
  EXPECT_NE(answered.headers.find("Warning: 299 - \"shortened\""), std::string::npos)
      << answered.headers;
}

TEST_F(TokenRequestTest, TenMinutesAreTheLeast) {
  const Answered answered = ask(seconds("599"));
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid "
            "value: 599: may not specify a duration less than 10 minutes");
  EXPECT_EQ(ask(seconds("0")).status, 422);
  EXPECT_EQ(ask(seconds("-1")).status, 422);
  EXPECT_EQ(ask(seconds("600")).status, 201);
  EXPECT_EQ(ask(seconds("null")).status, 201);
}

TEST_F(TokenRequestTest, TwoToTheThirtySecondSecondsAreTheMost) {
  const Answered answered = ask(seconds("4294967297"));
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid "
            "value: 4294967297: may not specify a duration larger than 2^32 seconds");
  EXPECT_EQ(ask(seconds("4294967296")).status, 201);
}

TEST_F(TokenRequestTest, AnAccountThatIsNotThereHasNoToken) {
  const Answered answered = ask("{}", "{}", "nobody");
  EXPECT_EQ(answered.status, 404);
  EXPECT_EQ(answered.message(), "serviceaccounts \"nobody\" not found");
}

TEST_F(TokenRequestTest, ANameInTheBodyIsTheAccounts) {
  EXPECT_EQ(ask("{}", R"({"name":"builder","namespace":"default"})").status, 201);
  const Answered answered = ask("{}", R"({"name":"other"})");
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "TokenRequest.authentication.k8s.io \"builder\" is invalid: metadata.name: Invalid "
            "value: \"other\": must match the service account name if specified");
  EXPECT_EQ(ask("{}", R"({"namespace":"other"})").status, 400);
}

TEST_F(TokenRequestTest, ATokenIsBoundToAPodAndSaysWhereItRuns) {
  put_pod("builder", "n");
  put("nodes", "n", "n-uid");
  const Answered answered = ask(bound("Pod", "p", R"(,"uid":"p-uid")"));
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("spec.boundObjectRef.name"), "p");
  EXPECT_EQ(issuer->ordered->bound_kind, "Pod");
  EXPECT_EQ(issuer->ordered->bound_name, "p");
  EXPECT_EQ(issuer->ordered->bound_uid, "p-uid");
  EXPECT_EQ(issuer->ordered->node_name, "n");
  EXPECT_EQ(issuer->ordered->node_uid, "n-uid");
}

TEST_F(TokenRequestTest, AKubeletAsksAndIsAnsweredInProtobuf) {
  put_pod();
  const Message reference =
      Message().bytes(1, "Pod").bytes(2, "v1").bytes(3, "p").bytes(4, "p-uid");
  const Message spec = Message().bytes(1, "vault").message(3, reference).number(4, 3607);
  const std::string body = envelope("authentication.k8s.io/v1", "TokenRequest",
                                    Message().message(1, Message()).message(2, spec));
  const Answered answered =
      call("POST", "/api/v1/namespaces/default/serviceaccounts/builder/token", body,
           {{"Content-Type", "application/vnd.kubernetes.protobuf"},
            {"Accept", "application/vnd.kubernetes.protobuf,application/json"}});
  EXPECT_EQ(answered.status, 201) << answered.text;
  const object::Json read = validation::protobuf::decode_body(
      answered.text, "TokenRequest",
      catalog::find_type("io.k8s.api.authentication.v1.TokenRequest"));
  EXPECT_EQ(read.at("status").at("token").as_string(), "signed");
  EXPECT_EQ(issuer->ordered->audiences, std::vector<std::string>{"vault"});
  EXPECT_EQ(issuer->ordered->bound_name, "p");
  EXPECT_EQ(issuer->ordered->expiration_seconds, 3607);
}

TEST_F(TokenRequestTest, ANodeThatIsGoneIsNamedWithoutUid) {
  put_pod("builder", "gone");
  EXPECT_EQ(ask(bound("Pod", "p")).status, 201);
  EXPECT_EQ(issuer->ordered->node_name, "gone");
  EXPECT_EQ(issuer->ordered->node_uid, "");
}

TEST_F(TokenRequestTest, APodOfAnotherAccountBindsNothing) {
  put_pod("other");
  const Answered answered = ask(bound("Pod", "p"));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.message(),
            "cannot bind token for serviceaccount \"builder\" to pod running with different "
            "serviceaccount name.");
}

TEST_F(TokenRequestTest, ATokenIsBoundToASecretOrANode) {
  put("secrets", "s", "s-uid");
  put("nodes", "n", "n-uid");
  EXPECT_EQ(ask(bound("Secret", "s")).status, 201);
  EXPECT_EQ(issuer->ordered->bound_kind, "Secret");
  EXPECT_EQ(issuer->ordered->bound_uid, "s-uid");
  EXPECT_EQ(ask(bound("Node", "n")).status, 201);
  EXPECT_EQ(issuer->ordered->bound_kind, "Node");
  EXPECT_EQ(issuer->ordered->bound_uid, "n-uid");
  EXPECT_EQ(issuer->ordered->node_name, "");
}

TEST_F(TokenRequestTest, WhatATokenIsBoundToIsThere) {
  EXPECT_EQ(ask(bound("Pod", "p")).message(), "pods \"p\" not found");
  EXPECT_EQ(ask(bound("Secret", "s")).message(), "secrets \"s\" not found");
  EXPECT_EQ(ask(bound("Node", "n")).message(), "nodes \"n\" not found");
  EXPECT_EQ(ask(bound("Node", "n")).status, 404);
  EXPECT_FALSE(issuer->ordered.has_value());
}

TEST_F(TokenRequestTest, WhatATokenIsBoundToHasTheUidThatWasMeant) {
  put("secrets", "s", "s-uid");
  const Answered answered = ask(bound("Secret", "s", R"(,"uid":"older")"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(answered.message(),
            "Operation cannot be fulfilled on Secret \"s\": the UID in the bound object reference "
            "(older) does not match the UID in record. The object might have been deleted and then "
            "recreated");
}

TEST_F(TokenRequestTest, NothingElseBindsAToken) {
  put("configmaps", "c", "c-uid");
  const Answered answered = ask(bound("ConfigMap", "c"));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.message(), "cannot bind token to object of type /v1, Kind=ConfigMap");
  EXPECT_EQ(ask(bound("Pod", "p", "", "apps/v1")).message(),
            "cannot bind token to object of type apps/v1, Kind=Pod");
}

TEST_F(TokenRequestTest, WhyTheIssuerFailedIsForTheLog) {
  issuer->error = "the key is in /secret/place";
  const Answered answered = ask();
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.message(), "Internal error occurred: failed to generate token");
}

TEST_F(TokenRequestTest, AdmissionMayRefuseIt) {
  auto made = std::make_shared<api::AccessChains>();
  made->token_issuer = issuer;
  const auto refuser = std::make_shared<Refuser>("no tokens today");
  made->admission = admission::Chain({refuser});
  chains = made;
  EXPECT_EQ(ask().status, 403);
  EXPECT_EQ(refuser->seen, std::vector<std::string>{"create serviceaccounts/token builder old:no"});
  EXPECT_FALSE(issuer->ordered.has_value());
}

TEST_F(TokenRequestTest, WithoutAnIssuerThereIsNoSuchPage) {
  chains = std::make_shared<api::AccessChains>();
  EXPECT_EQ(ask().status, 404);
  EXPECT_EQ(call("GET", "/openid/v1/jwks").status, 404);
}

TEST_F(TokenRequestTest, OnlyAPostAsksForAToken) {
  EXPECT_EQ(call("GET", "/api/v1/namespaces/default/serviceaccounts/builder/token").status, 405);
}

TEST_F(TokenRequestTest, TheIssuersDocumentsMayBeCachedForAnHour) {
  const Answered configuration = call("GET", "/.well-known/openid-configuration");
  EXPECT_EQ(configuration.status, 200);
  EXPECT_EQ(configuration.text, R"({"issuer":"https://issuer"})");
  EXPECT_NE(configuration.headers.find("Content-Type: application/json\r\n"), std::string::npos)
      << configuration.headers;
  EXPECT_NE(configuration.headers.find("Cache-Control: public, max-age=3600"), std::string::npos);
  EXPECT_EQ(configuration.headers.find("no-cache"), std::string::npos);
  const Answered keys = call("GET", "/openid/v1/jwks");
  EXPECT_EQ(keys.text, R"({"keys":[]})");
  EXPECT_NE(keys.headers.find("Content-Type: application/jwk-set+json\r\n"), std::string::npos)
      << keys.headers;
}

TEST_F(TokenRequestTest, TheIssuersDocumentsHaveATrailingSlashToo) {
  EXPECT_EQ(call("GET", "/.well-known/openid-configuration/").status, 200);
  EXPECT_EQ(call("GET", "/openid/v1/jwks/").status, 200);
  EXPECT_EQ(call("GET", "/openid/v1/jwks/x").status, 404);
}

TEST_F(TokenRequestTest, TheIssuersDocumentsAreOnlyRead) {
  EXPECT_EQ(call("POST", "/openid/v1/jwks", "{}").status, 405);
  EXPECT_EQ(call("HEAD", "/openid/v1/jwks").status, 200);
}

TEST_F(TokenRequestTest, ADocumentThatIsNotPublishedIsNotFound) {
  issuer->configuration.reset();
  EXPECT_EQ(call("GET", "/.well-known/openid-configuration").status, 404);
  issuer->error = "broken";
  EXPECT_EQ(call("GET", "/openid/v1/jwks").status, 500);
}

}  // namespace
}  // namespace limen::test
