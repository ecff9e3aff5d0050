// Certificates that an authority has revoked, or that a denylist names.

#include <gtest/gtest.h>

#include <chrono>

#include "support.h"
#include "support/authority.h"

namespace limen::plugins {
namespace {

using test::Certificate;
using test::kNow;
using test::make_crl;
using testkit::Instance;
using testkit::Json;
using testkit::Reply;
using namespace std::chrono_literals;

class Revocation : public testing::Test {
 protected:
  Revocation()
      : ca_(test::make_authority("test ca")), ca_file_(scratch_.write("ca.pem", ca_.pem())) {}

  Json config(const Json& crls, const std::string& policy = "refuse") const {
    return {{"clientCAFile", ca_file_}, {"crlFiles", crls}, {"crlExpiredPolicy", policy}};
  }
  Json files(const std::string& crl) const {
    return boost::json::array{scratch_.write("ca.crl", crl)};
  }
  Certificate client(const std::string& name) const {
    return Certificate({.subject = {{"CN", name}}}, &ca_);
  }
  static Reply present(Instance& instance, const Certificate& certificate) {
    return instance.authenticate({.certificates = {certificate.der()}});
  }
  static std::string refusal(Instance& instance, const Certificate& certificate) {
    const Reply reply = present(instance, certificate);
    if (reply.status >= 0) return "";
    const std::size_t colon = reply.error.find("failed: ");
    return colon == std::string::npos ? reply.error : reply.error.substr(colon + 8);
  }

