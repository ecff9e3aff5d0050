#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "password-file/secret.h"
#include "support.h"

namespace limen::plugins {
namespace {

using namespace std::chrono_literals;
using testkit::AuthnRequest;
using testkit::Instance;
using testkit::Reply;

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  return out;
}
AuthnRequest with_header(const std::string& value) {
  return {.headers = {{"authorization", value}}};
}
AuthnRequest with_login(const std::string& user, const std::string& password) {
  return with_header("Basic " + base64(user + ":" + password));
}

class PasswordFile : public testing::Test {
 protected:
  Instance& open(const std::string& text) {
    path_ = scratch_.write("passwords.csv", text);
    instance_ = std::make_unique<Instance>(test::module("password-file"),
                                           testkit::InstanceOptions{.config = {{"path", path_}}});
    return *instance_;
  }
  test::Scratch scratch_;
  std::string path_;
  std::unique_ptr<Instance> instance_;
};

TEST_F(PasswordFile, TheRightPasswordNamesTheUser) {
  const Reply reply =
      open("hunter2,ada,42,\"dev,ops\"\n").authenticate(with_login("ada", "hunter2"));
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "42");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"dev", "ops"}));
}

TEST_F(PasswordFile, AWrongPasswordAndAnUnknownUserAreTheSameError) {
  open("hunter2,ada,42\n");
  for (const auto& request : {with_login("ada", "wrong"), with_login("ada", ""),
                              with_login("ada", "hunter2 "), with_login("bob", "hunter2")}) {
    const Reply reply = instance_->authenticate(request);
    EXPECT_LT(reply.status, 0);
    EXPECT_EQ(reply.error, "invalid username/password combination");
  }
}

TEST_F(PasswordFile, AnUnknownUserWithAPasswordOfZeroDigestIsNotLetIn) {
  EXPECT_LT(open("x,ada,1\n").authenticate(with_login("", "")).status, 0);
}

TEST_F(PasswordFile, OnlyTheFirstColonSeparates) {
  open("a:b:c,ada,1\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "a:b:c")).user, "ada");
}

TEST_F(PasswordFile, TheSchemeIsReadInAnyCase) {
  open("pw,ada,1\n");
  EXPECT_EQ(instance_->authenticate(with_header("bAsIc   " + base64("ada:pw"))).user, "ada");
}

TEST_F(PasswordFile, OtherSchemesAndMalformedCredentialsAreLeftToOthers) {
  open("pw,ada,1\n");
  for (const char* value : {"Bearer abc", "Basic", "Basic ", "Basic YWRhOnB3IQ", "Basic !!!!",
                            "Basic YWRhOnB3 ", "Basic ====", "Basic YW==OnB3", "Basic YWRhcHc="}) {
    EXPECT_EQ(instance_->authenticate(with_header(value)).status, LIMEN_NO_OPINION) << value;
  }
  EXPECT_EQ(instance_->authenticate({}).status, LIMEN_NO_OPINION);
}

TEST_F(PasswordFile, AsksForBasicCredentialsWhenNobodySucceeds) {
  open("pw,ada,1\n");
  const std::vector<std::string> expected{"Basic realm=\"kubernetes-master\""};
  EXPECT_EQ(instance_->authenticate({}).challenges, expected);
  EXPECT_EQ(instance_->authenticate(with_login("ada", "no")).challenges, expected);
}

TEST_F(PasswordFile, TheRealmCanBeNamed) {
  Instance named(test::module("password-file"),
                 {.config = {{"path", scratch_.write("p", "pw,ada,1\n")}, {"realm", "limen"}}});
  EXPECT_EQ(named.authenticate({}).challenges, std::vector<std::string>{"Basic realm=\"limen\""});
}

TEST_F(PasswordFile, HeadersUpTo8192BytesAreRead) {
  // 6 bytes of scheme; 8184 of base64 are 6138 of text, "ada:" and a password of 6134.
  const std::string fits(6134, 'p');
  open(fits + ",ada,1\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", fits)).user, "ada");
  EXPECT_EQ(instance_->authenticate(with_login("ada", fits + "pppp")).status, LIMEN_NO_OPINION);
}

TEST_F(PasswordFile, AUserWithoutAPasswordIsSkippedWithAWarning) {
  open(",ada,1\n");
  EXPECT_LT(instance_->authenticate(with_login("ada", "")).status, 0);
  EXPECT_NE(instance_->host().log_text().find("a user without a password was skipped"),
            std::string::npos);
}

