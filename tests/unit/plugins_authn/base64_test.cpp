#include "common/base64.h"

#include <gtest/gtest.h>

namespace limen::plugins {
namespace {

// RFC 4648 section 10, and bytes that need the whole alphabet.
const std::pair<std::string, std::string> kPairs[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xfb\xff\xfe", "+//+"}};

TEST(Base64, GoesThereAndBack) {
  for (const auto& [bytes, text] : kPairs) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, IsStrict) {
  for (const char* text : {"Zg", "Zg=", "Zg==\n", "Z g=", "====", "Zm9v====", "-_-_", "Zm9v!AAA"}) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace limen::plugins
