#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "common/digest.h"
#include "support.h"
#include "support/authority.h"

namespace limen::plugins {
namespace {

using test::Certificate;
using test::kNow;
using testkit::Instance;
using testkit::Json;
using testkit::Reply;
using namespace std::chrono_literals;

constexpr const char* kUid = "1.3.6.1.4.1.57683.2";

class X509Module : public testing::Test {
 protected:
  X509Module()
      : ca_(test::make_authority("test ca")),
        ca_file_(scratch_.write("ca.pem", ca_.pem())),
        instance_(test::module("x509"), {.config = {{"clientCAFile", ca_file_}}}) {}

  Certificate client(test::CertificateSpec spec) {
    if (spec.subject.empty()) spec.subject = {{"CN", "ada"}};
    return Certificate(spec, &ca_);
  }
  Reply present(const Certificate& certificate) {
    return instance_.authenticate({.certificates = {certificate.der()}});
  }
  // The error with the certificate's number taken out, empty when there is none.
  std::string refusal(const Certificate& certificate) {
    const Reply reply = present(certificate);
    if (reply.status >= 0) return "";
    const std::string prefix = "verifying certificate SN=" + certificate.serial() + " failed: ";
    return reply.error.rfind(prefix, 0) == 0 ? reply.error.substr(prefix.size()) : reply.error;
  }

  test::Scratch scratch_;
  Certificate ca_;
  std::string ca_file_;
  Instance instance_;
};

TEST_F(X509Module, TheCommonNameIsTheUserAndOrganizationsAreGroups) {
  const Certificate ada = client({.subject = {{"O", "dev"}, {"CN", "ada"}, {"O", "ops"}}});
  const Reply reply = present(ada);
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"dev", "ops"}));
  ASSERT_EQ(reply.extra.size(), 1u);
  EXPECT_EQ(reply.extra[0].first, "authentication.kubernetes.io/credential-id");
  EXPECT_EQ(reply.extra[0].second, "X509SHA256=" + to_hex(sha256({ada.der()})));
}

TEST_F(X509Module, WithoutACertificateThereIsNoOpinion) {
  EXPECT_EQ(instance_.authenticate({}).status, LIMEN_NO_OPINION);
}

TEST_F(X509Module, AnEmptyCommonNameIsNoOpinion) {
  EXPECT_EQ(present(client({.subject = {{"O", "dev"}}})).status, LIMEN_NO_OPINION);
}

TEST_F(X509Module, OfSeveralCommonNamesTheLastCounts) {
  EXPECT_EQ(present(client({.subject = {{"CN", "first"}, {"CN", "last"}}})).user, "last");
}

TEST_F(X509Module, TheUidAttributeIsTheUid) {
  EXPECT_EQ(present(client({.subject = {{"CN", "ada"}, {kUid, "42"}}})).uid, "42");
}

TEST_F(X509Module, TwoUidsAreRefused) {
  EXPECT_EQ(refusal(client({.subject = {{"CN", "ada"}, {kUid, "1"}, {kUid, "2"}}})),
            "expected 1 UID, but found 2");
}

TEST_F(X509Module, AnEmptyUidIsRefused) {
  EXPECT_EQ(refusal(client({.subject = {{"CN", "ada"}, {kUid, "", V_ASN1_UTF8STRING}}})),
            "UID cannot be an empty string");
}

TEST_F(X509Module, ANameWithANulIsRefused) {
  const std::string name("ada\0.evil", 9);
  EXPECT_EQ(refusal(client({.subject = {{"CN", name, V_ASN1_UTF8STRING}}})),
            "the common name of the certificate holds a NUL");
  EXPECT_EQ(refusal(client({.subject = {{"CN", "ada"}, {"O", name, V_ASN1_UTF8STRING}}})),
            "the organization of the certificate holds a NUL");
}

TEST_F(X509Module, ANameThatIsNotUtf8IsRefused) {
  std::string der = client({.subject = {{"CN", "ada-XX"}}}).der();
  const std::size_t at = der.find("ada-XX");
  ASSERT_NE(at, std::string::npos);
  der.replace(at + 4, 2, "\xff\xfe");
  const Reply reply = instance_.authenticate({.certificates = {der}});
  EXPECT_EQ(reply.error, "a presented certificate cannot be read");
}

TEST_F(X509Module, OtherStringTypesAreReadAsUtf8) {
  EXPECT_EQ(present(client({.subject = {{"CN", "J\xfcrgen", V_ASN1_T61STRING}}})).user,
            "J\xc3\xbcrgen");
}

TEST_F(X509Module, AnUnknownAuthorityIsRefused) {
  const Certificate other = test::make_authority("other ca");
  EXPECT_EQ(refusal(Certificate({.subject = {{"CN", "ada"}}}, &other)),
            "unable to get local issuer certificate");
  EXPECT_EQ(refusal(Certificate({.subject = {{"CN", "ada"}}})), "self-signed certificate");
}

