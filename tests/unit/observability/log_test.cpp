#include "observability/log.h"

#include <gtest/gtest.h>

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
  EXPECT_FALSE(enabled(Level::info));
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

}  // namespace
}  // namespace limen::log
