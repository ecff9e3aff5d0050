// The C++ wrapper of token issuers, driven through its C table by the fake host.

#include <gtest/gtest.h>

#include <limen/cpp/plugin.hpp>
#include <limen/testkit/instance.hpp>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using limen::testkit::Instance;
using limen::testkit::Module;
using limen::testkit::Reply;

// Puts everything it is asked into the token.
class Mint final : public limen::Authenticator, public limen::TokenIssuer {
 public:
  explicit Mint(limen::Host& host) : host_(host) {}
  limen::Result<void> authenticate(limen::AuthnCall&) override { return {}; }
  limen::Result<void> issue(limen::TokenCall& call) override {
    if (call.ns() == "silent") return {};
    if (call.ns() == "error") return limen::Error{"no key"};
    if (call.ns() == "throw") throw std::runtime_error("thrown");
    if (call.ns() == "later") {
      auto later = std::make_shared<limen::Deferred<limen::TokenCall>>(call.defer());
      return host_.executor().post([later] {
        (*later)->grant("late", 1s);
        later->complete();
      });
    }
    std::string token;
    for (const std::string_view part :
         {call.ns(), call.service_account(), call.service_account_uid(), call.bound_kind(),
          call.bound_name(), call.bound_uid(), call.node_name(), call.node_uid()}) {
      token += std::string(part) + " ";
    }
    for (std::string_view audience : call.api_audiences()) token += std::string(audience) + " ";
    for (std::string_view audience : call.audiences()) call.audience(audience);
    call.grant(token, call.expiration() / 2).warn("halved").annotate("key", "value");
    return {};
  }
  limen::Result<void> document(limen::DocumentCall& call) override {
    if (call.wants_keys()) call.text("{}");
    return {};
  }
  const std::vector<std::string>& audiences() const override { return audiences_; }

 private:
  limen::Host& host_;
  std::vector<std::string> audiences_{"api", "kubernetes"};
};

// Signs nothing.
class Plain final : public limen::Authenticator {
 public:
  limen::Result<void> authenticate(limen::AuthnCall&) override { return {}; }
};

const limen::detail::PluginList& plugins() {
  static const limen::detail::PluginList list{
      limen::authenticator<Mint>({.id = "mint", .version = "1.0.0"}),
      limen::authenticator<Plain>({.id = "plain", .version = "1.0.0"})};
  return list;
}

const Module& module() {
  static const limen_module_entry_t entry = {LIMEN_ABI_MAGIC,
                                             sizeof(limen_module_entry_t),
                                             LIMEN_ABI_MAJOR,
                                             0,
                                             0,
                                             "test",
                                             nullptr,
                                             nullptr,
                                             &limen::detail::Module<&plugins>::get_factory};
  static const Module linked(entry);
  return linked;
}

Reply issue(const limen::testkit::TokenOrder& order) {
  return Instance(module(), {.id = "mint"}).issue(order);
}

TEST(TokenIssuer, IsATableOfThoseWhoDeriveFromIt) {
  EXPECT_NE(Instance(module(), {.id = "mint"}).table<limen_token_issuer>(LIMEN_TOKEN_ISSUER),
            nullptr);
  Instance plain(module(), {.id = "plain"});
  EXPECT_EQ(plain.table<limen_token_issuer>(LIMEN_TOKEN_ISSUER), nullptr);
  EXPECT_THROW(plain.issue({}), std::logic_error);
}

TEST(TokenIssuer, IsGivenTheOrderAndGivesTheToken) {
  const Reply reply =
      issue({"ns", "sa", "u", {"a", "b"}, {"api"}, "Pod", "p", "pu", "n", "nu", 600});
  EXPECT_TRUE(reply.granted());
  EXPECT_EQ(reply.token, "ns sa u Pod p pu n nu api ");
  EXPECT_EQ(reply.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reply.expiration_seconds, 300);
  EXPECT_EQ(reply.warnings, std::vector<std::string>{"halved"});
  EXPECT_EQ(reply.annotations, (limen::testkit::Pairs{{"key", "value"}}));
}

TEST(TokenIssuer, FailsWhenItGrantsNothing) {
  EXPECT_EQ(issue({.ns = "silent"}).status, LIMEN_E_INTERNAL);
  EXPECT_EQ(issue({.ns = "error"}).error, "no key");
  EXPECT_EQ(issue({.ns = "throw"}).error, "thrown");
}

TEST(TokenIssuer, MayGrantLater) { EXPECT_EQ(issue({.ns = "later"}).token, "late"); }

TEST(TokenIssuer, ADocumentNotGivenIsNotThere) {
  Instance mint(module(), {.id = "mint"});
  EXPECT_EQ(mint.document(LIMEN_ISSUER_KEYS).document, "{}");
  EXPECT_EQ(mint.document(LIMEN_ISSUER_CONFIGURATION).status, LIMEN_E_NOT_FOUND);
}

TEST(TokenIssuer, NamesTheAudiencesOfTheApi) {
  EXPECT_EQ(Instance(module(), {.id = "mint"}).api_audiences(),
            (std::vector<std::string>{"api", "kubernetes"}));
}

}  // namespace
