// What is told to extension API servers: ours united with what is there.
#include "controllers/authentication_trust.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "certificates.h"

namespace limen::controllers {
namespace {

using boost::json::object;

class AuthenticationTrustTest : public testing::Test {
 protected:
  object with(object data, const AuthenticationTrust& trust) {
    add_trust(data, trust, std::chrono::system_clock::now());
    return data;
  }
  static std::string text(const object& data, const char* key) {
    return std::string(data.at(key).as_string());
  }
  AuthenticationTrust clients(const std::string& pem) {
    AuthenticationTrust trust;
    trust.client_ca = pem;
    return trust;
  }
  AuthenticationTrust proxies(const std::string& pem, std::vector<std::string> names = {}) {
    AuthenticationTrust trust;
    trust.front_proxy_ca = pem;
    trust.username_headers = {"X-Remote-User"};
    trust.uid_headers = {"X-Remote-Uid"};
    trust.group_headers = {"X-Remote-Group"};
    trust.extra_header_prefixes = {"X-Remote-Extra-"};
    trust.allowed_names = std::move(names);
    return trust;
  }
  const std::string a_ = make_certificate("a"), b_ = make_certificate("b");
};

TEST_F(AuthenticationTrustTest, TheKeysAreThoseOfKubeApiserver) {
  AuthenticationTrust trust = proxies(b_, {"front-proxy-client"});
  trust.client_ca = a_;
  EXPECT_EQ(with({}, trust),
            (object{{"client-ca-file", a_},
                    {"requestheader-client-ca-file", b_},
                    {"requestheader-username-headers", R"(["X-Remote-User"])"},
                    {"requestheader-uid-headers", R"(["X-Remote-Uid"])"},
                    {"requestheader-group-headers", R"(["X-Remote-Group"])"},
                    {"requestheader-extra-headers-prefix", R"(["X-Remote-Extra-"])"},
                    {"requestheader-allowed-names", R"(["front-proxy-client"])"}}));
}

TEST_F(AuthenticationTrustTest, WithoutFrontProxiesNothingIsToldOfThem) {
  EXPECT_EQ(with({}, clients(a_)), (object{{"client-ca-file", a_}}));
  AuthenticationTrust nobody = proxies("");
  EXPECT_EQ(with({}, nobody), object());
}

TEST_F(AuthenticationTrustTest, ListsThatAreEmptyAreToldAsSuch) {
  EXPECT_EQ(text(with({}, proxies(a_)), "requestheader-allowed-names"), "[]");
}

TEST_F(AuthenticationTrustTest, BundlesAndListsAreUnitedWhatWasThereFirst) {
  object data = with({}, proxies(a_, {"one", "two"}));
  data["client-ca-file"] = "# by hand\n" + a_;
  AuthenticationTrust more = proxies(b_ + a_, {"two", "three"});
  more.client_ca = b_;
  const object united = with(data, more);
  EXPECT_EQ(text(united, "client-ca-file"), a_ + b_);
  EXPECT_EQ(text(united, "requestheader-client-ca-file"), a_ + b_);
  EXPECT_EQ(text(united, "requestheader-allowed-names"), R"(["one","two","three"])");
  EXPECT_EQ(text(united, "requestheader-username-headers"), R"(["X-Remote-User"])");
  EXPECT_EQ(with(united, more), united) << "and then nothing is left to do";
}

TEST_F(AuthenticationTrustTest, WhatAnotherServerTellsStaysWithoutOurs) {
  const object data = with({}, proxies(a_, {"one"}));
  EXPECT_EQ(with(data, {}), data);
}

TEST_F(AuthenticationTrustTest, KeysThatAreNotOursStay) {
  EXPECT_EQ(with({{"note", "x"}}, clients(a_)), (object{{"note", "x"}, {"client-ca-file", a_}}));
}

TEST_F(AuthenticationTrustTest, ExpiredCertificatesAreLeftOutAfterFiveMinutes) {
  const std::string old = make_certificate("old", -std::chrono::minutes(6));
  const std::string late = make_certificate("late", -std::chrono::minutes(4));
  EXPECT_EQ(text(with({{"client-ca-file", old + late}}, clients(a_ + old)), "client-ca-file"),
            late + a_);
  object data = with({}, proxies(a_));
  data["requestheader-client-ca-file"] = old;
  EXPECT_EQ(with(data, {}), object()) << "without an authority the lists say nothing";
}

TEST_F(AuthenticationTrustTest, WhatCannotBeReadIsReplaced) {
  object data{{"client-ca-file", "hello"},
              {"requestheader-client-ca-file", 7},
              {"requestheader-username-headers", "X-Remote-User"},
              {"requestheader-group-headers", "[1]"},
              {"requestheader-allowed-names", "{}"}};
  AuthenticationTrust trust = proxies(b_, {"proxy"});
  trust.client_ca = a_;
  EXPECT_EQ(with(data, trust), with({}, trust));
}

TEST_F(AuthenticationTrustTest, WhatIsTooLargeIsBegunAnew) {
  const object full{{"filler", std::string(1024 * 1024, 'x')}};
  EXPECT_EQ(with(full, clients(a_)), (object{{"client-ca-file", a_}}));
  EXPECT_THROW(with({}, proxies(a_, {std::string(1024 * 1024, 'x')})), std::length_error);
}

}  // namespace
}  // namespace limen::controllers
