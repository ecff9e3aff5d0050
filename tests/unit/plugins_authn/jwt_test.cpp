// jwt: tokens of OpenID Connect issuers, on the fake host, whose HTTP is a scripted provider.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "common/jose/key.h"
#include "support.h"
#include "support/key_maker.h"

namespace limen::plugins {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testkit::HttpCall;
using testkit::HttpReply;
using testkit::Instance;
using testkit::Reply;

constexpr const char* kUrl = "https://issuer.example";
// Where the fake host's clock begins: 2026-01-01T00:00:00Z.
constexpr std::int64_t kNow = 1767225600;

jose::SigningKey signing_key(test::KeyKind kind, jose::Algorithm algorithm) {
  return jose::SigningKey(jose::read_pem_keys(test::make_key(kind).private_key)[0].key, algorithm);
}

class JwtTest : public testing::Test {
 protected:
  static json::object issuer() {
    return {{"url", kUrl},
            {"audiences", json::array{"limen", "other-name"}},
            {"claimMappings",
             json::object{{"username", json::object{{"claim", "sub"}, {"prefix", "oidc:"}}},
                          {"groups", json::object{{"claim", "groups"}, {"prefix", "oidc:"}}},
                          {"uid", json::object{{"claim", "uid"}}},
                          {"extra", json::array{json::object{{"key", "example.com/tenant"},
                                                             {"path", "/org/tenant"}}}}}}};
  }
  Instance& open(const json::object& one) {
    instance_.emplace(test::module("jwt"),
                      testkit::InstanceOptions{.config = {{"issuers", json::array{one}}}});
    instance_->host().answer_http([this](const HttpCall& call) { return answer(call); });
    instance_->host().advance(1s);  // the first fetch
    return *instance_;
  }
  Instance& open() { return open(issuer()); }

  HttpReply answer(const HttpCall& call) {
    ++fetches_;
    last_ca_ = call.ca_pem;
    if (!down_.error.empty() || down_.code != 200) return down_;
    HttpReply reply;
    if (call.url == std::string(kUrl) + "/.well-known/openid-configuration") {
      reply.body = json::serialize(json::object{{"issuer", says_issuer_}, {"jwks_uri", jwks_uri_}});
    } else if (call.url == jwks_uri_) {
      json::array keys;
      for (const jose::SigningKey* key : published_) keys.push_back(key->public_key().to_jwk());
      reply.body = json::serialize(json::object{{"keys", keys}});
    } else {
      reply.code = 404;
    }
    return reply;
  }

  static json::object claims() {
    return {{"iss", kUrl},
            {"aud", "limen"},
            {"sub", "ada"},
            {"exp", kNow + 3600},
            {"groups", json::array{"dev"}}};
  }
  Reply present(const json::object& payload) { return present(payload, key_); }
  Reply present(const json::object& payload, const jose::SigningKey& key) {
    return instance_->authenticate(test::with_token(key.sign(json::serialize(payload))));
  }
  Reply with(const char* name, json::value value) {
    json::object payload = claims();
    payload[name] = std::move(value);
    return present(payload);
  }
  Reply without(const char* name) {
    json::object payload = claims();
    payload.erase(name);
    return present(payload);
  }

