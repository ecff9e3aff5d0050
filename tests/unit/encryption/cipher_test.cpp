#include "encryption/cipher.h"

#include <gtest/gtest.h>

#include <tuple>

namespace limen::encryption {
namespace {

const std::string kText =
    R"({"kind":"Secret","apiVersion":"v1","data":{"password":"aHVudGVyMg=="},)"
    R"("metadata":{"name":"db"}})";
constexpr std::string_view kPlace = "/registry/secrets/default/db";

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// `size` bytes that count up from `first`.
std::string counting(unsigned char first, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(first + i);
  return out;
}
KeyBytes key(std::size_t size) { return KeyBytes(counting(0, size)); }

// Made with Python's cryptography package, the last of aescbc also with `openssl enc`.
struct Answer {
  Kind kind;
  std::size_t key;
  const char* sealed;  // after the nonce
};
constexpr Answer kAnswers[] = {
    {Kind::aesgcm, 16,
     "420b02a3032fdb8aaeea267c8c4209da605fd81b7484f0ecc829a74f5ee6217f3cf87448ffc0462cb5b8e1f073593"
     "b"
     "fabc89bc1b917e57a49344eb42e033667428d6293228089ce525b15576c67ad64fb45508cb484ecc82f53616dc1dc"
     "1"
     "9d1f786fb986f8a7fe06831f9a46ee71f6"},
    {Kind::aesgcm, 24,
     "5d2e3713ff337a8fcf40e0df2f566748a4d967eaad6d1aeabc268ec1ee060412aecfc9b5e535b162903fcb7bcc5c8"
     "1"
     "d11150993ecfa794e7714f8b0d0541d3a7ecd016a33a0a7842db2e7400be328b842d2dcd351518ddfb4f3bb9589d7"
     "5"
     "340e0d385faa3105282554a7f24090f815"},
    {Kind::aesgcm, 32,
     "999bc54a4858a539ef977255e901677955e4332cde636a51042e218bb529cfada92adf8ebad8ab3503ce704de16ca"
     "c"
     "a9bc1ed85511fdc068c94ca16060bc518d832ee88879f209c732b502e1f70c9d4a740370a54a0771ad4df4415d397"
     "d"
     "5916c723dfb379a19a2e2ffe6a8d8f8c13"},
    {Kind::aescbc, 16,
     "2c27184d6342292dcc8e54cf79efaee9fc9522efd54630f7f87edbe3d98802f2cdc1d932559ec21d16d03495b0495"
     "c"
     "3f5d15b2e1bf6b6b9848b79457ba50c0246e0c975f02bd88502e34db9fd1abb91c4058b5b36e4409f6f9bb7cbaf0c"
     "c"
     "938a"},
    {Kind::aescbc, 24,
     "e2838fceee510f15de1603548337c001ffd2beb77ccef830cb9a513c52aa12c2ed5612655bc09dc935a995fae25f1"
     "f"
     "ba77340bfc33488a96a97c9f44f636970d18fd6d876b3f7dcfeb4119d3d97271d5874fd707ff3315698dda03bbb49"
     "6"
     "57f8"},
    {Kind::aescbc, 32,
     "422a9c0fedeffc6d7572fb61538046730813ae5e310b709377368745074e45ef23ebc33545a821ac2beb3fafad538"
     "d"
     "35c18f6a1ac43777ce654ab753cbf8373914f51e85eff8448f00f0162e20c263692888bda8b27304d03afa2ae8b7b"
     "0"
     "4c3d"},
};

TEST(Cipher, GivesTheBytesThatOtherProgramsGive) {
  for (const Answer& answer : kAnswers) {
    const std::string nonce = answer.kind == Kind::aesgcm ? counting(0x40, 12) : counting(0x50, 16);
    const std::string sealed = seal_with_nonce(answer.kind, key(answer.key), nonce, kText, kPlace);
    EXPECT_EQ(sealed, nonce + unhex(answer.sealed)) << kind_name(answer.kind) << answer.key;
    EXPECT_EQ(make_cipher(answer.kind, key(answer.key))->open(sealed, kPlace), kText);
  }
}

// NaCl's own test vector (tests/secretbox.c).
TEST(Cipher, GivesTheSecretboxThatNaclGives) {
  const KeyBytes first(unhex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));
  const std::string nonce = unhex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const std::string text = unhex(
      "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c"
      "61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f"
      "21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705");
  const std::string box = unhex(
      "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1"
      "186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab9321645"
      "48e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b"
      "1f654cb45a74e355a5");
  EXPECT_EQ(seal_with_nonce(Kind::secretbox, first, nonce, text, kPlace), nonce + box);
  EXPECT_EQ(make_cipher(Kind::secretbox, first)->open(nonce + box, ""), text);
}

class EveryCipher : public testing::TestWithParam<Kind> {
 protected:
  std::string sealed(std::string_view text = kText) const {
    std::string out;
    cipher_->seal(out, text, kPlace);
    return out;
  }
  const std::unique_ptr<Cipher> cipher_ = make_cipher(GetParam(), key(32));
};

TEST_P(EveryCipher, OpensWhatItSealed) {
  for (const std::size_t size : {0, 1, 15, 16, 17, 100'000}) {
    const std::string text(size, 'x');
    EXPECT_EQ(cipher_->open(sealed(text), kPlace), text) << size;
  }
}

TEST_P(EveryCipher, NeverSealsTwiceAlike) { EXPECT_NE(sealed(), sealed()); }

TEST_P(EveryCipher, AppendsToWhatIsThere) {
  std::string out = "prefix:";
  cipher_->seal(out, kText, kPlace);
  EXPECT_TRUE(out.starts_with("prefix:"));
  EXPECT_EQ(cipher_->open(std::string_view(out).substr(7), kPlace), kText);
}

TEST_P(EveryCipher, RefusesWhatIsTooShort) {
  const std::string whole = sealed();
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_EQ(cipher_->open(whole.substr(0, size), kPlace), std::nullopt) << size;
  }
}

TEST_P(EveryCipher, DoesNotOpenWithAnotherKey) {
  const auto other = make_cipher(GetParam(), KeyBytes(counting(1, 32)));
  // Fixed bytes: without authentication another key fits by chance once in 256 times.
  const std::size_t nonce = GetParam() == Kind::aesgcm ? 12 : GetParam() == Kind::aescbc ? 16 : 24;
  const std::string fixed = seal_with_nonce(GetParam(), key(32), counting(0, nonce), kText, kPlace);
  EXPECT_EQ(other->open(fixed, kPlace), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryCipher,
                         testing::Values(Kind::aesgcm, Kind::aescbc, Kind::secretbox),
                         [](const auto& kind) { return std::string(kind_name(kind.param)); });

class AuthenticatedCipher : public EveryCipher {};

TEST_P(AuthenticatedCipher, RefusesEveryChangedByte) {
  const std::string whole = sealed("short");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(cipher_->open(changed, kPlace), std::nullopt) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AuthenticatedCipher, testing::Values(Kind::aesgcm, Kind::secretbox),
                         [](const auto& kind) { return std::string(kind_name(kind.param)); });

TEST(Cipher, AesgcmFitsNoOtherPlace) {
  const auto cipher = make_cipher(Kind::aesgcm, key(32));
  std::string out;
  cipher->seal(out, kText, kPlace);
  EXPECT_EQ(cipher->open(out, "/registry/secrets/default/other"), std::nullopt);
}

}  // namespace
}  // namespace limen::encryption
