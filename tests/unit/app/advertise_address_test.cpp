#include "app/advertise_address.h"

#include <gtest/gtest.h>

#include "config/options.h"

namespace limen::app {
namespace {

TEST(AdvertiseAddress, TheOneThatIsConfiguredCounts) {
  config::SecureListener secure;
  secure.bind_address = "192.0.2.7";
  EXPECT_EQ(advertise_address(secure), "192.0.2.7");
  secure.advertise_address = "192.0.2.8";
  EXPECT_EQ(advertise_address(secure), "192.0.2.8");
}

TEST(AdvertiseAddress, ALoopbackAddressIsNeverTold) {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "::1", "::"}) {
    config::SecureListener secure;
    secure.bind_address = address;
    const std::string told = advertise_address(secure);
    EXPECT_TRUE(told.empty() || !config::is_loopback_address(told)) << told;
    EXPECT_NE(told, "0.0.0.0");
  }
}

}  // namespace
}  // namespace limen::app
