#include "observability/log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

namespace limen::log {
namespace {

class LogTest : public testing::Test {
 protected:
  void TearDown() override {
    set_level(Level::info);
    set_format(Format::text);
  }

  template <class Body>
  static std::string captured(Body body) {
    testing::internal::CaptureStderr();
    body();
    return testing::internal::GetCapturedStderr();
  }

  // What follows the time stamp.
  static std::string after_time(const std::string& line) { return line.substr(line.find(' ') + 1); }
};

TEST_F(LogTest, WritesLevelMessageAndPairsOnOneLine) {
  const std::string line = captured([] { info("listening", {{"address", "127.0.0.1:6443"}}); });
  EXPECT_EQ(after_time(line), "INFO  listening address=127.0.0.1:6443\n");
}

TEST_F(LogTest, StampsTimesInUtcMicroseconds) {
  const std::string line = captured([] { error("x"); });
  const std::string time = line.substr(0, line.find(' '));
  EXPECT_EQ(time.size(), std::string("2026-11-24T02:31:48.123456Z").size());
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogTest, QuotesValuesWithSpacesAndEmptyOnes) {
  const std::string line = captured([] { warn("m", {{"a", "b c"}, {"d", ""}}); });
  EXPECT_EQ(after_time(line), "WARN  m a=\"b c\" d=\"\"\n");
}

TEST_F(LogTest, KeepsAnEventOnOneLineWhateverAValueHolds) {
  const std::string line = captured([] {
    info("m", {{"path", std::string_view("a\r\nERROR \x1b[2J\0b\x7f", 16)}});
  });
  EXPECT_EQ(after_time(line), "INFO  m path=\"a\\r\\nERROR \\x1b[2J\\x00b\\x7f\"\n");
}

TEST_F(LogTest, EscapesTheControlCharactersAboveAscii) {
  const std::string line = captured([] {
    info("m", {{"v",
                "\xC2\x9B"
                "31m \xC3\xA9"}});
  });
  EXPECT_EQ(after_time(line), "INFO  m v=\"\\u009b31m \xC3\xA9\"\n");
}

TEST_F(LogTest, ShowsBytesThatAreNotUtf8AsEscapes) {
  const std::string line = captured([] { info("m", {{"v", "a\xFF"}}); });
  EXPECT_EQ(after_time(line), "INFO  m v=\"a\\xff\"\n");
}

TEST_F(LogTest, DropsEventsBelowTheLevel) {
  set_level(Level::warn);
  EXPECT_FALSE(enabled(Level::info, room_of("/server/authn/")));
  EXPECT_EQ(captured([] { info("quiet"); }), "");
  EXPECT_NE(captured([] { warn("loud"); }), "");
}

TEST_F(LogTest, DebugIsOffUnlessAskedFor) {
  EXPECT_EQ(captured([] { debug("quiet"); }), "");
  set_level(Level::debug);
  EXPECT_EQ(after_time(captured([] { debug("loud"); })), "DEBUG loud\n");
}

TEST_F(LogTest, WritesJsonObjectsWhenAsked) {
  set_format(Format::json);
  const std::string line = captured([] { info("he said \"no\"", {{"user", "a\nb"}}); });
  EXPECT_EQ(line.substr(0, 9), "{\"time\":\"");
  EXPECT_EQ(line.substr(line.find("\"level\"")),
            "\"level\":\"info\",\"msg\":\"he said \\\"no\\\"\",\"user\":\"a\\nb\"}\n");
}

// A line as the room `authn` would write it.
std::string from_authn(Level level) {
  testing::internal::CaptureStderr();
  Message message("said");
  message.room = room_of("/server/authn/");
  write(level, message, nullptr, 0);
  return testing::internal::GetCapturedStderr();
}

std::string from_module(Level level, std::string_view instance) {
  testing::internal::CaptureStderr();
  write_for_module(level, instance, "said", nullptr, 0);
  return testing::internal::GetCapturedStderr();
}

TEST_F(LogTest, ARoomIsTheFolderOfTheServerThatAFileIsIn) {
  EXPECT_EQ(kRooms[room_of("/src/limen/server/authn/chain.cpp")], "authn");
  EXPECT_EQ(kRooms[room_of("/srv/server/x/server/api/verbs/get.cpp")], "api");
  EXPECT_EQ(room_of("/src/limen/tests/unit/authn/chain_test.cpp"), kNowhere);
  EXPECT_EQ(room_of("/src/server/none/a.cpp"), kNowhere);
}

TEST_F(LogTest, TheRoomsAreTheFoldersOfTheServer) {
  std::set<std::string, std::less<>> folders;
  for (const auto& entry : std::filesystem::directory_iterator(LIMEN_SOURCE_DIR "/server")) {
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  }
  EXPECT_EQ(folders, (std::set<std::string, std::less<>>(kRooms.begin(), kRooms.end())));
}

TEST_F(LogTest, ARoomMayHaveALevelOfItsOwn) {
  set_levels({Level::warn, {{"authn", Level::debug}}});
  EXPECT_NE(from_authn(Level::debug), "");
  EXPECT_EQ(captured([] { info("elsewhere"); }), "");
  set_levels({Level::debug, {{"authn", Level::error}}});
  EXPECT_EQ(from_authn(Level::warn), "");
  EXPECT_NE(captured([] { debug("elsewhere"); }), "");
}

TEST_F(LogTest, AModuleInstanceMayHaveALevelOfItsOwn) {
  set_levels({Level::warn, {{"module/rbac", Level::debug}, {"module/x509", Level::error}}});
  EXPECT_NE(from_module(Level::debug, "rbac"), "");
  EXPECT_EQ(from_module(Level::warn, "x509"), "");
  EXPECT_EQ(from_module(Level::info, "other"), "");
  EXPECT_NE(from_module(Level::warn, "other"), "");
}

TEST_F(LogTest, TheLevelOfAllTakesTheOthersAway) {
  set_levels({Level::warn, {{"authn", Level::debug}, {"module/rbac", Level::debug}}});
  set_level(Level::info);
  EXPECT_EQ(from_authn(Level::debug), "");
  EXPECT_EQ(from_module(Level::debug, "rbac"), "");
  EXPECT_TRUE(levels().own.empty());
}

TEST_F(LogTest, OnlyRoomsAndModulesHaveLevels) {
  for (const char* name : {"authn", "watch", "module/x"}) EXPECT_EQ(name_problem(name), "") << name;
  for (const char* name : {"", "module/", "auth", "rbac"})
    EXPECT_NE(name_problem(name), "") << name;
}

TEST_F(LogTest, JsonNamesTheRoomAndTheModule) {
  set_format(Format::json);
  const std::string room = from_authn(Level::info);
  EXPECT_EQ(room.substr(room.find("\"level\"")),
            "\"level\":\"info\",\"room\":\"authn\",\"msg\":\"said\"}\n");
  const std::string module = from_module(Level::warn, "rbac");
  EXPECT_EQ(module.substr(module.find("\"level\"")),
            "\"level\":\"warn\",\"room\":\"modules\",\"msg\":\"said\",\"module\":\"rbac\"}\n");
}

}  // namespace
}  // namespace limen::log
