#include "base/percent_encoding.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace limen::base {
namespace {

TEST(PercentEncoding, LeavesLettersDigitsAndWhatIsNamedPlain) {
  EXPECT_EQ(percent_encode("", ""), "");
  EXPECT_EQ(percent_encode("aZ09", ""), "aZ09");
  EXPECT_EQ(percent_encode("a/b c%", "/"), "a/b%20c%25");
  EXPECT_EQ(percent_encode("a/b", ""), "a%2Fb");
  EXPECT_EQ(percent_encode("\xC3\xA4\xFF", ""), "%C3%A4%FF");
}

TEST(PercentEncoding, DecodesToWhatItWas) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all, "-._~"), false), all);
}

}  // namespace
}  // namespace limen::base
