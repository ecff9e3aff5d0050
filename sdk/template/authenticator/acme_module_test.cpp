// The built module on the SDK's fake host.

#include <gtest/gtest.h>

#include <fstream>
#include <limen/testkit/instance.hpp>
#include <string>
#include <vector>

namespace {

using limen::testkit::Instance;
using limen::testkit::Module;
using limen::testkit::Reply;
using namespace std::chrono_literals;

const std::string kFile = testing::TempDir() + "acme-module.badges";
constexpr const char* kAda = "0123456789abcdef ada engineers night-shift\n";

class AcmeModuleTest : public testing::Test {
 protected:
  AcmeModuleTest() { write("# badges of the house\n\n" + std::string(kAda)); }

  static void write(const std::string& text) { std::ofstream(kFile) << text; }
  static Instance start() {
    static const Module module(MODULE_FILE);
    return Instance(module, {.config = {{"file", kFile}, {"header", "x-badge"}}});
  }
  static Reply show(Instance& module, const std::string& badge) {
    return module.authenticate({.headers = {{"X-Badge", badge}}});
  }
};

TEST_F(AcmeModuleTest, NamesTheHolderOfABadge) {
  Instance module = start();
  const Reply reply = show(module, "0123456789abcdef");
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"engineers", "night-shift"}));
}

TEST_F(AcmeModuleTest, HasNoOpinionWithoutABadge) {
  EXPECT_EQ(start().authenticate({}).status, LIMEN_NO_OPINION);
}

TEST_F(AcmeModuleTest, RefusesABadgeThatNobodyHolds) {
  Instance module = start();
  for (const char* badge : {"0123456789abcdee", "0123456789abcde", "0123456789abcdef0"}) {
    EXPECT_FALSE(show(module, badge).authenticated()) << badge;
  }
  EXPECT_EQ(module.host().metric("badges_refused_total"), 3);
  EXPECT_EQ(module.host().log_text().find("0123456789abcde"), std::string::npos);
}

TEST_F(AcmeModuleTest, FollowsItsFile) {
  Instance module = start();
  write("fedcba9876543210 grace\n");
  module.host().advance(1s);
  EXPECT_FALSE(show(module, "0123456789abcdef").authenticated());
  EXPECT_EQ(show(module, "fedcba9876543210").user, "grace");
}

TEST_F(AcmeModuleTest, AFileThatTurnsBadLeavesTheLastGoodOneInForce) {
  Instance module = start();
  write("too-short ada\n");
  module.host().advance(1s);
  EXPECT_EQ(show(module, "0123456789abcdef").user, "ada");
}

TEST_F(AcmeModuleTest, ABadFileStopsTheStart) {
  for (const char* bad : {"too-short ada\n", "0123456789abcdef\n"}) {
    write(bad);
    EXPECT_THROW(start(), limen::testkit::StartError) << bad;
  }
}

}  // namespace
