// Certificates are found in text, whatever stands round them.
#include "controllers/pem_bundle.h"

#include <gtest/gtest.h>

#include "certificates.h"

namespace limen::controllers {
namespace {

std::string again(const PemBundle& bundle) {
  std::string out;
  for (const BundledCertificate& one : bundle.certificates) out += one.pem();
  return out;
}

TEST(PemBundle, HoldsTheCertificatesInTheirOrderAndEachOnce) {
  const std::string a = make_certificate("a"), b = make_certificate("b");
  const PemBundle bundle = PemBundle::parse("# ours\n" + b + "between\n\n" + a + b);
  EXPECT_EQ(again(bundle), b + a);
  EXPECT_EQ(bundle.unreadable, 0U);
}

TEST(PemBundle, KnowsWhenACertificateEnds) {
  const auto now = std::chrono::system_clock::now();
  const PemBundle bundle = PemBundle::parse(make_certificate("a", std::chrono::seconds(100)));
  ASSERT_EQ(bundle.certificates.size(), 1U);
  EXPECT_LT(bundle.certificates[0].not_after - now, std::chrono::seconds(105));
  EXPECT_GT(bundle.certificates[0].not_after - now, std::chrono::seconds(95));
}

TEST(PemBundle, CountsWhatCannotBeReadAndReadsOn) {
  const std::string a = make_certificate("a");
  const std::string broken = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
  const PemBundle bundle = PemBundle::parse(broken + a + broken);
  EXPECT_EQ(again(bundle), a);
  EXPECT_EQ(bundle.unreadable, 2U);
}

TEST(PemBundle, AnEncryptedBlockAsksNobodyForAPassword) {
  std::string locked = make_certificate("a");
  locked.insert(
      locked.find('\n') + 1,
      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n");
  EXPECT_EQ(PemBundle::parse(locked).certificates.size(), 0U);
  EXPECT_EQ(PemBundle::parse(locked).unreadable, 1U);
}

TEST(PemBundle, OtherTextHoldsNothing) {
  for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE-----", "-----BEGIN\n-----END"}) {
    EXPECT_EQ(PemBundle::parse(text).certificates.size(), 0U) << text;
  }
}

}  // namespace
}  // namespace limen::controllers