  test::Scratch scratch_;
  Certificate ca_;
  std::string ca_file_;
  Certificate ada_ = client("ada"), bob_ = client("bob");
};

TEST_F(Revocation, ARevokedCertificateIsRefusedAndNoOther) {
  const std::string der = make_crl(ca_, {.revoked = {&ada_}});
  for (const std::string& crl : {der, test::to_pem(der, "X509 CRL")}) {
    Instance x509(test::module("x509"), {.config = config(files(crl))});
    EXPECT_EQ(refusal(x509, ada_), "certificate revoked");
    EXPECT_EQ(present(x509, bob_).user, "bob");
  }
}

TEST_F(Revocation, ANewListBitesWithinASecondAlsoOnKnownChains) {
  Instance x509(test::module("x509"), {.config = config(files(make_crl(ca_)))});
  EXPECT_EQ(present(x509, ada_).user, "ada");
  scratch_.write("ca.crl", make_crl(ca_, {.revoked = {&ada_}}));
  x509.host().advance(1s);
  EXPECT_EQ(refusal(x509, ada_), "certificate revoked");
  scratch_.write("ca.crl", make_crl(ca_));
  x509.host().advance(1s);
  EXPECT_EQ(present(x509, ada_).user, "ada");
}

TEST_F(Revocation, ABrokenListLeavesTheOldOneInForce) {
  Instance x509(test::module("x509"),
                {.config = config(files(make_crl(ca_, {.revoked = {&ada_}})))});
  scratch_.write("ca.crl", "half a list");
  x509.host().advance(1s);
  EXPECT_EQ(refusal(x509, ada_), "certificate revoked");
  EXPECT_EQ(x509.host().metric("reloads_total{client-ca,failure}"), 1);
  EXPECT_NE(x509.host().log_text().find("ca.crl: holds no CRL"), std::string::npos);
}

TEST_F(Revocation, ListsRunOutAndThenNobodyOfThatAuthorityIsLetIn) {
  Instance x509(test::module("x509"),
                {.config = config(files(make_crl(ca_, {.next_update = kNow + 20})))});
  EXPECT_EQ(present(x509, ada_).user, "ada");
  x509.host().advance(20s);
  EXPECT_EQ(present(x509, ada_).user, "ada");
  x509.host().advance(1s);
  EXPECT_EQ(refusal(x509, ada_), "the CRL of its issuer has expired or is not yet valid");
}

TEST_F(Revocation, AListThatRanOutMayBeIgnoredButStillRevokes) {
  const std::string old = make_crl(ca_, {.revoked = {&ada_}, .next_update = kNow - 1});
  Instance x509(test::module("x509"), {.config = config(files(old), "ignore")});
  EXPECT_EQ(refusal(x509, ada_), "certificate revoked");
  EXPECT_EQ(present(x509, bob_).user, "bob");
  EXPECT_NE(x509.host().log_text().find("ca.crl: CRL 1 has expired"), std::string::npos);
}

TEST_F(Revocation, AListOfTheFutureIsNoGoodYet) {
  const std::string early = make_crl(ca_, {.this_update = kNow + 30});
  Instance x509(test::module("x509"), {.config = config(files(early))});
  EXPECT_EQ(refusal(x509, bob_), "the CRL of its issuer has expired or is not yet valid");
  x509.host().advance(30s);
  EXPECT_EQ(present(x509, bob_).user, "bob");
}

TEST_F(Revocation, AListWithoutAnEndDoesNotRunOut) {
  Instance x509(test::module("x509"), {.config = config(files(make_crl(ca_, {.next_update = 0})))});
  x509.host().advance(3000s);
  EXPECT_EQ(present(x509, ada_).user, "ada");
}

TEST_F(Revocation, OfSeveralListsOneThatIsCurrentIsEnoughAndAllRevoke) {
  const std::string old = make_crl(ca_, {.revoked = {&ada_}, .next_update = kNow - 1});
  const std::string both =
      test::to_pem(old, "X509 CRL") + "text\n" + test::to_pem(make_crl(ca_), "X509 CRL");
  Instance x509(test::module("x509"), {.config = config(files(both))});
  EXPECT_EQ(refusal(x509, ada_), "certificate revoked");
  EXPECT_EQ(present(x509, bob_).user, "bob");
}

TEST_F(Revocation, AnAuthorityWithoutAListRevokesNothing) {
  const Certificate other = test::make_authority("other ca");
  scratch_.write("ca.pem", ca_.pem() + other.pem());
  Instance x509(test::module("x509"),
                {.config = config(files(make_crl(ca_, {.next_update = kNow - 1})))});
  EXPECT_EQ(present(x509, Certificate({.subject = {{"CN", "eve"}}}, &other)).user, "eve");
  EXPECT_NE(refusal(x509, bob_), "");
}

TEST_F(Revocation, AnAuthorityRevokesItsIntermediates) {
  const Certificate middle = test::make_authority("middle", &ca_);
  const Certificate eve({.subject = {{"CN", "eve"}}}, &middle);
  const testkit::AuthnRequest request{.certificates = {eve.der(), middle.der()}};
  Instance x509(test::module("x509"), {.config = config(files(make_crl(ca_)))});
  EXPECT_EQ(x509.authenticate(request).user, "eve");
  scratch_.write("ca.crl", make_crl(ca_, {.revoked = {&middle}}));
  x509.host().advance(1s);
  EXPECT_NE(x509.authenticate(request).error.find("certificate revoked"), std::string::npos);
}

TEST_F(Revocation, AnIntermediateRevokesToo) {
  const Certificate middle = test::make_authority("middle", &ca_);
  const Certificate eve({.subject = {{"CN", "eve"}}}, &middle);
  const Certificate mallory = test::make_authority("middle");
  const testkit::AuthnRequest request{.certificates = {eve.der(), middle.der()}};
  Instance x509(test::module("x509"),
                {.config = config(files(make_crl(middle, {.revoked = {&eve}})))});
  EXPECT_NE(x509.authenticate(request).error.find("certificate revoked"), std::string::npos);
  EXPECT_NE(x509.host().log_text().find("it counts for an intermediate"), std::string::npos);
  scratch_.write("ca.crl", make_crl(middle, {}, &mallory));
  x509.host().advance(1s);
  EXPECT_NE(x509.authenticate(request).error.find("is not signed by that issuer"),
            std::string::npos);
}

TEST_F(Revocation, AListThatItsAuthorityDidNotSignStopsTheStart) {
  const Certificate fake = test::make_authority("test ca");
  const Json crls = files(make_crl(ca_, {}, &fake));
  EXPECT_EQ(
      test::start_error("x509", config(crls)),
      std::string(crls.at(0).as_string()) + ": CRL 1 is not signed by the authority it names");
}

TEST_F(Revocation, APartialListStopsTheStart) {
  const Json crls = files(make_crl(ca_, {.critical_extension = NID_delta_crl}));
  const std::string error = test::start_error("x509", config(crls));
  EXPECT_NE(error.find("CRL 1 has the critical extension \"X509v3 Delta CRL Indicator\""),
            std::string::npos)
      << error;
}

TEST_F(Revocation, AFileWithoutAListStopsTheStart) {
  for (const std::string& text :
       {std::string("nothing"), std::string(), ca_.pem(), make_crl(ca_) + "x"}) {
    const std::string error = test::start_error("x509", config(files(text)));
    EXPECT_NE(error.find("ca.crl: holds no CRL"), std::string::npos) << error;
  }
  EXPECT_EQ(test::start_error("x509", config(boost::json::array{"/nonexistent.crl"})),
            "/nonexistent.crl: No such file or directory");
  EXPECT_EQ(test::module("x509").check(config(boost::json::array{"/nonexistent.crl"})).size(), 1u);
}

TEST_F(Revocation, ADenylistNamesSerialsAndFingerprints) {
  const std::string list = scratch_.write("denied", "# nobody\n");
  Instance x509(test::module("x509"),
                {.config = {{"clientCAFile", ca_file_}, {"denylistFile", list}}});
  EXPECT_EQ(present(x509, ada_).user, "ada");
  char serial[32];
  std::snprintf(serial, sizeof(serial), "%lX", std::stol(ada_.serial()));
  scratch_.write("denied", std::string("cert-serial ") + serial + "\n");
  x509.host().advance(1s);
  EXPECT_EQ(refusal(x509, ada_), "certificate denied");
  EXPECT_EQ(present(x509, bob_).user, "bob");
  scratch_.write("denied", "cert-sha256 " + bob_.fingerprint() + "\n");
  x509.host().advance(1s);
  EXPECT_EQ(present(x509, ada_).user, "ada");
  EXPECT_EQ(refusal(x509, bob_), "certificate denied");
}

TEST_F(Revocation, ADenylistNamesIntermediatesToo) {
  const Certificate middle = test::make_authority("middle", &ca_);
  const Certificate eve({.subject = {{"CN", "eve"}}}, &middle);
  const std::string list = scratch_.write("denied", "cert-sha256 " + middle.fingerprint() + "\n");
  Instance x509(test::module("x509"),
                {.config = {{"clientCAFile", ca_file_}, {"denylistFile", list}}});
  const Reply reply = x509.authenticate({.certificates = {eve.der(), middle.der()}});
  EXPECT_NE(reply.error.find("certificate denied"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
