#include "transport/tls_policy.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace limen::transport {
namespace {

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST(TlsPolicy, VersionsHaveKubernetesNames) {
  EXPECT_EQ(tls_version_number("VersionTLS12"), 0x0303);
  EXPECT_EQ(tls_version_number("VersionTLS13"), 0x0304);
  EXPECT_EQ(refusal([] { tls_version_number("TLS1.2"); }), "unknown tls version \"TLS1.2\"");
}

TEST(TlsPolicy, SuitesAreNamedAsIanaDoes) {
  EXPECT_EQ(cipher_list({"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                         "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}),
            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384");
}

TEST(TlsPolicy, TwoNamesOfOldAreTaken) {
  EXPECT_EQ(cipher_list({"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"}), "ECDHE-RSA-CHACHA20-POLY1305");
  EXPECT_EQ(cipher_list({"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"}),
            "ECDHE-ECDSA-CHACHA20-POLY1305");
}

TEST(TlsPolicy, SuitesOfTls13AreAlwaysOnAndNotEnoughAlone) {
  EXPECT_EQ(cipher_list({"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}),
            "ECDHE-RSA-AES128-GCM-SHA256");
  EXPECT_NE(refusal([] { cipher_list({"TLS_AES_128_GCM_SHA256"}); }).find("no suite of TLS 1.2"),
            std::string::npos);
}

TEST(TlsPolicy, AnUnknownSuiteIsRefusedInKubernetesWords) {
  EXPECT_EQ(refusal([] { cipher_list({"TLS_NOT_A_SUITE"}); }),
            "Cipher suite TLS_NOT_A_SUITE not supported or doesn't exist");
}

TEST(TlsPolicy, SuitesWithoutForwardSecrecyAreCalledInsecure) {
  EXPECT_TRUE(is_insecure_suite("TLS_RSA_WITH_AES_128_GCM_SHA256"));
  EXPECT_TRUE(is_insecure_suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"));
  EXPECT_FALSE(is_insecure_suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
  EXPECT_FALSE(is_insecure_suite("TLS_AES_256_GCM_SHA384"));
}

TEST(TlsPolicy, CurvesAreTheNumbersOfTheRegistry) {
  EXPECT_EQ(group_list({"29", "23"}), "X25519:P-256");
  EXPECT_EQ(refusal([] { group_list({"4588"}); }),
            "curve 4588 is not supported: this TLS library has 23 (P-256), 24 (P-384), 25 (P-521) "
            "and 29 (X25519)");
}

}  // namespace
}  // namespace limen::transport
