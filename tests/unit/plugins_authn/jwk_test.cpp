// JSON Web Keys: those of others, and Wycheproof's vectors about them and about signatures.

#include "common/jose/jwk.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "support/key_maker.h"

namespace limen::plugins::jose {
namespace {

namespace json = boost::json;
using test::KeyKind;
using test::make_key;

constexpr Algorithm kAll[] = {
    Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
    Algorithm::ps512, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa};

json::object exported(KeyKind kind) {
  return VerificationKey(read_pem_keys(make_key(kind).public_key).at(0).key, kAll).to_jwk();
}

std::string refusal(const json::object& jwk) {
  try {
    parse_jwk(jwk, kAll);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

class EveryKind : public testing::TestWithParam<KeyKind> {};

TEST_P(EveryKind, IsReadAsItWasWritten) {
  const test::PemPair& pair = make_key(GetParam());
  const VerificationKey own(read_pem_keys(pair.public_key).at(0).key, kAll);
  const Jwk read = parse_jwk(own.to_jwk(), kAll);
  EXPECT_TRUE(read.key.same_as(own));
  EXPECT_EQ(read.key_id, own.key_id());
  EXPECT_EQ(read.key.algorithms(), std::vector{own.algorithms().front()});
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind,
                         testing::Values(KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::p521,
                                         KeyKind::ed25519));

TEST(Jwk, WithoutAlgorithmIsUsedWithAllThatFitAndAreAllowed) {
  json::object jwk = exported(KeyKind::rsa);
  jwk.erase("alg");
  const Algorithm allowed[] = {Algorithm::ps256, Algorithm::rs512, Algorithm::es256};
  EXPECT_EQ(parse_jwk(jwk, allowed).key.algorithms(),
            (std::vector{Algorithm::ps256, Algorithm::rs512}));
}

TEST(Jwk, ThatIsNotForVerifyingOrNotPublicIsRefused) {
  const auto changed = [](KeyKind kind, const char* member, json::value value) {
    json::object jwk = exported(kind);
    jwk[member] = std::move(value);
    return refusal(jwk);
  };
  EXPECT_EQ(changed(KeyKind::p256, "use", "enc"), "the key is not for signatures");
  EXPECT_EQ(changed(KeyKind::p256, "key_ops", {"sign"}), "the key is not for verifying");
  EXPECT_EQ(changed(KeyKind::p256, "key_ops", {"sign", "verify"}), "");
  EXPECT_EQ(changed(KeyKind::p256, "d", "AAAA"), "the key is a private or a shared one");
  EXPECT_EQ(changed(KeyKind::p256, "kty", "oct"), "the key is a private or a shared one");
  EXPECT_EQ(changed(KeyKind::p256, "alg", "none"), "the key's \"alg\" is none of those accepted");
  EXPECT_EQ(changed(KeyKind::p256, "alg", 1), "the key's \"alg\" is not a text");
  EXPECT_EQ(changed(KeyKind::p256, "crv", "secp256k1"), "the key's curve is not used");
  EXPECT_EQ(changed(KeyKind::ed25519, "crv", "Ed448"), "the key's curve is not used");
  EXPECT_EQ(changed(KeyKind::p256, "x", "AA"), "the key's \"x\" is not a number of its kind");
  EXPECT_EQ(changed(KeyKind::rsa, "n", "=="), "the key's \"n\" is not a number of its kind");
  EXPECT_EQ(changed(KeyKind::rsa, "kty", "PQ"), "the key's \"kty\" is not used");
  EXPECT_NE(changed(KeyKind::rsa, "alg", "ES256"), "");
  EXPECT_EQ(changed(KeyKind::rsa, "e", "AQ"), "an RSA key with an exponent that cannot be");
  EXPECT_EQ(changed(KeyKind::rsa, "e", "AQAC"), "an RSA key with an exponent that cannot be");
}

TEST(JwkSet, LeavesOutWhatIsNotUnderstood) {
  json::object other = exported(KeyKind::p256);
  other["kid"] = "other";
  other["use"] = "enc";
  const json::object set{{"keys", {exported(KeyKind::p256), other, json::object{{"kty", "PQ"}}, 1}},
                         {"more", true}};
  EXPECT_EQ(parse_jwks(json::serialize(set), kAll).size(), 1u);
}

TEST(JwkSet, ThatNobodyOughtToPublishIsRefused) {
  const auto refusal_of = [](const std::string& text) -> std::string {
    try {
      parse_jwks(text, kAll);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  const json::object key = exported(KeyKind::p256);
  EXPECT_EQ(refusal_of(json::serialize(json::object{{"keys", {key, key}}})),
            "the key set holds two keys of one name");
  EXPECT_EQ(refusal_of(R"({"keys":[{"kty":"oct","k":"AAAA"}]})"),
            "the key set holds a private or a shared key");
  EXPECT_EQ(refusal_of(R"({"keys":1})"), "the key set has no list \"keys\"");
  EXPECT_EQ(refusal_of(R"({"keys":[],"keys":[]})"), "names \"keys\" twice");
  EXPECT_EQ(refusal_of("[]"), "is not an object");
  EXPECT_EQ(refusal_of(std::string(kMaxKeySetBytes + 1, ' ')),
            "the key set has more than 1048576 bytes");
  json::array many(kMaxKeys + 1, json::object());
  EXPECT_EQ(refusal_of(json::serialize(json::object{{"keys", many}})),
            "the key set has more than 256 keys");
}

// ---- Wycheproof

json::value vectors(const std::string& name) {
  std::ifstream in(std::string(LIMEN_VECTORS_DIR) + "/wycheproof-json-web-" + name + ".json");
  return json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
}

// The keys of a group as text of a set. Those of RFC 7520 have no algorithm in the RFC, and the
// vectors have given them wrong ones.
std::string as_set(const json::value& group, bool is_public) {
  const json::value& published = group.at(is_public ? "public" : "private");
  json::value keys = published.as_object().contains("keys") ? published.at("keys")
                                                            : json::value(json::array{published});
  if (group.at("comment").as_string().starts_with("rfc7520")) {
    for (json::value& key : keys.as_array()) key.as_object().erase("alg");
  }
  return json::serialize(json::object{{"keys", keys}});
}

bool accepts(const std::string& set, const json::value& token) {
  if (!token.is_string()) return false;  // JSON serialization is not read
  try {
    const Jws jws = parse_jws(token.as_string());
    for (const Jwk& one : parse_jwks(set, kAll)) {
      if (!jws.key_id.empty() && jws.key_id != one.key_id) continue;
      if (one.key.verify(jws)) return true;
    }
  } catch (const std::runtime_error&) {
    return false;
  }
  return false;
}

// What every vector of a file gets, against what it should: of shared keys, which are not used,
// none is accepted.
void check(const std::string& name, std::size_t expected_valid) {
  std::size_t valid = 0;
  const json::value file = vectors(name);
  for (const json::value& group : file.at("testGroups").as_array()) {
    const bool is_public = group.as_object().contains("public");
    const std::string set = as_set(group, is_public);
    for (const json::value& vector : group.at("tests").as_array()) {
      const bool wanted = is_public && vector.at("result") == "valid";
      valid += wanted ? 1 : 0;
      EXPECT_EQ(accepts(set, vector.at("jws")), wanted)
          << name << " " << vector.at("tcId") << " " << vector.at("comment");
    }
  }
  EXPECT_EQ(valid, expected_valid);
}

TEST(Wycheproof, EverySignatureGetsItsVerdict) { check("signature", 36); }
TEST(Wycheproof, EveryKeyGetsItsVerdict) { check("key", 1); }

}  // namespace
}  // namespace limen::plugins::jose
