#include "app/front_proxy.h"

#include <gtest/gtest.h>

#include "app/files.h"
#include "app/pki.h"
#include "config/load.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class FrontProxyTest : public testing::Test {
 protected:
  std::string problem(const std::string& proxy, const std::string& clients) {
    const config::Loaded result = config::load_text(
        "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\nauthenticators:\n"
        "  - {name: proxies, module: request-header, config: {" +
            proxy + "}}\n  - {name: users, module: x509, config: {" + clients + "}}\n",
        "limen.yaml", {});
    EXPECT_TRUE(result.ok());
    return shared_proxy_authority(result.configuration);
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    write_file(path, text, Privacy::open);
    return path;
  }

  test::ScratchFolder folder_;
  const std::string one_ = write("one.crt", make_authority("one").certificate);
  const std::string two_ = write("two.crt", make_authority("two").certificate);
};

TEST_F(FrontProxyTest, AuthoritiesOfTheirOwnAreFine) {
  EXPECT_EQ(problem("clientCAFile: " + one_, "clientCAFile: " + two_), "");
}

TEST_F(FrontProxyTest, ASharedAuthorityWithoutAllowedNamesIsRefused) {
  const std::string text = problem("clientCAFile: " + one_, "clientCAFile: " + one_);
  EXPECT_EQ(text.find("limen.yaml:4:5: proxies believes the headers of everybody"), 0U) << text;
  EXPECT_NE(text.find("users trusts the same authority"), std::string::npos) << text;
  EXPECT_NE(problem("clientCAFile: " + one_ + ", allowedNames: []", "clientCAFile: " + one_), "");
}

TEST_F(FrontProxyTest, AllowedNamesTellProxiesFromUsers) {
  EXPECT_EQ(problem("clientCAFile: " + one_ + ", allowedNames: [proxy]", "clientCAFile: " + one_),
            "");
}

TEST_F(FrontProxyTest, CertificatesAreComparedAndNotTheNamesOfFiles) {
  const std::string both = write("both.crt", read_file(two_) + "text\n" + read_file(one_));
  EXPECT_NE(problem("clientCAFile: " + both, "clientCAFile: " + one_), "");
  EXPECT_NE(problem("clientCAFile: " + one_, "clientCAFiles: [" + two_ + ", " + both + "]"), "");
}

TEST_F(FrontProxyTest, FilesThatCannotBeReadAreLeftToTheModules) {
  EXPECT_EQ(problem("clientCAFile: /nonexistent", "clientCAFile: " + one_), "");
}

}  // namespace
}  // namespace limen::app