TEST_F(X509Module, AnAuthorityOfTheSameNameIsNotTheSameAuthority) {
  const Certificate fake = test::make_authority("test ca");
  EXPECT_NE(refusal(Certificate({.subject = {{"CN", "ada"}}}, &fake)), "");
}

TEST_F(X509Module, ExpiredAndNotYetValidAreRefused) {
  EXPECT_EQ(refusal(client({.not_before = kNow - 10, .not_after = kNow - 1})),
            "certificate has expired");
  EXPECT_EQ(refusal(client({.not_before = kNow + 100, .not_after = kNow + 200})),
            "certificate is not yet valid");
}

TEST_F(X509Module, OtherUsesThanClientAuthenticationAreRefused) {
  EXPECT_EQ(refusal(client({.usage = "serverAuth"})),
            "certificate specifies an incompatible key usage");
  EXPECT_EQ(present(client({.usage = "serverAuth,clientAuth"})).user, "ada");
  EXPECT_EQ(present(client({.usage = "anyExtendedKeyUsage"})).user, "ada");
}

TEST_F(X509Module, ACertificateWithoutExtendedKeyUsageServesEveryUse) {
  EXPECT_EQ(present(client({.usage = ""})).user, "ada");
}

TEST_F(X509Module, WeakSignaturesAreRefused) {
  EXPECT_EQ(refusal(client({.digest = EVP_sha1()})), "CA signature digest algorithm too weak");
}

TEST_F(X509Module, IntermediatesComeFromTheHandshake) {
  const Certificate middle = test::make_authority("middle", &ca_);
  const Certificate ada({.subject = {{"CN", "ada"}}}, &middle);
  EXPECT_NE(refusal(ada), "");
  const Reply reply = instance_.authenticate({.certificates = {ada.der(), middle.der()}});
  EXPECT_EQ(reply.user, "ada");
}

TEST_F(X509Module, AClientCertificateIsNoAuthority) {
  const Certificate ada = client({});
  const Certificate forged({.subject = {{"CN", "root"}}}, &ada);
  EXPECT_LT(instance_.authenticate({.certificates = {forged.der(), ada.der()}}).status, 0);
}

TEST_F(X509Module, AnIntermediateForOtherUsesIsRefused) {
  const Certificate middle({.subject = {{"CN", "m"}}, .usage = "serverAuth", .authority = true},
                           &ca_);
  const Certificate ada({.subject = {{"CN", "ada"}}}, &middle);
  const Reply reply = instance_.authenticate({.certificates = {ada.der(), middle.der()}});
  EXPECT_NE(reply.error.find("incompatible key usage"), std::string::npos);
}

TEST_F(X509Module, AnAuthorityNeedNotBeSelfSigned) {
  const Certificate root = test::make_authority("root");
  const Certificate middle = test::make_authority("middle", &root);
  const Certificate ada({.subject = {{"CN", "ada"}}}, &middle);
  Instance instance(test::module("x509"),
                    {.config = {{"clientCAFile", scratch_.write("m.pem", middle.pem())}}});
  EXPECT_EQ(instance.authenticate({.certificates = {ada.der()}}).user, "ada");
}

TEST_F(X509Module, AllFilesAndAllCertificatesInThemCount) {
  const Certificate a = test::make_authority("a"), b = test::make_authority("b");
  const Certificate c = test::make_authority("c");
  const Json more = boost::json::array{scratch_.write("bc.pem", "text\n" + b.pem() + c.pem())};
  Instance instance(
      test::module("x509"),
      {.config = {{"clientCAFile", scratch_.write("a.pem", a.pem())}, {"clientCAFiles", more}}});
  for (const Certificate* issuer : {&a, &b, &c}) {
    const Certificate ada({.subject = {{"CN", "ada"}}}, issuer);
    EXPECT_EQ(instance.authenticate({.certificates = {ada.der()}}).user, "ada");
  }
}

TEST_F(X509Module, BytesThatAreNoCertificateAreRefused) {
  const std::string der = client({}).der();
  for (const std::string& bytes :
       {std::string("x"), std::string(), der.substr(0, der.size() - 1), der + "x"}) {
    const Reply reply = instance_.authenticate({.certificates = {bytes}});
    EXPECT_LT(reply.status, 0);
    EXPECT_EQ(reply.error, "a presented certificate cannot be read");
  }
}

TEST_F(X509Module, AnotherEncodingOfACertificateIsRefused) {
  std::string der = client({}).der();
  ASSERT_EQ(der.substr(0, 2), "\x30\x82");
  // The length in three bytes where two are enough: BER, not DER.
  der.replace(1, 1, std::string("\x83\x00", 2));
  EXPECT_EQ(instance_.authenticate({.certificates = {der}}).error,
            "a presented certificate cannot be read");
}

