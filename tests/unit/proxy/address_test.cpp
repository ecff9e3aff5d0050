// Which addresses may be connected to.
#include "proxy/address.h"

#include <gtest/gtest.h>

namespace limen::proxy {
namespace {

TEST(Address, OfTheWorldAreGlobalUnicast) {
  for (const char* ip :
       {"10.0.0.1", "192.168.1.1", "172.16.0.1", "8.8.8.8", "100.64.0.1", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.1", "223.255.255.255", "240.0.0.1",
        "2001:db8::1", "fd00::1", "fec0::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(is_global_unicast(std::string(ip))) << ip;
  }
}

TEST(Address, OfThisMachineAndItsLinkAreNot) {
  for (const char* ip :
       {"0.0.0.0", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "224.0.0.1",
        "239.255.255.255", "255.255.255.255", "::", "::1", "fe80::1", "febf::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
        "::127.0.0.1"}) {
    EXPECT_FALSE(is_global_unicast(std::string(ip))) << ip;
  }
}

TEST(Address, OtherNotationsAreNoAddresses) {
  for (const char* ip : {"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1",
                         "127.0.0.1 ", "[::1]", "fe80::1%eth0", "1.2.3.4:80"}) {
    EXPECT_FALSE(parse_address(ip, 80)) << ip;
    EXPECT_FALSE(is_global_unicast(std::string(ip))) << ip;
  }
}

TEST(Address, IsShownWithItsPort) {
  EXPECT_EQ(parse_address("192.0.2.1", 443)->host_port(), "192.0.2.1:443");
  EXPECT_EQ(parse_address("2001:db8::1", 443)->host_port(), "[2001:db8::1]:443");
  EXPECT_EQ(join_host_port("web.example", 80), "web.example:80");
}

}  // namespace
}  // namespace limen::proxy
