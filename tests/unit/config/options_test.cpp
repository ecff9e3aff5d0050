#include "config/options.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace limen::config {
namespace {

TEST(OptionsTest, NoKeyStandsTwiceInASection) {
  ServerConfiguration configuration;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Option& option : options_of(configuration)) {
    EXPECT_TRUE(seen.emplace(option.section, option.key).second) << option.key;
  }
}

TEST(OptionsTest, EveryDefaultIsWithinItsBounds) {
  ServerConfiguration c;
  c.module_path = "/usr/lib/limen/modules";  // set by the program from where it stands
  for (const Option& option : options_of(c)) {
    if (const auto* whole = std::get_if<IntegerOption>(&option.target)) {
      EXPECT_GE(*whole->value, whole->min) << option.key;
      EXPECT_LE(*whole->value, whole->max) << option.key;
    } else if (const auto* duration = std::get_if<DurationOption>(&option.target)) {
      EXPECT_GE(*duration->value, duration->min) << option.key;
      EXPECT_LE(*duration->value, duration->max) << option.key;
    } else if (const auto* text = std::get_if<TextOption>(&option.target)) {
      EXPECT_EQ(text->check(*text->value), "") << option.key;
    }
  }
}

TEST(OptionsTest, TheShippedFileMentionsEveryOption) {
  std::ifstream file(LIMEN_SOURCE_DIR "/conf/limen.yaml");
  std::stringstream text;
  text << file.rdbuf();
  ServerConfiguration configuration;
  for (const Option& option : options_of(configuration)) {
    const std::string key = std::string(option.key) + ":";
    EXPECT_NE(text.str().find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace limen::config
