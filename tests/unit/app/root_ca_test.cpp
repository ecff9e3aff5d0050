// Which authority signed the serving certificate: as configured, or as the files show.
#include "app/root_ca.h"

#include <gtest/gtest.h>

#include "app/files.h"
#include "app/pki.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class RootCaTest : public testing::Test {
 protected:
  RootCaTest() {
    configuration_.secure.cert_dir = folder_.path();
    serving_.certificate = folder_ / "apiserver.crt";
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    write_file(path, text, Privacy::open);
    return path;
  }
  std::string serving_of(const KeyPair& authority) {
    return make_serving_pair(authority, "kube-apiserver", {"localhost"}).certificate;
  }
  std::string found() const { return root_ca_file(configuration_, serving_); }

  test::ScratchFolder folder_;
  const KeyPair authority_ = make_authority("ours");
  config::ServerConfiguration configuration_;
  CertificateFiles serving_;
};

TEST_F(RootCaTest, IsTheConfiguredFileBeforeAllOthers) {
  configuration_.root_ca_file = "/etc/root.crt";
  write("ca.crt", authority_.certificate);
  write("apiserver.crt", serving_of(authority_));
  EXPECT_EQ(found(), "/etc/root.crt");
}

TEST_F(RootCaTest, IsTheAuthorityInCertDirThatSignedTheServingCertificate) {
  const std::string ca = write("ca.crt", authority_.certificate);
  write("apiserver.crt", serving_of(authority_));
  EXPECT_EQ(found(), ca);
  write("apiserver.crt", serving_of(make_authority("others")));
  EXPECT_EQ(found(), "");
}

TEST_F(RootCaTest, IsTheServingCertificateThatBringsItsRootAlong) {
  const std::string serving =
      write("apiserver.crt", make_self_signed_pair({"localhost"}).certificate);
  EXPECT_EQ(found(), serving);
}

TEST_F(RootCaTest, IsNoneWhenNothingShowsIt) {
  EXPECT_EQ(found(), "");
  write("apiserver.crt", serving_of(authority_));
  EXPECT_EQ(found(), "");
}

TEST_F(RootCaTest, IsNotAskedForWhenNobodyPublishesIt) {
  configuration_.root_ca_file = "/nonexistent";
  configuration_.disabled_controllers = {"root-ca-publisher"};
  EXPECT_EQ(found(), "");
  EXPECT_EQ(root_ca_problem(configuration_), "");
}

TEST_F(RootCaTest, AConfiguredFileMustHoldCertificates) {
  configuration_.root_ca_file = write("root.crt", "hello");
  EXPECT_EQ(root_ca_problem(configuration_),
            configuration_.root_ca_file + ": holds no certificate in PEM form");
  write("root.crt", authority_.certificate);
  EXPECT_EQ(root_ca_problem(configuration_), "");
}

}  // namespace
}  // namespace limen::app