  jose::SigningKey key_ = signing_key(test::KeyKind::p256, jose::Algorithm::es256);
  jose::SigningKey next_ = signing_key(test::KeyKind::rsa, jose::Algorithm::rs256);
  std::vector<const jose::SigningKey*> published_{&key_};
  std::string says_issuer_ = kUrl, jwks_uri_ = std::string(kUrl) + "/keys", last_ca_;
  HttpReply down_;
  int fetches_ = 0;
  std::optional<Instance> instance_;
};

TEST_F(JwtTest, AGoodTokenNamesItsUser) {
  open();
  json::object payload = claims();
  payload["uid"] = "u-1";
  payload["jti"] = "j-1";
  payload["org"] = json::object{{"tenant", json::array{"red", "blue"}}};
  const Reply reply = present(payload);
  EXPECT_EQ(reply.status, LIMEN_OK) << reply.error;
  EXPECT_EQ(reply.user, "oidc:ada");
  EXPECT_EQ(reply.uid, "u-1");
  EXPECT_EQ(reply.groups, std::vector<std::string>{"oidc:dev"});
  EXPECT_EQ(reply.extra,
            (testkit::Pairs{{"example.com/tenant", "red"},
                            {"example.com/tenant", "blue"},
                            {"authentication.kubernetes.io/credential-id", "JTI=j-1"}}));
  EXPECT_EQ(reply.cache_ns, 10'000'000'000);
}

TEST_F(JwtTest, TokensOfOthersAndNoTokensAreLeftToOthers) {
  open();
  EXPECT_EQ(instance_->authenticate({}).status, LIMEN_NO_OPINION);
  EXPECT_EQ(instance_->authenticate(test::with_token("opaque")).status, LIMEN_NO_OPINION);
  EXPECT_EQ(with("iss", "https://other.example").status, LIMEN_NO_OPINION);
  EXPECT_EQ(with("iss", json::string(std::string(kUrl) + "/")).status, LIMEN_NO_OPINION);
  EXPECT_EQ(without("iss").status, LIMEN_NO_OPINION);
}

TEST_F(JwtTest, EveryBadClaimIsAnError) {
  open();
  EXPECT_EQ(with("exp", kNow).error, "the token is expired");
  EXPECT_EQ(with("exp", "soon").error, "\"exp\" is not a time");
  EXPECT_EQ(without("exp").error, "the token has no end (exp)");
  EXPECT_EQ(with("nbf", kNow + 302).error, "the token is not good yet (nbf)");
  EXPECT_EQ(with("nbf", kNow + 300).status, LIMEN_OK);
  EXPECT_EQ(with("aud", "somebody").error, "the token is for other audiences");
  EXPECT_EQ(with("aud", json::array{"x", "other-name"}).status, LIMEN_OK);
  EXPECT_EQ(with("aud", 7).error, "the audience is neither text nor a list of texts");
  EXPECT_EQ(without("aud").error, "the token has no audience");
  EXPECT_EQ(with("sub", "").error, "the claim sub of the user name is missing or not text");
  EXPECT_EQ(without("sub").error, "the claim sub of the user name is missing or not text");
  EXPECT_EQ(with("groups", json::array{7}).error,
            "the claim of the groups is neither text nor a list of texts");
  EXPECT_EQ(with("uid", 7).error, "the claim of the uid is not text");
}

TEST_F(JwtTest, GroupsMayBeTextAListOrMissing) {
  open();
  EXPECT_EQ(with("groups", "one").groups, std::vector<std::string>{"oidc:one"});
  EXPECT_EQ(with("groups", json::array{"a", "b"}).groups,
            (std::vector<std::string>{"oidc:a", "oidc:b"}));
  EXPECT_TRUE(without("groups").groups.empty());
}

TEST_F(JwtTest, AnEmailAddressMustBeVerifiedWhenTheTokenSpeaksOfIt) {
  json::object one = issuer();
  one["claimMappings"].as_object()["username"] = json::object{{"claim", "email"}, {"prefix", ""}};
  open(one);
  json::object payload = claims();
  payload["email"] = "ada@example.com";
  EXPECT_EQ(present(payload).user, "ada@example.com");
  payload["email_verified"] = true;
  EXPECT_EQ(present(payload).user, "ada@example.com");
  for (const json::value& no : {json::value(false), json::value("true"), json::value(1)}) {
    payload["email_verified"] = no;
    EXPECT_EQ(present(payload).error, "the email address is not verified");
  }
}

TEST_F(JwtTest, RequiredClaimsAreRequired) {
  json::object one = issuer();
  one["claimValidationRules"] =
      json::array{json::object{{"claim", "hd"}, {"requiredValue", "example.com"}}};
  open(one);
  EXPECT_EQ(with("hd", "example.com").status, LIMEN_OK);
  EXPECT_EQ(with("hd", "example.org").error, "the claim hd has not the required value");
  EXPECT_EQ(without("hd").error, "the claim hd has not the required value");
}

TEST_F(JwtTest, NobodyBecomesAUserOfTheServersOwn) {
  json::object one = issuer();
  one["claimMappings"].as_object()["username"] = json::object{{"claim", "sub"}, {"prefix", ""}};
  one["claimMappings"].as_object()["groups"] = json::object{{"claim", "groups"}, {"prefix", ""}};
  open(one);
  EXPECT_EQ(with("sub", "system:admin").error,
            "a user name or group begins with the forbidden prefix system:");
  EXPECT_LT(with("groups", json::array{"dev", "system:masters"}).status, 0);
  one["userValidation"] = json::object{{"forbiddenPrefixes", json::array{}}};
  open(one);
  EXPECT_EQ(with("sub", "system:admin").user, "system:admin");
}

TEST_F(JwtTest, ASignatureOfAnotherKeyOrAlgorithmIsRefused) {
  open();
  const jose::SigningKey other = signing_key(test::KeyKind::p256, jose::Algorithm::es256);
  EXPECT_LT(present(claims(), other).status, 0);
  // the issuer's own key, by an algorithm that is not allowed
  const jose::SigningKey odd = signing_key(test::KeyKind::p384, jose::Algorithm::es384);
  published_ = {&key_, &odd};
  instance_->host().advance(601s);
  EXPECT_LT(present(claims(), odd).status, 0);
  EXPECT_EQ(present(claims()).user, "oidc:ada");
}

TEST_F(JwtTest, ANewKeyIsFetchedWhenATokenNamesItButNotOften) {
  open();
  const int before = fetches_;
  published_ = {&next_};
  EXPECT_LT(present(claims(), next_).status, 0);  // too soon after the first fetch
  EXPECT_EQ(fetches_, before);
  instance_->host().advance(10s);
  EXPECT_EQ(present(claims(), next_).user, "oidc:ada");
  EXPECT_EQ(fetches_, before + 2);
  // A stranger with a thousand keys makes no request at all.
  const jose::SigningKey stranger = signing_key(test::KeyKind::p256, jose::Algorithm::es256);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(present(claims(), stranger).status, 0);
  EXPECT_EQ(fetches_, before + 2);
}

TEST_F(JwtTest, KeysAreFetchedAgainInTheBackgroundAndARemovedOneIsRefused) {
  open();
  published_ = {&next_};
  instance_->host().advance(600s);
  instance_->host().advance(10s);
  EXPECT_EQ(present(claims(), next_).user, "oidc:ada");
  EXPECT_LT(present(claims(), key_).status, 0);
}

TEST_F(JwtTest, AProviderThatFailsLeavesTheLastGoodKeys) {
  open();
  json::object payload = claims();
  payload["exp"] = kNow + 100'000;
  for (const HttpReply& failure : {HttpReply{.status = LIMEN_E_UNAVAILABLE, .error = "refused"},
                                   HttpReply{.code = 500}, HttpReply{.code = 302}}) {
    down_ = failure;
    instance_->host().advance(611s);
    EXPECT_EQ(present(payload).user, "oidc:ada");
  }
  down_ = {};
  says_issuer_ = "https://evil.example";
  instance_->host().advance(611s);
  EXPECT_NE(instance_->host().log_text().find("its configuration is of another issuer"),
            std::string::npos);
  says_issuer_ = kUrl;
  jwks_uri_ = "http://issuer.example/keys";
  instance_->host().advance(611s);
  EXPECT_NE(instance_->host().log_text().find("its jwks_uri is no https URL"), std::string::npos);
  published_ = {};
  jwks_uri_ = std::string(kUrl) + "/keys";
  instance_->host().advance(611s);
  EXPECT_EQ(present(payload).user, "oidc:ada");
  EXPECT_GT(instance_->host().metric("key_fetches_total{https://issuer.example,failure}"), 5);
}

TEST_F(JwtTest, BeforeTheFirstFetchItsTokensAreErrors) {
  down_.code = 503;
  open();
  EXPECT_LT(present(claims()).status, 0);
  down_ = {};
  instance_->host().advance(10s);
  EXPECT_EQ(present(claims()).user, "oidc:ada");
}

TEST_F(JwtTest, TheProvidersOwnAuthorityIsUsed) {
  json::object one = issuer();
  one["certificateAuthority"] = "-----BEGIN CERTIFICATE-----";
  open(one);
  EXPECT_EQ(last_ca_, "-----BEGIN CERTIFICATE-----");
}

TEST_F(JwtTest, AConfigIsJudgedWithoutStarting) {
  const auto error_of = [](json::object one) {
    return test::start_error("jwt", {{"issuers", json::array{std::move(one)}}});
  };
  json::object one = issuer();
  one["claimMappings"].as_object()["username"] =
      json::object{{"expression", "claims.sub"}, {"prefix", ""}};
  EXPECT_EQ(error_of(one),
            "issuer https://issuer.example: expression is not evaluated by this version: name the "
            "claim with claim, or where it stands with path");
  one = issuer();
  one["claimMappings"].as_object()["uid"] = json::object{{"claim", "a"}, {"path", "/a"}};
  EXPECT_EQ(error_of(one),
            "issuer https://issuer.example: claimMappings.uid needs either claim, a name, or path, "
            "a JSON pointer");
  one = issuer();
  one["certificateAuthorityFile"] = "/nonexistent/ca.pem";
  EXPECT_EQ(error_of(one),
            "issuer https://issuer.example: certificateAuthorityFile: /nonexistent/ca.pem: No such "
            "file or directory");
  EXPECT_EQ(test::start_error("jwt", {{"issuers", json::array{issuer(), issuer()}}}),
            "issuer https://issuer.example: is listed twice");
}

TEST_F(JwtTest, NothingOfATokenReachesTheLogOrAnError) {
  open();
  json::object payload = claims();
  payload["sub"] = "canary-user";
  payload["aud"] = "canary-audience";
  const Reply reply = present(payload);
  EXPECT_EQ((instance_->host().log_text() + reply.error).find("canary"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
