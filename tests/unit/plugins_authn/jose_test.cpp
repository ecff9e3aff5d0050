// Signed tokens and their keys: what is taken, what is refused.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "common/jose/base64url.h"
#include "common/jose/json_object.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "support/key_maker.h"

namespace limen::plugins::jose {
namespace {

using test::KeyKind;
using test::make_key;

constexpr Algorithm kAll[] = {
    Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
    Algorithm::ps512, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa};

std::string token_of(std::string_view header, std::string_view payload,
                     std::string_view signature = "sig") {
  return base64url_encode(header) + "." + base64url_encode(payload) + "." +
         base64url_encode(signature);
}

std::string refusal_of(const std::string& token) {
  try {
    claims_of(parse_jws(token));
    return "";
  } catch (const JwsError& error) {
    return error.what();
  }
}

KeyHandle key_of(const std::string& pem) { return read_pem_keys(pem).at(0).key; }

std::string pem_error(const std::string& pem) {
  try {
    read_pem_keys(pem);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(Base64Url, GoesThereAndBack) {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"}) {
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
  EXPECT_EQ(base64url_encode("\xff\xef"), "_-8");
}

TEST(Base64Url, HasOneFormForEachText) {
  for (const char* text : {"_-8=", "_-9", "/+8", "_-8\n", " _-8", "A", "AAAAA", "A\xc3"}) {
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
  }
}

TEST(JsonObject, RefusesANameThatComesTwiceAtAnyDepth) {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      parse_object(text);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal(R"({"a":1,"b":{"a":2}})"), "");
  EXPECT_EQ(refusal(R"({"a":1,"a":1})"), "names \"a\" twice");
  EXPECT_EQ(refusal(R"({"a":[{"b":1,"\u0062":2}]})"), "names \"b\" twice");
  EXPECT_EQ(refusal("[]"), "is not an object");
  EXPECT_EQ(refusal("{} {}"), "is not JSON");
  EXPECT_EQ(refusal("{"), "is not JSON");
  EXPECT_EQ(refusal("{\"a\":\"\xff\"}"), "is not JSON");
  std::string deep = "{\"a\":";
  deep += std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']') + "}";
  EXPECT_EQ(refusal(deep), "is nested too deep");
}

TEST(Jws, IsTakenApart) {
  const Jws jws = parse_jws(token_of(R"({"alg":"ES256","kid":"k","typ":"JWT"})", R"({"iss":"i"})"));
  EXPECT_EQ(jws.algorithm, Algorithm::es256);
  EXPECT_EQ(jws.key_id, "k");
  EXPECT_EQ(claims_of(jws).at("iss"), "i");
  EXPECT_EQ(jws.signature, "sig");
}

TEST(Jws, OfAnotherShapeIsRefused) {
  EXPECT_EQ(refusal_of("a.b"), "the token has not three parts");
  EXPECT_EQ(refusal_of("a.b.c.d"), "the token has not three parts");
  EXPECT_EQ(refusal_of("!.e30.AA"), "the header is not base64url");
  EXPECT_EQ(refusal_of(token_of("{}", "[]")), "the header's \"alg\" is none of those accepted");
  EXPECT_EQ(refusal_of(token_of(R"({"alg":"RS256"})", "[]")), "the payload is not an object");
  EXPECT_EQ(refusal_of(token_of(R"({"alg":"RS256"})", "{}") + "=="),
            "the signature is not base64url");
  EXPECT_EQ(refusal_of(token_of(R"({"alg":"RS256","kid":1})", "{}")),
            "the header's \"kid\" is not a text");
  EXPECT_EQ(refusal_of(token_of(R"({"alg":"RS256"})", R"({"iss":"a","iss":"b"})")),
            "the payload names \"iss\" twice");
}

TEST(Jws, WithoutSignatureOrWithASharedSecretIsRefused) {
  for (const char* name : {"none", "None", "HS256", "rs256", "", "ES256K"}) {
    EXPECT_EQ(refusal_of(token_of(R"({"alg":")" + std::string(name) + "\"}", "{}")),
              "the header's \"alg\" is none of those accepted")
        << name;
  }
}

TEST(Jws, ThatBringsItsKeyOrDemandsExtensionsIsRefused) {
  for (const char* name : {"jku", "jwk", "x5u", "x5c", "crit", "b64"}) {
    EXPECT_NE(refusal_of(token_of(R"({"alg":"RS256",")" + std::string(name) + "\":[]}", "{}")), "")
        << name;
  }
}

