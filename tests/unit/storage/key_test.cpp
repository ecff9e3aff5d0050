#include "storage/key.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace limen::storage {
namespace {

TEST(DriverKey, FollowsTheLayoutGroupResourceNamespaceName) {
  EXPECT_EQ(driver_key({{"apps", "deployments"}, "shop", "web"}),
            "/registry/apps/deployments/shop/web");
  EXPECT_EQ(driver_key({{"", "nodes"}, "", "n1"}), "/registry/core/nodes/n1");
}

TEST(DriverKey, KeepsTheColonsOfRoleNames) {
  EXPECT_EQ(driver_key({{"rbac.authorization.k8s.io", "clusterroles"}, "", "system:node"}),
            "/registry/rbac.authorization.k8s.io/clusterroles/system:node");
}

TEST(DriverKey, RefusesPartsThatCouldStepOutOfTheirPlace) {
  for (const std::string bad : {"", "a/b", "..", ".", "a%2fb", "/", "a\nb", "\x7f"}) {
    EXPECT_FALSE(driver_key({{"", "pods"}, "default", bad})) << bad;
    EXPECT_FALSE(driver_key({{"", bad.empty() ? "/" : bad}, "default", "x"})) << bad;
    if (!bad.empty()) {
      EXPECT_FALSE(driver_key({{"", "pods"}, bad, "x"})) << bad;
      EXPECT_FALSE(driver_key({{bad, "pods"}, "default", "x"})) << bad;
    }
  }
  EXPECT_FALSE(driver_key({{"", "pods"}, "default", std::string("a\0b", 3)}));
}

TEST(DriverKey, TakesPartsUpToTheLimitAndNoLonger) {
  EXPECT_TRUE(driver_key({{"", "pods"}, "default", std::string(kMaxKeyPart, 'a')}));
  EXPECT_FALSE(driver_key({{"", "pods"}, "default", std::string(kMaxKeyPart + 1, 'a')}));
}

TEST(DriverKey, RefusesAGroupThatWouldBeTakenForTheCoreGroup) {
  EXPECT_FALSE(driver_key({{"core", "pods"}, "default", "x"}));
}

TEST(DriverKey, RefusesTextThatIsNoKey) {
  for (const std::string_view bad :
       {"", "/", "/registry", "/registry/core/pods", "registry/core/pods/x", "/other/core/pods/x",
        "/registry/core/pods/a/b/c", "/registry/core/pods//x", "/registry/core/pods/../x"}) {
    EXPECT_FALSE(parse_driver_key(bad)) << bad;
  }
}

// Names made of the very characters that could confuse parts: whatever is accepted comes back as it
// was, so no two keys share a text.
TEST(DriverKey, NoTwoKeysShareAText) {
  std::mt19937 random(7);
  const std::string letters = "ab./%:-core";
  const auto part = [&](std::size_t shortest) {
    std::string text;
    const std::size_t length = shortest + random() % 4;
    for (std::size_t i = 0; i < length; ++i) text += letters[random() % letters.size()];
    return text;
  };
  std::size_t accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const Key key{{part(0), part(1)}, part(0), part(1)};
    const auto text = driver_key(key);
    if (!text) continue;
    ++accepted;
    const auto back = parse_driver_key(*text);
    ASSERT_TRUE(back) << *text;
    ASSERT_EQ(back->id, key.id) << *text;
    ASSERT_EQ(back->ns, key.ns) << *text;
    ASSERT_EQ(back->name, key.name) << *text;
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace limen::storage
