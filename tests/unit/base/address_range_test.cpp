#include "base/address_range.h"

#include <gtest/gtest.h>

#include "base/port_range.h"

namespace limen::base {
namespace {

TEST(AddressRange, NumbersItsAddresses) {
  const AddressRange range = *AddressRange::parse("10.96.0.0/12");
  EXPECT_EQ(range.size(), 1048576u);
  EXPECT_EQ(range.address(1), "10.96.0.1");
  EXPECT_EQ(range.address(range.last_usable()), "10.111.255.254");
  EXPECT_EQ(range.number_of("10.96.1.0"), 256u);
  EXPECT_EQ(range.number_of("10.95.255.255"), std::nullopt);
  EXPECT_EQ(range.number_of("10.112.0.0"), std::nullopt);
  EXPECT_EQ(range.number_of("fd00::1"), std::nullopt);
  EXPECT_EQ(range.number_of("10.96.1"), std::nullopt);
}

TEST(AddressRange, KnowsV6) {
  const AddressRange range = *AddressRange::parse("fd00:10:96::/112");
  EXPECT_EQ(range.family(), "IPv6");
  EXPECT_EQ(range.address(1), "fd00:10:96::1");
  EXPECT_EQ(range.last_usable(), 65535u);
  EXPECT_EQ(range.number_of("fd00:10:96::a"), 10u);
  EXPECT_EQ(range.number_of("fd00:10:97::a"), std::nullopt);
  EXPECT_EQ(range.number_of("10.96.0.1"), std::nullopt);
}

TEST(AddressRange, SaysWhatIsNoRange) {
  for (const char* text : {"", "10.96.0.0", "10.96.0.0/", "10.96.0.0/33", "10.96.0/12", "x/12"}) {
    EXPECT_EQ(AddressRange::problem(text), "must be a block of addresses such as 10.96.0.0/12")
        << text;
    EXPECT_FALSE(AddressRange::parse(text));
  }
  EXPECT_EQ(AddressRange::problem("10.96.0.0/30"),
            "must hold at least 8 addresses and at most 2^24: write a prefix length from 8 to 29");
  EXPECT_EQ(AddressRange::problem("fd00::/64"),
            "must hold at least 8 addresses and at most 2^20: write a prefix length from 108 to "
            "125");
  EXPECT_EQ(AddressRange::problem("10.97.0.0/12"),
            "must begin with the first address of the block");
  EXPECT_EQ(AddressRange::problem("10.96.0.0/29"), "");
}

TEST(PortRange, IsTwoPorts) {
  EXPECT_EQ(PortRange::parse("30000-32767")->text(), "30000-32767");
  EXPECT_EQ(PortRange::parse("1-1")->last, 1u);
  for (const char* text : {"", "30000", "2-1", "0-5", "1-65536", "a-b", "1-"}) {
    EXPECT_FALSE(PortRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace limen::base