TEST_F(X509Module, TenCertificatesMayBePresentedAndNotEleven) {
  std::vector<std::string> chain{client({}).der()};
  while (chain.size() < 10) chain.push_back(ca_.der());
  EXPECT_EQ(instance_.authenticate({.certificates = chain}).user, "ada");
  chain.push_back(ca_.der());
  const Reply reply = instance_.authenticate({.certificates = chain});
  EXPECT_LT(reply.status, 0);
  EXPECT_EQ(reply.error, "too many certificates were presented");
}

TEST_F(X509Module, AKnownCertificateStopsCountingTheMomentItExpires) {
  const Certificate ada = client({.not_after = kNow + 30});
  EXPECT_EQ(present(ada).user, "ada");
  instance_.host().advance(30s);
  EXPECT_EQ(present(ada).user, "ada");
  instance_.host().advance(1s);
  EXPECT_EQ(refusal(ada), "certificate has expired");
}

TEST_F(X509Module, AKnownCertificateStopsCountingWhenItsIntermediateExpires) {
  const Certificate middle(
      {.subject = {{"CN", "m"}}, .usage = "", .not_after = kNow + 10, .authority = true}, &ca_);
  const Certificate ada({.subject = {{"CN", "ada"}}}, &middle);
  const testkit::AuthnRequest request{.certificates = {ada.der(), middle.der()}};
  EXPECT_EQ(instance_.authenticate(request).user, "ada");
  instance_.host().advance(11s);
  EXPECT_LT(instance_.authenticate(request).status, 0);
}

TEST_F(X509Module, ARefusalIsForgottenAfterTenSeconds) {
  const Certificate early = client({.not_before = kNow + 5});
  EXPECT_EQ(refusal(early), "certificate is not yet valid");
  instance_.host().advance(9s);
  EXPECT_EQ(refusal(early), "certificate is not yet valid");
  instance_.host().advance(1s);
  EXPECT_EQ(present(early).user, "ada");
}

TEST_F(X509Module, ChangedAuthoritiesAreNoticedAndOldVerdictsForgotten) {
  const Certificate ada = client({});
  EXPECT_EQ(present(ada).user, "ada");
  const Certificate next = test::make_authority("next ca");
  scratch_.write("ca.pem", next.pem() + "\n");
  instance_.host().advance(1s);
  EXPECT_LT(present(ada).status, 0);
  EXPECT_EQ(present(Certificate({.subject = {{"CN", "bob"}}}, &next)).user, "bob");
  EXPECT_EQ(instance_.host().metric("reloads_total{client-ca,success}"), 1);
}

TEST_F(X509Module, AuthoritiesThatCannotBeReadLeaveTheOldOnesInUse) {
  const Certificate ada = client({});
  scratch_.write("ca.pem", "broken");
  instance_.host().advance(1s);
  EXPECT_EQ(present(ada).user, "ada");
  EXPECT_EQ(instance_.host().metric("reloads_total{client-ca,failure}"), 1);
  EXPECT_NE(instance_.host().log_text().find("the last good state stays in force"),
            std::string::npos);
}

TEST_F(X509Module, AMissingOrUselessFileStopsTheStart) {
  EXPECT_EQ(test::start_error("x509", {{"clientCAFile", "/nonexistent/ca.pem"}}),
            "/nonexistent/ca.pem: No such file or directory");
  const std::string empty = scratch_.write("empty.pem", "no certificate here\n");
  EXPECT_EQ(test::start_error("x509", {{"clientCAFile", empty}}),
            empty + ": holds no certificate in PEM form");
  const std::string broken = scratch_.write(
      "broken.pem", ca_.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const std::string error = test::start_error("x509", {{"clientCAFile", broken}});
  EXPECT_EQ(error.rfind(broken + ": certificate 2 cannot be read: ", 0), 0u) << error;
}

TEST_F(X509Module, WithoutAuthoritiesThereIsNoStart) {
  EXPECT_EQ(test::start_error("x509", boost::json::object()),
            "clientCAFile is missing: the PEM file of the authorities whose certificates count");
}

TEST_F(X509Module, CheckingTellsWhatStartingWouldRefuse) {
  EXPECT_TRUE(test::module("x509").check({{"clientCAFile", ca_file_}}).empty());
  ASSERT_EQ(test::module("x509").check({{"clientCAFile", "/nonexistent"}}).size(), 1u);
}

TEST_F(X509Module, ServesManyThreadsWhileAuthoritiesChange) {
  const Certificate next = test::make_authority("next ca");
  const Certificate ada = client({});
  const Certificate bob({.subject = {{"CN", "bob"}}}, &next);
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      do {
        const Reply one = present(ada), other = present(bob);
        if (one.status >= 0 && one.user != "ada") ++wrong;
        if (other.status >= 0 && other.user != "bob") ++wrong;
      } while (!done);
    });
  }
  for (int i = 0; i < 20; ++i) {
    scratch_.write(
        "ca.pem", (i % 2 == 0 ? next : ca_).pem() + std::string(static_cast<std::size_t>(i), '\n'));
    instance_.host().advance(1s);
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(present(ada).user, "ada");
  EXPECT_LT(present(bob).status, 0);
}

}  // namespace
}  // namespace limen::plugins
