// token-cleaner: expired bootstrap tokens go, everything else stays.
#include "base/strings.h"
#include "base/time.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

using std::chrono::system_clock;
using namespace std::chrono_literals;

const ResourceId kSecrets{"", "secrets"};

class TokenCleanerTest : public WithManager {
 protected:
  void add(const std::string& name, const std::string& expiration,
           const std::string& ns = "kube-system",
           const std::string& type = "bootstrap.kubernetes.io/token") {
    const std::string text =
        R"({"apiVersion":"v1","kind":"Secret","type":")" + type + R"(","metadata":{"name":")" +
        name + R"(","namespace":")" + ns + R"("},"data":{"token-id":"YQ==")" +
        (expiration.empty() ? "" : R"(,"expiration":")" + base::base64_encode(expiration) + "\"") +
        "}}";
    ASSERT_EQ(create({kSecrets, ns, name}, text.c_str()).status, WriteStatus::ok);
  }
  bool is_there(const std::string& name, const std::string& ns = "kube-system") {
    return store_->get({kSecrets, ns, name}) != nullptr;
  }
  static std::string from_now(std::chrono::milliseconds time) {
    return base::format_micro_time(system_clock::now() + time);
  }
};

TEST_F(TokenCleanerTest, WhatHasExpiredBeforeTheStartGoes) {
  add("old", "2020-01-01T00:00:00Z");
  add("odd", "next week");
  run();
  EXPECT_TRUE(eventually([&] { return !is_there("old") && !is_there("odd"); }));
}

TEST_F(TokenCleanerTest, ATokenGoesAtTheMomentItExpires) {
  run();
  const auto expires = system_clock::now() + 300ms;
  add("soon", base::format_micro_time(expires));
  ASSERT_TRUE(eventually([&] { return !is_there("soon"); }));
  EXPECT_GE(system_clock::now(), expires);
}

TEST_F(TokenCleanerTest, WhatIsNoExpiredTokenStays) {
  run();
  add("for-ever", "");
  add("far", "9999-12-31T23:59:59Z");
  add("opaque", "2020-01-01T00:00:00Z", "kube-system", "Opaque");
  add("elsewhere", "2020-01-01T00:00:00Z", "default");
  add("witness", "2020-01-01T00:00:00Z");
  ASSERT_TRUE(eventually([&] { return !is_there("witness"); }));
  EXPECT_TRUE(is_there("for-ever"));
  EXPECT_TRUE(is_there("far"));
  EXPECT_TRUE(is_there("opaque"));
  EXPECT_TRUE(is_there("elsewhere", "default"));
}

TEST_F(TokenCleanerTest, AnExpirationThatWasPutOffCounts) {
  run();
  add("t", from_now(200ms));
  change({kSecrets, "kube-system", "t"}, [](Json& secret) {
    secret.at("data").as_object()["expiration"] = base::base64_encode("9999-12-31T23:59:59Z");
  });
  add("witness", from_now(400ms));
  ASSERT_TRUE(eventually([&] { return !is_there("witness"); }));
  EXPECT_TRUE(is_there("t"));
  change({kSecrets, "kube-system", "t"}, [](Json& secret) {
    secret.at("data").as_object()["expiration"] = base::base64_encode("2020-01-01T00:00:00Z");
  });
  EXPECT_TRUE(eventually([&] { return !is_there("t"); }));
}

TEST_F(TokenCleanerTest, AFinalizerKeepsTheSecretUntilItIsTakenAway) {
  run();
  const Key key{kSecrets, "kube-system", "held"};
  add("held", "");
  change(key, [](Json& secret) { object::set_finalizers(secret, {"example.com/hold"}); });
  change(key, [](Json& secret) {
    secret.at("data").as_object()["expiration"] = base::base64_encode("2020-01-01T00:00:00Z");
  });
  ASSERT_TRUE(eventually(
      [&] { return read(key).at("metadata").as_object().contains("deletionTimestamp"); }));
  change(key, [](Json& secret) { object::set_finalizers(secret, {}); });
  EXPECT_TRUE(eventually([&] { return !is_there("held"); }));
}

TEST_F(TokenCleanerTest, SwitchedOffItLeavesThem) {
  add("old", "2020-01-01T00:00:00Z");
  run({std::string(kTokenCleaner)});
  manager_->stop();
  EXPECT_TRUE(is_there("old"));
}

}  // namespace
}  // namespace limen::controllers
