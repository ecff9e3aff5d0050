#include "common/user_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support.h"

namespace limen::plugins {
namespace {

class UserFile : public testing::Test {
 protected:
  std::string error_of(const std::string& text, std::uintmax_t limit = kMaxUserFileBytes) {
    path_ = scratch_.write("users.csv", text);
    try {
      read_user_file(path_, "token", limit);
      return "";
    } catch (const UserFileError& error) {
      return error.what();
    }
  }
  test::Scratch scratch_;
  std::string path_;
};

TEST_F(UserFile, ReadsSecretNameUidAndGroups) {
  const auto users =
      read_user_file(scratch_.write("u", "t1,ada,1,\"dev,ops\"\nt2,bob,2\n"), "token");
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[0].secret, "t1");
  EXPECT_EQ(users[0].name, "ada");
  EXPECT_EQ(users[0].uid, "1");
  EXPECT_EQ(users[0].groups, (std::vector<std::string>{"dev", "ops"}));
  EXPECT_EQ(users[1].line, 2u);
  EXPECT_TRUE(users[1].groups.empty());
}

TEST_F(UserFile, FurtherColumnsAreIgnored) {
  EXPECT_EQ(read_user_file(scratch_.write("u", "t,n,u,g,more,and more\n"), "token").size(), 1u);
}

TEST_F(UserFile, EmptyGroupsAreLeftOutAndWhiteSpaceIsKept) {
  const auto users = read_user_file(scratch_.write("u", "t,n,u,\",a,, b,\"\n"), "token");
  EXPECT_EQ(users[0].groups, (std::vector<std::string>{"a", " b"}));
}

TEST_F(UserFile, FewerThanThreeColumnsAreRefusedWithFileAndLine) {
  const std::string error = error_of("good,a,b\n\ncanary,a\n");
  EXPECT_EQ(error, path_ +
                       ":3: token file must have at least 3 columns (token, user name, user uid), "
                       "found 2");
}

TEST_F(UserFile, AnEmptyUserNameIsRefused) {
  const std::string error = error_of("canary,,1\n");
  EXPECT_EQ(error, path_ + ":1: the user name is empty");
}

TEST_F(UserFile, NamesThatAreNotUtf8AreRefused) {
  EXPECT_NE(error_of("t,a\xff,1\n").find(":1: column 2 is not UTF-8"), std::string::npos);
  EXPECT_NE(error_of("t,a,\xc0\xaf\n").find("column 3 is not UTF-8"), std::string::npos);
  EXPECT_NE(error_of("t,a,1,\xed\xa0\x80\n").find("column 4 is not UTF-8"), std::string::npos);
  EXPECT_NE(error_of("t,a,1,\xf4\x90\x80\x80\n").find("column 4 is not UTF-8"), std::string::npos);
  EXPECT_EQ(error_of("t,gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91,1\n"), "");
}

TEST_F(UserFile, BrokenCsvIsRefusedWithFileAndLineAndWithoutTheSecret) {
  const std::string error = error_of("canary\"x,a,b\n");
  EXPECT_EQ(error, path_ + ":1: a quote (\") inside an unquoted field");
}

TEST_F(UserFile, AMissingFileAndADirectoryAreRefused) {
  const std::string missing = scratch_.write("x", "") + ".not";
  EXPECT_THROW(read_user_file(missing, "token"), UserFileError);
  EXPECT_THROW(read_user_file("/", "token"), UserFileError);
}

TEST_F(UserFile, TheSizeLimitIsExact) {
  EXPECT_EQ(error_of("t,n,u\n", 6), "");
  EXPECT_EQ(error_of("t,n,u1\n", 6), path_ + ": is larger than 6 bytes");
}

TEST_F(UserFile, KnowsWhetherEverybodyCanReadIt) {
  const std::string path = scratch_.write("u", "");
  EXPECT_FALSE(is_world_readable(path));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(is_world_readable(path));
  EXPECT_FALSE(is_world_readable(path + ".not"));
}

}  // namespace
}  // namespace limen::plugins
