// Kinds that clients had better stop using.
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class DeprecationsTest : public ApiTest {
 protected:
  bool warned(const std::string& path, const std::string& text) {
    return call("GET", path).headers.find("Warning: 299 - \"" + text + "\"\r\n") !=
           std::string::npos;
  }
};

TEST_F(DeprecationsTest, EveryRequestForOneIsWarned) {
  const std::string endpoints =
      "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
  EXPECT_TRUE(warned("/api/v1/endpoints", endpoints));
  EXPECT_TRUE(warned("/api/v1/namespaces/default/endpoints/none", endpoints));
  EXPECT_TRUE(warned("/api/v1/componentstatuses", "v1 ComponentStatus is deprecated in v1.19+"));
  EXPECT_TRUE(warned("/apis/networking.k8s.io/v1beta1/ipaddresses",
                     "networking.k8s.io/v1beta1 IPAddress is deprecated in v1.34+, unavailable in "
                     "v1.37+"));
}

TEST_F(DeprecationsTest, OthersAreNot) {
  for (const char* path : {"/api/v1/pods", "/apis/networking.k8s.io/v1/ipaddresses"}) {
    EXPECT_EQ(call("GET", path).headers.find("Warning"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace limen::test
