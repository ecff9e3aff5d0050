// New tokens (row A28) and what others verify them with (row A30).

#include "service_account.h"

namespace limen::plugins {
namespace {

using namespace std::chrono_literals;
using test::KeyKind;
using test::kIssuer;
using test::kSaNow;
using test::make_key;
using testkit::Reply;
using testkit::TokenOrder;

class Issue : public test::ServiceAccountTest {
 protected:
  static TokenOrder order() {
    TokenOrder one;
    one.ns = "team";
    one.service_account = "builder";
    one.service_account_uid = "sa-uid";
    return one;
  }
  static TokenOrder for_pod(std::int64_t seconds) {
    TokenOrder one = order();
    one.bound_kind = "Pod";
    one.bound_name = "p";
    one.bound_uid = "p-uid";
    one.expiration_seconds = seconds;
    return one;
  }
  boost::json::object payload(const TokenOrder& one) {
    const Reply reply = instance_->issue(one);
    EXPECT_TRUE(reply.granted()) << reply.error;
    return jose::claims_of(jose::parse_jws(reply.token));
  }
};

TEST_F(Issue, ATokenSaysWhoseItIsForWhomAndUntilWhen) {
  open();
  const Reply reply = instance_->issue(order());
  ASSERT_TRUE(reply.granted()) << reply.error;
  EXPECT_EQ(reply.expiration_seconds, 3600);
  EXPECT_EQ(reply.audiences, (std::vector<std::string>{kIssuer, "https://old-issuer"}));
  const jose::Jws jws = jose::parse_jws(reply.token);
  EXPECT_TRUE(signer_.public_key().verify(jws));
  EXPECT_EQ(jws.key_id, signer_.public_key().key_id());
  boost::json::object claims = jose::claims_of(jws);
  const std::string id(claims.at("jti").as_string());
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(annotation(reply, "authentication.kubernetes.io/issued-credential-id"), "JTI=" + id);
  claims.erase("jti");
  EXPECT_EQ(
      boost::json::value(claims),
      boost::json::parse(
          R"({"aud":["https://kubernetes.default.svc","https://old-issuer"],"exp":1767229200,)"
          R"("iat":1767225600,"iss":"https://kubernetes.default.svc",)"
          R"("sub":"system:serviceaccount:team:builder","nbf":1767225600,)"
          R"("kubernetes.io":{"namespace":"team","serviceaccount":{"name":"builder",)"
          R"("uid":"sa-uid"}}})"));
}

TEST_F(Issue, NoTwoTokensHaveOneId) {
  open();
  EXPECT_NE(payload(order()).at("jti"), payload(order()).at("jti"));
}

TEST_F(Issue, ATokenIsForTheAudiencesThatWereWanted) {
  open();
  TokenOrder one = order();
  one.audiences = {"vault"};
  EXPECT_EQ(payload(one).at("aud"), boost::json::array{"vault"});
  one.audiences.clear();
  one.api_audiences = {"api"};
  EXPECT_EQ(payload(one).at("aud"), boost::json::array{"api"});
}

TEST_F(Issue, ATokenNamesWhatItIsBoundTo) {
  open();
  TokenOrder one = for_pod(3600);
  one.node_name = "n";
  one.node_uid = "n-uid";
  const auto bound = payload(one).at("kubernetes.io");
  EXPECT_EQ(boost::json::serialize(bound.at("pod")), R"({"name":"p","uid":"p-uid"})");
  EXPECT_EQ(boost::json::serialize(bound.at("node")), R"({"name":"n","uid":"n-uid"})");
  one.node_uid.clear();
  EXPECT_EQ(boost::json::serialize(payload(one).at("kubernetes.io").at("node")), R"({"name":"n"})");
  for (const auto& [kind, claim] : {std::pair{"Secret", "secret"}, std::pair{"Node", "node"}}) {
    one = for_pod(3600);
    one.bound_kind = kind;
    const auto other = payload(one).at("kubernetes.io");
    EXPECT_EQ(boost::json::serialize(other.at(claim)), R"({"name":"p","uid":"p-uid"})");
    EXPECT_FALSE(other.as_object().contains("pod"));
  }
  one.bound_kind = "ConfigMap";
  EXPECT_EQ(instance_->issue(one).error, "a token cannot be bound to a ConfigMap");
}

TEST_F(Issue, MoreThanTheMostIsShortenedWithAWarning) {
  open({{"maxExpirationSeconds", 7200}});
  TokenOrder one = order();
  one.expiration_seconds = 7200;
  EXPECT_TRUE(instance_->issue(one).warnings.empty());
  one.expiration_seconds = 7201;
  const Reply reply = instance_->issue(one);
  EXPECT_EQ(reply.expiration_seconds, 7200);
  EXPECT_EQ(reply.warnings, std::vector<std::string>{
                                "requested expiration of 7201 seconds shortened to 7200 seconds"});
  EXPECT_EQ(payload(one).at("exp"), kSaNow + 7200);
}

TEST_F(Issue, ATokenProjectedIntoAPodLivesAYearAndKnowsWhenItShouldHaveBeenRenewed) {
  open();
  const Reply reply = instance_->issue(for_pod(3607));
  EXPECT_EQ(reply.expiration_seconds, 3607);
  const boost::json::object claims = jose::claims_of(jose::parse_jws(reply.token));
  EXPECT_EQ(claims.at("exp"), kSaNow + 365 * 24 * 3600);
  EXPECT_EQ(claims.at("kubernetes.io").at("warnafter"), kSaNow + 3607);
}

TEST_F(Issue, NoOtherTokenLivesAYear) {
  open();
  TokenOrder vault = for_pod(3607);
  vault.audiences = {kIssuer, "vault"};
  TokenOrder unbound = order();
  unbound.expiration_seconds = 3607;
  TokenOrder secret = for_pod(3607);
  secret.bound_kind = "Secret";
  for (const TokenOrder& one : {for_pod(3600), for_pod(3608), vault, unbound, secret}) {
    const auto claims = payload(one);
    EXPECT_EQ(claims.at("exp"), kSaNow + one.expiration_seconds);
    EXPECT_FALSE(claims.at("kubernetes.io").as_object().contains("warnafter"));
  }
}

TEST_F(Issue, NoTokenLivesAYearWithoutExtension) {
  open({{"extendExpiration", false}});
  EXPECT_EQ(payload(for_pod(3607)).at("exp"), kSaNow + 3607);
}

TEST_F(Issue, WhatIsIssuedIsAccepted) {
  open();
  put("pods", "p", "p-uid");
  const Reply reply = instance_->issue(for_pod(600));
  const Reply presented = present(reply.token);
  EXPECT_TRUE(presented.authenticated()) << presented.error;
  EXPECT_EQ(host().metric("issued_tokens_total"), 1);
}

TEST_F(Issue, TheAudiencesOfTheApiAreTheIssuersUnlessSaidOtherwise) {
  open();
  EXPECT_EQ(instance_->api_audiences(), (std::vector<std::string>{kIssuer, "https://old-issuer"}));
  open({{"apiAudiences", {"api"}}});
  EXPECT_EQ(instance_->api_audiences(), std::vector<std::string>{"api"});
}

TEST_F(Issue, TheConfigurationTellsWhereTheKeysAre) {
  open();
  EXPECT_EQ(instance_->document(LIMEN_ISSUER_CONFIGURATION).document,
            R"({"issuer":"https://kubernetes.default.svc",)"
            R"("jwks_uri":"https://kubernetes.default.svc/openid/v1/jwks",)"
            R"("response_types_supported":["id_token"],"subject_types_supported":["public"],)"
            R"("id_token_signing_alg_values_supported":["ES256"]})");
  open({{"jwksURI", "https://keys.example/jwks"}});
  EXPECT_NE(instance_->document(LIMEN_ISSUER_CONFIGURATION)
                .document.find(R"("jwks_uri":"https://keys.example/jwks")"),
            std::string::npos);
}

TEST_F(Issue, TheConfigurationNamesEveryAlgorithmOnce) {
  const std::string more = make_key(KeyKind::rsa).public_key + make_key(KeyKind::rsa).public_key;
  open({{"keyFiles", {scratch_.write("more.pem", more)}}});
  EXPECT_NE(instance_->document(LIMEN_ISSUER_CONFIGURATION)
                .document.find(R"("id_token_signing_alg_values_supported":["ES256","RS256"])"),
            std::string::npos);
}

TEST_F(Issue, AnIssuerThatIsNoHttpsUrlHasNoConfiguration) {
  open({{"issuers", {"kubernetes"}}});
  EXPECT_EQ(instance_->document(LIMEN_ISSUER_CONFIGURATION).status, LIMEN_E_NOT_FOUND);
  EXPECT_EQ(instance_->document(LIMEN_ISSUER_KEYS).status, LIMEN_OK);
  EXPECT_NE(host().log_text().find("no OpenID configuration is published"), std::string::npos);
}

TEST_F(Issue, TheKeySetHoldsThePublicHalvesOfAllKeys) {
  const test::PemPair& old = make_key(KeyKind::rsa);
  open({{"keyFiles", {scratch_.write("old.key", old.private_key), key_file_}}});
  const std::string text = instance_->document(LIMEN_ISSUER_KEYS).document;
  const boost::json::value keys = boost::json::parse(text).at("keys");
  ASSERT_EQ(keys.as_array().size(), 2u) << "the signing key comes once";
  EXPECT_EQ(keys.at(0).at("kid").as_string(), signer_.public_key().key_id());
  EXPECT_EQ(keys.at(0).at("use"), "sig");
  EXPECT_EQ(keys.at(0).at("alg"), "ES256");
  EXPECT_EQ(keys.at(1).at("kty"), "RSA");
  for (const boost::json::value& key : keys.as_array()) {
    for (const char* secret : {"d", "p", "q", "k"}) EXPECT_FALSE(key.as_object().contains(secret));
  }
}

}  // namespace
}  // namespace limen::plugins
