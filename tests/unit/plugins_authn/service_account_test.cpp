// Bound tokens of service accounts: whom they name and everything that makes them no good (rows A26
// and A27), keys and their rotation.

#include "service_account.h"

namespace limen::plugins {
namespace {

using namespace std::chrono_literals;
using test::KeyKind;
using test::kIssuer;
using test::kSaNow;
using test::make_key;
using testkit::Reply;

class BoundToken : public test::ServiceAccountTest {};

TEST_F(BoundToken, NamesTheServiceAccount) {
  open();
  const Reply reply = present(claims());
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(reply.user, "system:serviceaccount:team:builder");
  EXPECT_EQ(reply.uid, "sa-uid");
  EXPECT_EQ(reply.groups,
            (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:team"}));
  EXPECT_EQ(extra(reply, "credential-id"), "JTI=token-id");
  EXPECT_EQ(reply.extra.size(), 1u);
  EXPECT_EQ(reply.audiences, std::vector<std::string>{kIssuer});
  EXPECT_EQ(reply.cache_ns, 0) << "what a token rests on is looked up every time";
}

TEST_F(BoundToken, SaysOfAPodWhereItRuns) {
  open();
  put("pods", "p", "p-uid");
  auto payload = bound_to("pod", "p", "p-uid");
  payload["kubernetes.io"].as_object()["node"] = {{"name", "n"}, {"uid", "n-uid"}};
  const Reply reply = present(payload);
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(extra(reply, "pod-name"), "p");
  EXPECT_EQ(extra(reply, "pod-uid"), "p-uid");
  EXPECT_EQ(extra(reply, "node-name"), "n") << "though there is no such node any more";
  EXPECT_EQ(extra(reply, "node-uid"), "n-uid");
}

TEST_F(BoundToken, SaysToWhichNodeItIsBound) {
  open();
  put("nodes", "n", "n-uid");
  const Reply reply = present(bound_to("node", "n", "n-uid"));
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(extra(reply, "node-name"), "n");
  EXPECT_EQ(extra(reply, "node-uid"), "n-uid");
}

TEST_F(BoundToken, OfAnIssuerThatUsedToSignCounts) {
  open();
  auto payload = claims();
  payload["iss"] = "https://old-issuer";
  EXPECT_TRUE(present(payload).authenticated());
}

TEST_F(BoundToken, OfAnotherIssuerIsForOthersToJudge) {
  open();
  auto payload = claims();
  payload["iss"] = "https://accounts.example";
  EXPECT_EQ(present(payload).status, LIMEN_NO_OPINION);
  payload.erase("iss");
  EXPECT_EQ(present(payload).status, LIMEN_NO_OPINION);
  for (const char* token : {"", "opaque", "a.b.c", "e30.e30."}) {
    EXPECT_EQ(present(std::string(token)).status, LIMEN_NO_OPINION) << token;
  }
  EXPECT_EQ(instance_->authenticate({}).status, LIMEN_NO_OPINION);
}

TEST_F(BoundToken, ThatSomebodyElseSignedIsRefused) {
  open();
  const std::string forged =
      test::signer_of(make_key(KeyKind::p256)).sign(boost::json::serialize(claims()));
  EXPECT_EQ(refusal(present(forged)), "no key of ours has signed the token");
  std::string cut = sign(claims());
  cut.pop_back();
  EXPECT_NE(refusal(present(cut)), "");
}

TEST_F(BoundToken, WithoutSignatureIsRefused) {
  open();
  const auto unsigned_token = [](const std::string& header) {
    return jose::base64url_encode(header) + "." +
           jose::base64url_encode(boost::json::serialize(claims())) + ".";
  };
  EXPECT_EQ(refusal(present(unsigned_token(R"({"alg":"none"})"))),
            "the header's \"alg\" is none of those accepted");
  EXPECT_EQ(refusal(present(unsigned_token(R"({"alg":"ES256"})"))),
            "no key of ours has signed the token");
}

// An attacker who makes the public key a shared secret, or has the header bring a key.
TEST_F(BoundToken, CannotChooseItsKey) {
  open();
  const auto with_header = [&](const std::string& header) {
    const std::string good = sign(claims());
    return jose::base64url_encode(header) + good.substr(good.find('.'));
  };
  EXPECT_EQ(refusal(present(with_header(R"({"alg":"HS256"})"))),
            "the header's \"alg\" is none of those accepted");
  EXPECT_NE(refusal(present(with_header(R"({"alg":"ES256","jku":"https://evil.example"})"))), "");
  EXPECT_NE(refusal(present(with_header(R"({"alg":"ES256","crit":["x"]})"))), "");
}

TEST_F(BoundToken, ForAnotherAudienceIsRefused) {
  open();
  auto payload = claims();
  payload["aud"] = {"vault"};
  EXPECT_EQ(refusal(payload), "the token is for other audiences: vault");
  const Reply reply = present(sign(payload), {"bank", "vault"});
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(reply.audiences, std::vector<std::string>{"vault"});
  EXPECT_NE(refusal(present(sign(claims()), {"vault"})), "");
}

TEST_F(BoundToken, IsForTheAudiencesOfTheConfig) {
  open({{"apiAudiences", {"api"}}});
  EXPECT_NE(refusal(claims()), "");
  auto payload = claims();
  payload["aud"] = "api";
  EXPECT_TRUE(present(payload).authenticated());
}

TEST_F(BoundToken, EndsAMinuteAfterItsTime) {
  open();
  const std::string token = sign(claims());
  host().advance(3600s + 60s);
  EXPECT_TRUE(present(token).authenticated());
  host().advance(1s);
  EXPECT_EQ(refusal(present(token)), "service account token has expired");
}

TEST_F(BoundToken, ThatNeverEndsIsRefused) {
  open();
  auto payload = claims();
  payload.erase("exp");
  EXPECT_EQ(refusal(payload), "service account token has no exp claim");
}

TEST_F(BoundToken, BeginsAMinuteBeforeItsTime) {
  open();
  auto payload = claims();
  payload["nbf"] = kSaNow + 60;
  EXPECT_TRUE(present(payload).authenticated());
  payload["nbf"] = kSaNow + 61;
  EXPECT_EQ(refusal(payload), "service account token is not valid yet");
}

TEST_F(BoundToken, IsNotFromTheFuture) {
  open();
  auto payload = claims();
  payload["iat"] = kSaNow + 60;
  EXPECT_TRUE(present(payload).authenticated());
  payload["iat"] = kSaNow + 61;
  EXPECT_EQ(refusal(payload), "service account token is issued in the future");
}

TEST_F(BoundToken, WithClaimsOfAWrongTypeIsRefused) {
  open();
  for (const char* claim : {"sub", "aud", "exp", "nbf", "iat", "jti", "kubernetes.io"}) {
    auto payload = claims();
    payload[claim] = true;
    EXPECT_NE(refusal(payload).find("the claim \"" + std::string(claim) + "\" is not "),
              std::string::npos)
        << claim;
  }
}

TEST_F(BoundToken, DiesWithItsAccountAtOnce) {
  open();
  const std::string token = sign(claims());
  EXPECT_TRUE(present(token).authenticated());
  host().remove("", "serviceaccounts", "team", "builder");
  EXPECT_EQ(refusal(present(token)), "serviceaccounts \"builder\" not found");
  put_account("another-uid");
  EXPECT_EQ(refusal(present(token)),
            "service account UID (another-uid) does not match claim (sa-uid)");
}

TEST_F(BoundToken, OutlivesTheBeginningOfADeletionByAMinute) {
  open();
  put_account("sa-uid", "2025-12-31T23:59:00Z");
  EXPECT_TRUE(present(claims()).authenticated());
  put_account("sa-uid", "2025-12-31T23:58:59Z");
  EXPECT_EQ(refusal(claims()), "service account has been deleted");
  put_account("sa-uid", "some day");
  EXPECT_EQ(refusal(claims()), "service account has been deleted");
}

class Binding : public BoundToken, public testing::WithParamInterface<const char*> {
 protected:
  std::string resource() const { return std::string(GetParam()) + "s"; }
};

TEST_P(Binding, KillsTheTokenWithItsObjectAtOnce) {
  open();
  put(resource(), "x", "x-uid");
  const std::string token = sign(bound_to(GetParam(), "x", "x-uid"));
  EXPECT_TRUE(present(token).authenticated());
  host().remove("", resource(), resource() == "nodes" ? "" : "team", "x");
  EXPECT_EQ(refusal(present(token)), "service account token has been invalidated");
}

TEST_P(Binding, IsToThatVeryObject) {
  open();
  put(resource(), "x", "new-uid");
  const std::string kind = GetParam();
  EXPECT_EQ(refusal(bound_to(kind, "x", "x-uid")),
            kind + " UID (new-uid) does not match service account " + kind + " ref claim (x-uid)");
}

TEST_P(Binding, OutlivesTheBeginningOfADeletionByAMinute) {
  open();
  put(resource(), "x", "x-uid", "2025-12-31T23:59:00Z");
  EXPECT_TRUE(present(bound_to(GetParam(), "x", "x-uid")).authenticated());
  put(resource(), "x", "x-uid", "2025-12-31T23:58:59Z");
  EXPECT_EQ(refusal(bound_to(GetParam(), "x", "x-uid")),
            "service account token has been invalidated");
}

INSTANTIATE_TEST_SUITE_P(Kinds, Binding, testing::Values("pod", "secret", "node"),
                         [](const auto& one) { return std::string(one.param); });

TEST_F(BoundToken, ThatShouldHaveBeenRenewedIsCountedAndNoted) {
  open();
  auto payload = claims();
  payload["exp"] = kSaNow + 365 * 24 * 3600;
  payload["kubernetes.io"].as_object()["warnafter"] = kSaNow + 3607;
  const std::string token = sign(payload);
  EXPECT_EQ(annotation(present(token), "authentication.k8s.io/stale-token"), "");
  EXPECT_EQ(host().metric("valid_tokens_total"), 1);
  host().advance(3617s);
  const Reply reply = present(token);
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(annotation(reply, "authentication.k8s.io/stale-token"),
            "subject: system:serviceaccount:team:builder, seconds after warning threshold: 10");
  EXPECT_EQ(host().metric("stale_tokens_total"), 1);
}

TEST_F(BoundToken, WithoutAudienceIsForTheApiAndNotedAsLegacy) {
  open();
  auto payload = claims();
  payload.erase("aud");
  const Reply reply = present(payload);
  ASSERT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(annotation(reply, "authentication.k8s.io/legacy-token"),
            "system:serviceaccount:team:builder");
  EXPECT_NE(refusal(present(sign(payload), {"vault"})), "");
}

class EveryKeyKind : public BoundToken, public testing::WithParamInterface<KeyKind> {};

TEST_P(EveryKeyKind, SignsAndVerifies) {
  const test::PemPair& pair = make_key(GetParam());
  scratch_.write("sa.key", pair.private_key);
  open();
  const Reply issued = instance_->issue(
      {.ns = "team", .service_account = "builder", .service_account_uid = "sa-uid"});
  ASSERT_TRUE(issued.granted()) << issued.error;
  EXPECT_TRUE(present(issued.token).authenticated());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKeyKind,
                         testing::Values(KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::p521,
                                         KeyKind::ed25519));

class KeyRotation : public BoundToken {
 protected:
  std::string issue() {
    return instance_
        ->issue({.ns = "team", .service_account = "builder", .service_account_uid = "sa-uid"})
        .token;
  }
};

TEST_F(KeyRotation, ANewKeySignsAndTheOldOneVerifiesUntilItIsRemoved) {
  const std::string old_file = scratch_.write("old.pub", "");
  scratch_.write("old.pub", make_key(KeyKind::ed25519).public_key);
  open({{"keyFiles", {old_file}}});
  const std::string before = issue();
  scratch_.write("old.pub", pair_.public_key);
  scratch_.write("sa.key", make_key(KeyKind::p384).private_key);
  host().advance(1s);
  const std::string after = issue();
  EXPECT_EQ(jose::parse_jws(after).algorithm, jose::Algorithm::es384);
  EXPECT_TRUE(present(after).authenticated());
  EXPECT_TRUE(present(before).authenticated());
  EXPECT_EQ(host().metric("reloads_total{service account keys,success}"), 1);
  scratch_.write("old.pub", make_key(KeyKind::ed25519).public_key);
  host().advance(1s);
  EXPECT_EQ(refusal(present(before)), "no key of ours has signed the token")
      << "though it was verified a moment ago";
  EXPECT_TRUE(present(after).authenticated());
}

TEST_F(KeyRotation, ABrokenKeyKeepsTheLastGoodOneAndSaysSo) {
  open();
  const std::string before = issue();
  scratch_.write("sa.key", "canary, no key");
  host().advance(1s);
  EXPECT_TRUE(present(before).authenticated());
  EXPECT_TRUE(present(issue()).authenticated());
  EXPECT_EQ(host().metric("reloads_total{service account keys,failure}"), 1);
  EXPECT_NE(host().log_text().find(key_file_ + ": holds no key in PEM form"), std::string::npos);
  EXPECT_EQ(host().log_text().find("canary"), std::string::npos);
}

TEST_F(KeyRotation, KeyFilesMayHoldPrivateKeysAndSeveral) {
  const test::PemPair& one = make_key(KeyKind::rsa);
  const test::PemPair& two = make_key(KeyKind::p521);
  open({{"keyFiles", {scratch_.write("more.pem", one.private_key + two.public_key)}}});
  for (const test::PemPair* pair : {&one, &two}) {
    EXPECT_TRUE(
        present(test::signer_of(*pair).sign(boost::json::serialize(claims()))).authenticated());
  }
}

TEST(ServiceAccountStart, RefusesWhatCannotBe) {
  const test::Scratch scratch;
  const std::string key = scratch.write("sa.key", make_key(KeyKind::p256).private_key);
  const std::string public_key = scratch.write("sa.pub", make_key(KeyKind::p256).public_key);
  const std::string weak = scratch.write("weak.key", make_key(KeyKind::weak_rsa).private_key);
  const auto error = [](boost::json::object config) {
    return test::start_error("service-account", config);
  };
  const boost::json::array issuers{kIssuer};
  EXPECT_EQ(error({{"issuers", issuers}, {"signingKeyFile", key}}), "");
  EXPECT_EQ(error({{"issuers", issuers}, {"signingKeyFile", "/nonexistent"}}),
            "/nonexistent: No such file or directory");
  EXPECT_EQ(error({{"issuers", issuers}, {"signingKeyFile", public_key}}),
            public_key + ": must hold one private key, the one that signs, and nothing else");
  EXPECT_EQ(error({{"issuers", issuers}, {"signingKeyFile", weak}}),
            weak + ": an RSA key of 1024 bits: it must have 2048 to 16384");
  EXPECT_EQ(error({{"issuers", issuers}, {"signingKeyFile", key}, {"keyFiles", {weak}}}),
            weak + ": an RSA key of 1024 bits: it must have 2048 to 16384");
  EXPECT_EQ(error({{"issuers", {"kubernetes/serviceaccount"}}, {"signingKeyFile", key}}),
            "issuers: \"kubernetes/serviceaccount\" is the issuer of legacy tokens, which are "
            "accepted anyway: remove it");
  EXPECT_EQ(error({{"issuers", {"a:b"}}, {"signingKeyFile", key}}),
            "issuers: \"a:b\" has a colon and is no URL: write one such as https://issuer.example");
}

TEST(ServiceAccountStart, IsForetoldByAnEarlierCheck) {
  const auto findings = test::module("service-account")
                            .check({{"issuers", {kIssuer}}, {"signingKeyFile", "/nonexistent"}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message, "/nonexistent: No such file or directory");
}

TEST_F(BoundToken, AndKeysNeverReachTheLog) {
  open();
  const std::string token = sign(claims());
  present(token);
  host().remove("", "serviceaccounts", "team", "builder");
  const Reply refused = present(token);
  const std::string all = host().log_text() + refused.error;
  EXPECT_EQ(all.find(token.substr(token.rfind('.'))), std::string::npos);
  EXPECT_EQ(all.find("PRIVATE KEY"), std::string::npos);
}

TEST_F(BoundToken, ASigningKeyEverybodyCanReadIsWarnedOf) {
  std::filesystem::permissions(key_file_, std::filesystem::perms(0644));
  open();
  EXPECT_NE(host().log_text().find("everybody on this machine can read the signing key"),
            std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