TEST_F(PasswordFile, OfTwoLinesWithOneUserTheLaterCountsWithAWarning) {
  open("old,ada,1\nnew,ada,2\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "new")).uid, "2");
  EXPECT_LT(instance_->authenticate(with_login("ada", "old")).status, 0);
  EXPECT_NE(instance_->host().log_text().find("a user comes twice; the later line counts"),
            std::string::npos);
}

TEST_F(PasswordFile, AMalformedFileStopsTheStartNamingFileAndLine) {
  const std::string path = scratch_.write("bad.csv", "canary-password,b\n");
  EXPECT_EQ(test::start_error("password-file", {{"path", path}}),
            path +
                ":1: password file must have at least 3 columns (password, user name, user uid), "
                "found 2");
}

TEST_F(PasswordFile, APasswordNeverReachesTheLogOrAnError) {
  open("canary-1,ada,1\ncanary-2,ada,1\n");
  const Reply reply = instance_->authenticate(with_login("ada", "canary-3"));
  EXPECT_EQ((instance_->host().log_text() + reply.error).find("canary"), std::string::npos);
}

// "hunter2" as three programs hash it.
constexpr const char* kBcrypt = "$2b$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.";
constexpr const char* kYescrypt =
    "$y$j75$abcdefghijklmnop$AJUVXlyUF.BGs4gvB2HOGzX.2pMYTMEUqRK7Ar4ApHC";
constexpr const char* kSha512 =
    "$6$abcdefgh$M/eYsB4rVXAm3ZNc88J.UD9rCKAT6FB1rahiwJCHtEndQNORCub5qhjxn50qbqVVthkM.9HpEwtf0t."
    "iV9uH0/";

TEST_F(PasswordFile, AHashStandsForItsPassword) {
  for (const std::string hash : {kBcrypt, kYescrypt, kSha512}) {
    open(hash + ",ada,42,\"dev\"\n");
    const Reply reply = instance_->authenticate(with_login("ada", "hunter2"));
    EXPECT_EQ(reply.user, "ada") << hash;
    EXPECT_EQ(reply.groups, std::vector<std::string>{"dev"});
    EXPECT_LT(instance_->authenticate(with_login("ada", "hunter3")).status, 0) << hash;
    EXPECT_LT(instance_->authenticate(with_login("ada", "")).status, 0) << hash;
    EXPECT_LT(instance_->authenticate(with_login("ada", hash)).status, 0) << hash;
    EXPECT_EQ(instance_->authenticate(with_login("eve", "hunter2")).error,
              "invalid username/password combination");
  }
}

TEST_F(PasswordFile, HashesAndClearTextMayStandSideBySide) {
  open(std::string(kBcrypt) + ",ada,1\nplain,bob,2\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "hunter2")).user, "ada");
  EXPECT_EQ(instance_->authenticate(with_login("bob", "plain")).user, "bob");
}

TEST_F(PasswordFile, AHashOfAnUnknownSchemeOrFormIsRefusedWithItsLine) {
  std::string path = scratch_.write("p", "plain,a,1\n$1$abc$def,b,2\n");
  EXPECT_EQ(test::start_error("password-file", {{"path", path}}),
            path +
                ":2: a password hash of the scheme $1$ is not supported: use $2b$ (bcrypt), $y$ "
                "(yescrypt) or $6$ (SHA-512)");
  for (const char* bad : {"$2b$05$tooshort", "$6$salt$", "$y$j75$abc$!!!", "$2b$99$x"}) {
    path = scratch_.write("p", std::string(bad) + ",b,2\n");
    EXPECT_EQ(test::start_error("password-file", {{"path", path}}),
              path + ":1: the password hash is malformed");
  }
}

TEST_F(PasswordFile, ADollarThatBeginsNoHashIsAPassword) {
  open("$pecial,ada,1\n$US$ 5,bob,2\n$,eve,3\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "$pecial")).user, "ada");
  EXPECT_EQ(instance_->authenticate(with_login("bob", "$US$ 5")).user, "bob");
  EXPECT_EQ(instance_->authenticate(with_login("eve", "$")).user, "eve");
}

TEST_F(PasswordFile, PasswordsUpTo511BytesCanMatchAHash) {
  Secret secret(kSha512, SaltedDigest());
  EXPECT_TRUE(secret.is_slow());
  open(std::string(kSha512) + ",ada,1\n");
  EXPECT_LT(instance_->authenticate(with_login("ada", std::string(512, 'x'))).status, 0);
  EXPECT_LT(instance_->authenticate(with_login("ada", std::string("hunter2\0more", 12))).status, 0);
}

TEST_F(PasswordFile, AChangedPasswordIsInForceWithinASecondAlsoARememberedOne) {
  open(std::string(kBcrypt) + ",ada,1\n");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "hunter2")).user, "ada");
  EXPECT_EQ(instance_->authenticate(with_login("ada", "hunter2")).user, "ada");
  scratch_.write("passwords.csv", "other,ada,1\n");
  instance_->host().advance(1s);
  EXPECT_LT(instance_->authenticate(with_login("ada", "hunter2")).status, 0);
  EXPECT_EQ(instance_->authenticate(with_login("ada", "other")).user, "ada");
}

TEST_F(PasswordFile, ABrokenFileKeepsTheLastGoodOneAndSaysSo) {
  open("old,ada,1\n");
  scratch_.write("passwords.csv", "$1$canary$x,ada,1\n");
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(with_login("ada", "old")).user, "ada");
  EXPECT_EQ(instance_->host().metric("reloads_total{passwords,failure}"), 1);
  EXPECT_EQ(instance_->host().log_text().find("canary"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
