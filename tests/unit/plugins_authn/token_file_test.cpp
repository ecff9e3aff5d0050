#include <gtest/gtest.h>

#include "support.h"

namespace limen::plugins {
namespace {

using namespace std::chrono_literals;
using testkit::Instance;
using testkit::Reply;

class TokenFile : public testing::Test {
 protected:
  Instance& open(const std::string& text) {
    path_ = scratch_.write("tokens.csv", text);
    instance_ = std::make_unique<Instance>(test::module("token-file"),
                                           testkit::InstanceOptions{.config = {{"path", path_}}});
    return *instance_;
  }
  test::Scratch scratch_;
  std::string path_;
  std::unique_ptr<Instance> instance_;
};

TEST_F(TokenFile, AKnownTokenNamesItsUser) {
  const Reply reply = open("s3cret,ada,42,\"dev,ops\"\n").authenticate(test::with_token("s3cret"));
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "42");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"dev", "ops"}));
}

TEST_F(TokenFile, AnUnknownTokenIsLeftToOthers) {
  open("s3cret,ada,42\n");
  for (const char* token : {"s3cre", "s3crett", "S3CRET", "other"}) {
    EXPECT_EQ(instance_->authenticate(test::with_token(token)).status, LIMEN_NO_OPINION) << token;
  }
}

TEST_F(TokenFile, ARequestWithoutATokenIsLeftToOthers) {
  EXPECT_EQ(open("s3cret,ada,42\n").authenticate({}).status, LIMEN_NO_OPINION);
}

TEST_F(TokenFile, AnEmptyTokenIsSkippedWithAWarning) {
  open(",nobody,1\ngood,ada,2\n");
  EXPECT_EQ(instance_->authenticate({}).status, LIMEN_NO_OPINION);
  EXPECT_NE(
      instance_->host().log_text().find("an empty token was skipped path=" + path_ + " line=1"),
      std::string::npos);
  EXPECT_EQ(instance_->authenticate(test::with_token("good")).user, "ada");
}

TEST_F(TokenFile, OfTwoLinesWithOneTokenTheLaterCountsWithAWarning) {
  open("same,first,1\nsame,second,2\n");
  EXPECT_EQ(instance_->authenticate(test::with_token("same")).user, "second");
  EXPECT_NE(instance_->host().log_text().find(
                "a token comes twice; the later line counts path=" + path_ + " line=2"),
            std::string::npos);
}

TEST_F(TokenFile, AChangedFileIsInForceWithinASecond) {
  open("old,ada,1\n");
  scratch_.write("tokens.csv", "new,bob,2\n");
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("new")).user, "bob");
  EXPECT_EQ(instance_->authenticate(test::with_token("old")).status, LIMEN_NO_OPINION);
  EXPECT_EQ(instance_->host().metric("reloads_total{tokens,success}"), 1);
}

TEST_F(TokenFile, ASecondChangeInTheSameTickIsNoticed) {
  open("a,ada,1\n");
  scratch_.write("tokens.csv", "b,ada,1\n");
  instance_->host().advance(1s);
  scratch_.write("tokens.csv", "c,ada,1\n");  // as long as before
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("c")).user, "ada");
  EXPECT_EQ(instance_->authenticate(test::with_token("b")).status, LIMEN_NO_OPINION);
}

TEST_F(TokenFile, AFileRenamedOverTheOldOneCounts) {
  open("old,ada,1\n");
  std::filesystem::rename(scratch_.write("next", "new,ada,1\n"), path_);
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("new")).user, "ada");
}

TEST_F(TokenFile, ABrokenFileKeepsTheLastGoodOneAndSaysSo) {
  open("old,ada,1\n");
  scratch_.write("tokens.csv", "canary-token,bob\n");
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("old")).user, "ada");
  EXPECT_EQ(instance_->host().metric("reloads_total{tokens,failure}"), 1);
  const std::string log = instance_->host().log_text();
  EXPECT_NE(log.find(path_ + ":1: token file must have"), std::string::npos) << log;
  EXPECT_EQ(log.find("canary"), std::string::npos);
  std::filesystem::remove(path_);
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("old")).user, "ada");
  scratch_.write("tokens.csv", "good,bob,2\n");
  instance_->host().advance(1s);
  EXPECT_EQ(instance_->authenticate(test::with_token("good")).user, "bob");
}

TEST_F(TokenFile, AMalformedFileStopsTheStartNamingFileAndLine) {
  const std::string path = scratch_.write("bad.csv", "a,b,c\ncanary-token,b\n");
  EXPECT_EQ(
      test::start_error("token-file", {{"path", path}}),
      path + ":2: token file must have at least 3 columns (token, user name, user uid), found 2");
}

TEST_F(TokenFile, AMissingFileStopsTheStart) {
  EXPECT_EQ(test::start_error("token-file", {{"path", "/nonexistent/tokens.csv"}}),
            "/nonexistent/tokens.csv: No such file or directory");
}

TEST_F(TokenFile, CheckingTellsWhatStartingWouldRefuse) {
  const std::string path = scratch_.write("bad.csv", "canary\n");
  const auto findings = test::module("token-file").check({{"path", path}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].severity, LIMEN_FINDING_ERROR);
  EXPECT_EQ(findings[0].pointer, "/path");
  EXPECT_NE(findings[0].message.find("bad.csv:1: token file must have"), std::string::npos);
  EXPECT_TRUE(test::module("token-file").check({{"path", scratch_.write("g", "a,b,c")}}).empty());
}

TEST_F(TokenFile, ATokenNeverReachesTheLog) {
  open("canary-1,ada,1\ncanary-1,bob,1\n,x,1\n");
  instance_->authenticate(test::with_token("canary-1"));
  instance_->authenticate(test::with_token("canary-2"));
  EXPECT_EQ(instance_->host().log_text().find("canary"), std::string::npos);
}

TEST_F(TokenFile, AFileEverybodyCanReadIsWarnedOf) {
  const std::string path = scratch_.write("open.csv", "a,b,c\n");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  Instance instance(test::module("token-file"), {.config = {{"path", path}}});
  EXPECT_NE(instance.host().log_text().find("everybody on this machine can read the token file"),
            std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
