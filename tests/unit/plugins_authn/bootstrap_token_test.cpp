// bootstrap-token on the fake host: one test for each rejection of row A24.
#include <gtest/gtest.h>

#include "common/base64.h"
#include "support.h"

namespace limen::plugins {
namespace {

using testkit::Json;

const std::string kToken = "abcdef.0123456789abcdef";

// What a test changes of a Secret that is good.
using Change = std::function<void(boost::json::object& secret, boost::json::object& data)>;

Json secret(const Change& change = nullptr) {
  boost::json::object data{{"token-id", base64_encode("abcdef")},
                           {"token-secret", base64_encode("0123456789abcdef")},
                           {"usage-bootstrap-authentication", base64_encode("true")}};
  boost::json::object made{
      {"type", "bootstrap.kubernetes.io/token"},
      {"metadata", {{"namespace", "kube-system"}, {"name", "bootstrap-token-abcdef"}}}};
  if (change) change(made, data);
  made["data"] = std::move(data);
  return made;
}

// What the module says of a token when this Secret is there; the clock says 2026-01-01T00:00:00Z.
testkit::Reply ask(const Json& stored, const std::string& token = kToken) {
  testkit::Instance instance(
      test::module("bootstrap-token"),
      {.prepare = [&](testkit::FakeHost& host) { host.put("", "secrets", stored); }});
  return instance.authenticate(test::with_token(token));
}
testkit::Reply ask_changed(const Change& change) { return ask(secret(change)); }
testkit::Reply with_data(const std::string& key, const std::string& value) {
  return ask_changed([&](auto&, auto& data) { data[key] = base64_encode(value); });
}

#define EXPECT_REFUSED(reply, why)                                                              \
  do {                                                                                          \
    const testkit::Reply refused = (reply);                                                     \
    EXPECT_EQ(refused.user, "");                                                                \
    EXPECT_EQ(refused.status, LIMEN_E_INVALID);                                                 \
    EXPECT_EQ(refused.error, std::string("Secret kube-system/bootstrap-token-abcdef: ") + why); \
  } while (false)

TEST(BootstrapToken, AGoodTokenIsItsUserInTheGroupOfBootstrappers) {
  const testkit::Reply reply = ask(secret());
  EXPECT_TRUE(reply.authenticated()) << reply.error;
  EXPECT_EQ(reply.user, "system:bootstrap:abcdef");
  EXPECT_EQ(reply.uid, "");
  EXPECT_EQ(reply.groups, std::vector<std::string>{"system:bootstrappers"});
  EXPECT_EQ(reply.cache_ns, 0) << "a removed Secret counts at once";
}

TEST(BootstrapToken, ExtraGroupsAreAddedSortedAndOnce) {
  const testkit::Reply reply =
      with_data("auth-extra-groups",
                "system:bootstrappers:z,system:bootstrappers:a:b-1,system:bootstrappers:z");
  EXPECT_EQ(reply.groups,
            (std::vector<std::string>{"system:bootstrappers", "system:bootstrappers:a:b-1",
                                      "system:bootstrappers:z"}));
}

TEST(BootstrapToken, AnEmptyListOfExtraGroupsAddsNone) {
  EXPECT_EQ(with_data("auth-extra-groups", "").groups.size(), 1u);
}

TEST(BootstrapToken, WhatHasNotItsFormIsLeftToOthers) {
  for (const char* other :
       {"abcdef.0123456789abcde", "abcdef.0123456789abcdefa", "abcde.f0123456789abcdef",
        "abcdef-0123456789abcdef", "Abcdef.0123456789abcdef", "abcdef.0123456789abcdeF",
        "abcdef.0123456789abcde\n", "abcdef..123456789abcdef", " "}) {
    const testkit::Reply reply = ask(secret(), other);
    EXPECT_EQ(reply.status, LIMEN_NO_OPINION) << other;
  }
}

TEST(BootstrapToken, ATokenWithoutASecretIsLeftToOthers) {
  EXPECT_EQ(ask(secret(), "zzzzzz.0123456789abcdef").status, LIMEN_NO_OPINION);
}

TEST(BootstrapToken, ASecretOfAnotherNamespaceIsNoToken) {
  const testkit::Reply reply =
      ask_changed([](auto& made, auto&) { made["metadata"].as_object()["namespace"] = "default"; });
  EXPECT_EQ(reply.status, LIMEN_NO_OPINION);
}

TEST(BootstrapToken, AWrongSecretIsRefused) {
  EXPECT_REFUSED(ask(secret(), "abcdef.0123456789abcdee"), "token-secret is not the one presented");
  EXPECT_REFUSED(with_data("token-secret", "0123456789abcdef0"),
                 "token-secret is not the one presented");
  EXPECT_REFUSED(with_data("token-secret", ""), "token-secret is not the one presented");
  EXPECT_REFUSED(ask_changed([](auto&, auto& data) { data.erase("token-secret"); }),
                 "token-secret is not the one presented");
}

TEST(BootstrapToken, ASecretWithoutDataIsRefused) {
  EXPECT_REFUSED(ask_changed([](auto&, auto& data) { data.clear(); }),
                 "token-secret is not the one presented");
}

TEST(BootstrapToken, AnotherTypeIsRefused) {
  EXPECT_REFUSED(ask_changed([](auto& made, auto&) { made["type"] = "Opaque"; }),
                 "its type is not bootstrap.kubernetes.io/token");
}

TEST(BootstrapToken, ASecretThatIsBeingDeletedIsRefused) {
  EXPECT_REFUSED(ask_changed([](auto& made, auto&) {
                   made["metadata"].as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
                 }),
                 "it is being deleted");
}

TEST(BootstrapToken, ATokenIdThatIsNotThatOfTheNameIsRefused) {
  EXPECT_REFUSED(with_data("token-id", "abcdeg"), "token-id is not that of its name");
}

TEST(BootstrapToken, ExpirationCountsToTheSecondAndInEveryZone) {
  EXPECT_TRUE(with_data("expiration", "2026-01-01T00:00:01Z").authenticated());
  EXPECT_TRUE(with_data("expiration", "2026-01-01T01:00:01+01:00").authenticated());
  EXPECT_TRUE(with_data("expiration", "9999-12-31T23:59:59Z").authenticated());
  EXPECT_TRUE(with_data("expiration", "").authenticated());
  EXPECT_REFUSED(with_data("expiration", "2026-01-01T00:00:00Z"), "it has expired");
  EXPECT_REFUSED(with_data("expiration", "2026-01-01T00:59:59+01:00"), "it has expired");
}

TEST(BootstrapToken, AnExpirationThatIsNoTimeHasPassed) {
  for (const char* nonsense :
       {"tomorrow", "2030-01-01", "2030-01-01T00:00:00", "1893456000", "2030-02-30T00:00:00Z"}) {
    EXPECT_REFUSED(with_data("expiration", nonsense), "it has expired");
  }
}

TEST(BootstrapToken, AUseThatIsNotAllowedIsRefused) {
  EXPECT_REFUSED(with_data("usage-bootstrap-authentication", "True"),
                 "usage-bootstrap-authentication is not true");
  EXPECT_REFUSED(
      ask_changed([](auto&, auto& data) { data.erase("usage-bootstrap-authentication"); }),
      "usage-bootstrap-authentication is not true");
}

TEST(BootstrapToken, AnExtraGroupOutsideTheBootstrappersIsRefused) {
  const std::string longest = "system:bootstrappers:" + std::string(256, 'a');
  EXPECT_TRUE(with_data("auth-extra-groups", longest).authenticated());
  for (const std::string& group :
       {std::string("system:masters"), std::string("system:bootstrappers"),
        std::string("system:bootstrappers:"), std::string("system:bootstrappers:a-"),
        std::string("system:bootstrappers:A"), std::string("system:bootstrappers:a,"),
        std::string("system:bootstrappers:a, system:bootstrappers:b"), longest + "a"}) {
    EXPECT_REFUSED(with_data("auth-extra-groups", group),
                   "auth-extra-groups holds what is no group of bootstrappers");
  }
}

TEST(BootstrapToken, DataThatIsNotBase64IsRefused) {
  EXPECT_REFUSED(ask_changed([](auto&, auto& data) { data["expiration"] = "%"; }),
                 "data.expiration is not base64");
}

}  // namespace
}  // namespace limen::plugins