TEST(Jws, IsBoundedInSize) {
  const std::string padding(kMaxHeaderBytes, 'x');
  EXPECT_EQ(refusal_of(token_of(R"({"alg":"RS256","x":")" + padding + "\"}", "{}")),
            "the header has more than 8192 bytes");
  EXPECT_EQ(refusal_of(std::string(kMaxTokenBytes + 1, 'a')),
            "the token has more than 65536 bytes");
}

TEST(Jws, TellsAnIssuerWithoutBelievingIt) {
  EXPECT_EQ(unverified_issuer(token_of("not even JSON", R"({"iss":"me"})")), "me");
  EXPECT_FALSE(unverified_issuer(token_of("{}", R"({"iss":1})")).has_value());
  EXPECT_FALSE(unverified_issuer(token_of("{}", "{}")).has_value());
  EXPECT_FALSE(unverified_issuer("opaque-token").has_value());
}

class EveryAlgorithm : public testing::TestWithParam<std::pair<KeyKind, Algorithm>> {};

TEST_P(EveryAlgorithm, VerifiesWhatItSigned) {
  const auto& [kind, algorithm] = GetParam();
  const test::PemPair pem = make_key(kind);
  const SigningKey key(key_of(pem.private_key), algorithm);
  const std::string token = key.sign(R"({"iss":"i"})");
  const Jws jws = parse_jws(token);
  EXPECT_EQ(jws.algorithm, algorithm);
  EXPECT_EQ(jws.key_id, key.public_key().key_id());
  const VerificationKey reader(key_of(pem.public_key), kAll);
  EXPECT_TRUE(reader.verify(jws));
  EXPECT_TRUE(reader.same_as(key.public_key()));
  EXPECT_EQ(reader.key_id(), jws.key_id);
}

TEST_P(EveryAlgorithm, RefusesEveryChange) {
  const auto& [kind, algorithm] = GetParam();
  const test::PemPair pem = make_key(kind);
  const SigningKey key(key_of(pem.private_key), algorithm);
  const Jws good = parse_jws(key.sign(R"({"iss":"i"})"));
  const VerificationKey& reader = key.public_key();
  Jws changed = good;
  changed.signing_input += "x";
  EXPECT_FALSE(reader.verify(changed));
  for (std::size_t i = 0; i < good.signature.size(); i += 7) {
    changed = good;
    changed.signature[i] = static_cast<char>(changed.signature[i] ^ 1);
    EXPECT_FALSE(reader.verify(changed)) << i;
  }
  for (const std::string& other : {std::string(), good.signature + '\0', good.signature.substr(1),
                                   std::string(good.signature.size(), '\0')}) {
    changed = good;
    changed.signature = other;
    EXPECT_FALSE(reader.verify(changed));
  }
}

// One PSS signature in 256 begins with a zero byte, which is part of it.
TEST(RsaSignature, IsRefusedWithoutItsLeadingZero) {
  const SigningKey key(key_of(make_key(KeyKind::rsa).private_key), Algorithm::ps256);
  Jws jws;
  for (int i = 0; i < 20'000 && (jws.signature.empty() || jws.signature[0] != '\0'); ++i) {
    jws = parse_jws(key.sign(R"({"n":)" + std::to_string(i) + "}"));
  }
  ASSERT_EQ(jws.signature[0], '\0');
  EXPECT_TRUE(key.public_key().verify(jws));
  jws.signature.erase(0, 1);
  EXPECT_FALSE(key.public_key().verify(jws));
}

TEST_P(EveryAlgorithm, IsTheOnlyOneItsKeyIsUsedWith) {
  const auto& [kind, algorithm] = GetParam();
  const SigningKey key(key_of(make_key(kind).private_key), algorithm);
  Jws jws = parse_jws(key.sign("{}"));
  for (const Algorithm other : kAll) {
    if (other == algorithm) continue;
    jws.algorithm = other;
    EXPECT_FALSE(key.public_key().verify(jws)) << name_of(other);
  }
}

INSTANTIATE_TEST_SUITE_P(Jose, EveryAlgorithm,
                         testing::Values(std::pair{KeyKind::rsa, Algorithm::rs256},
                                         std::pair{KeyKind::rsa, Algorithm::rs384},
                                         std::pair{KeyKind::rsa, Algorithm::rs512},
                                         std::pair{KeyKind::rsa, Algorithm::ps256},
                                         std::pair{KeyKind::rsa, Algorithm::ps384},
                                         std::pair{KeyKind::rsa, Algorithm::ps512},
                                         std::pair{KeyKind::p256, Algorithm::es256},
                                         std::pair{KeyKind::p384, Algorithm::es384},
                                         std::pair{KeyKind::p521, Algorithm::es512},
                                         std::pair{KeyKind::ed25519, Algorithm::eddsa}),
                         [](const auto& one) { return std::string(name_of(one.param.second)); });

