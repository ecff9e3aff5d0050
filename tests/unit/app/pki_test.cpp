#include "app/pki.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace limen::app {
namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

Certificate parsed(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate out(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return out;
}

std::string subject_of(const std::string& pem) {
  char* text = X509_NAME_oneline(X509_get_subject_name(parsed(pem).get()), nullptr, 0);
  std::string out = text;
  OPENSSL_free(text);
  return out;
}

class PkiTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { authority_ = make_authority("test-ca"); }
  static KeyPair authority_;
};
KeyPair PkiTest::authority_;

TEST_F(PkiTest, AuthoritiesMaySignLeavesAndNothingBelow) {
  const Certificate certificate = parsed(authority_.certificate);
  EXPECT_EQ(X509_check_ca(certificate.get()), 1);
  EXPECT_EQ(X509_get_pathlen(certificate.get()), 0);
  EXPECT_TRUE(X509_get_key_usage(certificate.get()) & KU_KEY_CERT_SIGN);
  EXPECT_EQ(pair_problem(authority_), "");
}

TEST_F(PkiTest, ServingCertificatesCarryNamesAndAddresses) {
  const KeyPair pair =
      make_serving_pair(authority_, "server", {"kubernetes", "10.96.0.1", "::1", "a,DNS:evil"});
  const Certificate certificate = parsed(pair.certificate);
  EXPECT_EQ(X509_check_host(certificate.get(), "kubernetes", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "10.96.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "evil", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_get_extended_key_usage(certificate.get()), static_cast<unsigned>(XKU_SSL_SERVER));
  EXPECT_EQ(X509_check_ca(certificate.get()), 0);
  EXPECT_TRUE(is_signed_by(pair.certificate, authority_.certificate));
}

TEST_F(PkiTest, ClientCertificatesNameUserAndGroups) {
  const KeyPair pair = make_client_pair(authority_, "jane", {"dev", "ops"});
  EXPECT_EQ(subject_of(pair.certificate), "/O=dev/O=ops/CN=jane");
  EXPECT_EQ(X509_get_extended_key_usage(parsed(pair.certificate).get()),
            static_cast<unsigned>(XKU_SSL_CLIENT));
}

TEST_F(PkiTest, SelfSignedPairsBringTheirAuthorityAlong) {
  const KeyPair pair = make_self_signed_pair({"kubernetes", "127.0.0.1"});
  EXPECT_EQ(pair_problem(pair), "");
  const std::string second = pair.certificate.substr(pair.certificate.find("-----END") + 20);
  EXPECT_TRUE(is_signed_by(pair.certificate, second));
  EXPECT_EQ(X509_check_ip_asc(parsed(pair.certificate).get(), "127.0.0.1", 0), 1);
}

TEST_F(PkiTest, EveryCertificateHasItsOwnSerialNumber) {
  const auto serial = [](const KeyPair& pair) {
    BIGNUM* number =
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(parsed(pair.certificate).get()), nullptr);
    char* hex = BN_bn2hex(number);
    std::string out = hex;
    OPENSSL_free(hex);
    BN_free(number);
    return out;
  };
  EXPECT_NE(serial(make_client_pair(authority_, "a", {})),
            serial(make_client_pair(authority_, "a", {})));
}

TEST_F(PkiTest, LeavesLiveForOneYearFromNow) {
  const auto left = expiry_of(make_client_pair(authority_, "a", {}).certificate) -
                    std::chrono::system_clock::now();
  EXPECT_LE(left, kLeafLifetime);
  EXPECT_GT(left, kLeafLifetime - std::chrono::minutes(5));
}

TEST_F(PkiTest, SaysWhatIsWrongWithAPair) {
  const KeyPair other = make_client_pair(authority_, "other", {});
  EXPECT_EQ(pair_problem({authority_.certificate, other.key}),
            "the key does not belong to the certificate");
  EXPECT_EQ(pair_problem({"", other.key}), "holds no certificate");
  EXPECT_EQ(
      pair_problem({"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", other.key}),
      "holds no certificate");
  EXPECT_EQ(pair_problem({other.certificate, "nothing"}),
            "the key file holds no private key without passphrase");
}

TEST_F(PkiTest, KnowsWhoSignedWhat) {
  const KeyPair stranger = make_authority("test-ca");
  const KeyPair leaf = make_client_pair(stranger, "a", {});
  EXPECT_TRUE(is_signed_by(leaf.certificate, stranger.certificate));
  EXPECT_FALSE(is_signed_by(leaf.certificate, authority_.certificate));
  EXPECT_FALSE(is_signed_by("nothing", authority_.certificate));
}

TEST_F(PkiTest, DefaultNamesAreThoseClientsUse) {
  const auto names = default_serving_names();
  for (const char* name :
       {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local", "localhost", "127.0.0.1", "::1", "10.96.0.1"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

TEST(TokenKeyTest, IsAnRsaKeyWhosePublicHalfStandsAlone) {
  const TokenKey key = make_token_key();
  EXPECT_EQ(key.private_key.rfind("-----BEGIN PRIVATE KEY-----", 0), 0U);
  EXPECT_EQ(key.public_key.rfind("-----BEGIN PUBLIC KEY-----", 0), 0U);
  EXPECT_EQ(token_key_problem(key), "");
}

TEST(TokenKeyTest, SaysWhatDoesNotFit) {
  const TokenKey key = make_token_key();
  EXPECT_EQ(token_key_problem({"nonsense", key.public_key}),
            "holds no private key without passphrase");
  EXPECT_EQ(token_key_problem({key.private_key, "nonsense"}),
            "the public key file holds no public key");
  EXPECT_EQ(token_key_problem({key.private_key, make_token_key().public_key}),
            "the public key does not belong to the private key");
}

}  // namespace
}  // namespace limen::app
