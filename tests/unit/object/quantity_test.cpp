#include "object/quantity.h"

#include <gtest/gtest.h>

namespace limen::object {
namespace {

std::string canonical(std::string_view text) {
  const std::optional<Quantity> quantity = Quantity::parse(text);
  return quantity ? quantity->to_string() : "none";
}

TEST(Quantity, HasACanonicalText) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"0", "0"},
      {"0Gi", "0"},
      {"-0", "0"},
      {"100m", "100m"},
      {"1000m", "1"},
      {"0.5", "500m"},
      {".5", "500m"},
      {"5.", "5"},
      {"1.5Gi", "1536Mi"},
      {"1024Mi", "1Gi"},
      {"1Ki", "1Ki"},
      {"512Ki", "512Ki"},
      {"0.5Ki", "512"},
      {"0.1Ki", "102400m"},
      {"1000", "1k"},
      {"1500", "1500"},
      {"1000k", "1M"},
      {"1e3", "1e3"},
      {"1E3", "1e3"},
      {"12e6", "12e6"},
      {"1.2e3", "1200"},
      {"1e-3", "1e-3"},
      {"100u", "100u"},
      {"1n", "1n"},
      {"0.1n", "1n"},
      {"1.1n", "2n"},
      {"-1.1n", "-2n"},
      {"+5", "5"},
      {"-5Mi", "-5Mi"},
      {"1Ei", "1Ei"},
      {"1E", "1E"},
      {"1E1", "10"},
      {"00012", "12"},
      {"1.000", "1"},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"9223372036854775808", "9223372036854775808"},
      {"1116666666666661.8T", "1116666666666661800G"},
      {"1116666666666661.8Gi", "9223372036854775807"},
      {"8Ei", "9223372036854775807"},
      {"7.9999999999Ei", "9223372036739483657539315303n"},
      {"-9Ei", "-9223372036854775807"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(canonical(text), expected) << text;
}

TEST(Quantity, IsItsOwnCanonicalText) {
  for (const char* text :
       {"1500m", "3Gi", "7", "1e3", "250u", "9223372036854775807", "9223372036854775808",
        "1116666666666661.8Gi", "1116666666666661.8T", "1e999999", "-1e999999",
        "9999999999999999999E", "99999999999999999999999999999999999999999999999", "8Ei"}) {
    EXPECT_EQ(canonical(canonical(text)), canonical(text)) << text;
  }
}

TEST(Quantity, RefusesWhatIsNone) {
  const auto why = [](std::string_view text) {
    std::string_view words = "accepted";
    EXPECT_FALSE(Quantity::parse(text, &words)) << text;
    return words;
  };
  constexpr std::string_view kFormat =
      "quantities must match the regular expression "
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  EXPECT_EQ(why(""), kFormat);
  EXPECT_EQ(why("abc"), kFormat);
  EXPECT_EQ(why("1 Gi"), kFormat);
  EXPECT_EQ(why("1.2.3"), kFormat);
  EXPECT_EQ(why("1GiB"), kFormat);
  EXPECT_EQ(why("1ki"), "unable to parse quantity's suffix");
  EXPECT_EQ(why("1e"), "unable to parse quantity's suffix");
  EXPECT_EQ(why("1K"), "unable to parse quantity's suffix");
  EXPECT_EQ(why("-"), "unable to parse numeric part of quantity");
  EXPECT_EQ(why("."), "unable to parse numeric part of quantity");
}

TEST(Quantity, ComparesByAmount) {
  EXPECT_EQ(*Quantity::parse("1Gi"), *Quantity::parse("1024Mi"));
  EXPECT_LT(*Quantity::parse("999m"), *Quantity::parse("1"));
  EXPECT_GT(*Quantity::parse("1Gi"), *Quantity::parse("1G"));
  EXPECT_LT(*Quantity::parse("-1"), Quantity());
  EXPECT_EQ(*Quantity::parse("5"), Quantity::whole(5));
}

TEST(Quantity, RoundsUpToWholeUnits) {
  EXPECT_EQ(Quantity::parse("1500m")->value(), 2);
  EXPECT_EQ(Quantity::parse("-1500m")->value(), -2);
  EXPECT_EQ(Quantity::parse("1Ki")->value(), 1024);
  EXPECT_EQ(Quantity::parse("8Ei")->value(), INT64_MAX);
  EXPECT_TRUE(Quantity::parse("1000m")->is_integer());
  EXPECT_FALSE(Quantity::parse("1001m")->is_integer());
}

TEST(Quantity, SurvivesAbsurdExponents) {
  EXPECT_EQ(Quantity::parse("1e999999")->value(), INT64_MAX);
  EXPECT_EQ(canonical("1e-999999"), "1e-9");
  EXPECT_EQ(canonical("1e99999999999999"), "none");
}

TEST(Quantity, ASumThatDoesNotFitStaysTheGreatest) {
  const Quantity much = *Quantity::parse("100000000000Ei");
  EXPECT_EQ((much + much).value(), INT64_MAX);
  EXPECT_EQ((much + much).milli_value(), INT64_MAX);
  EXPECT_GT((much + much).rounded_to_milli().sign(), 0);
}

TEST(Quantity, SumsAreExactAndKeepTheSuffixOfTheFirst) {
  const auto sum = [](const char* a, const char* b) {
    return (*Quantity::parse(a) + *Quantity::parse(b)).to_string();
  };
  EXPECT_EQ(sum("1500m", "2"), "3500m");
  EXPECT_EQ(sum("1Gi", "512Mi"), "1536Mi");
  EXPECT_EQ(sum("0", "1Gi"), "1Gi");
  EXPECT_EQ(sum("1Gi", "1000M"), "2073741824");
  EXPECT_EQ((*Quantity::parse("1") - *Quantity::parse("250m")).to_string(), "750m");
  EXPECT_EQ((*Quantity::parse("1") - *Quantity::parse("3")).to_string(), "-2");
  EXPECT_EQ(Quantity::parse("1500m")->milli_value(), 1500);
  EXPECT_EQ(Quantity::parse("1n")->milli_value(), 1);
}

}  // namespace
}  // namespace limen::object