TEST(VerificationKey, IsNotMadeOfWeakOrOddKeys) {
  const KeyHandle weak = key_of(make_key(KeyKind::weak_rsa).public_key);
  EXPECT_THROW(VerificationKey(weak, kAll), std::runtime_error);
  const KeyHandle curve = key_of(make_key(KeyKind::p256).public_key);
  const Algorithm wrong[] = {Algorithm::rs256, Algorithm::es384};
  EXPECT_THROW(VerificationKey(curve, wrong), std::runtime_error);
}

TEST(VerificationKey, OfAnotherPairVerifiesNothing) {
  const SigningKey one(key_of(make_key(KeyKind::p256).private_key), Algorithm::es256);
  const SigningKey other(key_of(make_key(KeyKind::p256).private_key), Algorithm::es256);
  EXPECT_FALSE(other.public_key().verify(parse_jws(one.sign("{}"))));
  EXPECT_FALSE(one.public_key().same_as(other.public_key()));
}

// RFC 8037 appendix A.1 and A.2: the key pair, its public half as a JWK.
TEST(VerificationKey, OfRfc8037IsExportedAsThere) {
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n";
  const SigningKey key(key_of(pem), Algorithm::eddsa);
  const boost::json::object jwk = key.public_key().to_jwk();
  EXPECT_EQ(jwk.at("kty"), "OKP");
  EXPECT_EQ(jwk.at("crv"), "Ed25519");
  EXPECT_EQ(jwk.at("x"), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

TEST(VerificationKey, IsExportedWithTheMembersOfItsKind) {
  const auto exported = [](KeyKind kind) {
    const KeyHandle key = key_of(make_key(kind).public_key);
    return boost::json::serialize(VerificationKey(key, kAll).to_jwk());
  };
  const std::string rsa = exported(KeyKind::rsa);
  EXPECT_NE(rsa.find(R"("use":"sig","kty":"RSA","kid":")"), std::string::npos) << rsa;
  EXPECT_NE(rsa.find(R"("alg":"RS256","n":")"), std::string::npos) << rsa;
  EXPECT_NE(rsa.find(R"("e":"AQAB")"), std::string::npos) << rsa;
  const boost::json::value ec = boost::json::parse(exported(KeyKind::p521));
  EXPECT_EQ(ec.at("crv"), "P-521");
  EXPECT_EQ(ec.at("alg"), "ES512");
  // RFC 7518 section 6.2.1.2: as long as the field, leading zeros and all.
  EXPECT_EQ(ec.at("x").as_string().size(), 88u);
  EXPECT_EQ(ec.at("y").as_string().size(), 88u);
}

TEST(PemKeys, AreAllKeysOfAFile) {
  const test::PemPair one = make_key(KeyKind::p256);
  const test::PemPair two = make_key(KeyKind::ed25519);
  const auto keys = read_pem_keys(one.public_key + "some text between\n" + two.private_key);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_FALSE(keys[0].is_private);
  EXPECT_TRUE(keys[1].is_private);
}

TEST(PemKeys, ThatCannotBeReadAreSaidToBeSo) {
  EXPECT_EQ(pem_error("nothing of the kind"), "holds no key in PEM form");
  EXPECT_EQ(pem_error(""), "holds no key in PEM form");
  EXPECT_EQ(pem_error("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            "block 1 (PUBLIC KEY) holds no key that can be read");
  EXPECT_EQ(pem_error("-----BEGIN PUBLIC KEY-----\nAAAA\n"),
            "holds a PEM block that cannot be read");
  EXPECT_EQ(pem_error("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                      "-----END ENCRYPTED PRIVATE KEY-----\n"),
            "block 1 (ENCRYPTED PRIVATE KEY) is encrypted: give the key without passphrase");
}

TEST(NaturalAlgorithm, IsThatOfTheKind) {
  const auto natural = [](KeyKind kind) {
    return name_of(*natural_algorithm(key_of(make_key(kind).public_key)));
  };
  EXPECT_EQ(natural(KeyKind::rsa), "RS256");
  EXPECT_EQ(natural(KeyKind::p256), "ES256");
  EXPECT_EQ(natural(KeyKind::p384), "ES384");
  EXPECT_EQ(natural(KeyKind::p521), "ES512");
  EXPECT_EQ(natural(KeyKind::ed25519), "EdDSA");
}

}  // namespace
}  // namespace limen::plugins::jose
