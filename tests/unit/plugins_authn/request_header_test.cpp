#include <gtest/gtest.h>

#include <chrono>

#include "support.h"
#include "support/authority.h"

namespace limen::plugins {
namespace {

using test::Certificate;
using testkit::Instance;
using testkit::Json;
using testkit::Pairs;
using testkit::Reply;
using namespace std::chrono_literals;

class RequestHeader : public testing::Test {
 protected:
  RequestHeader()
      : ca_(test::make_authority("proxy ca")),
        ca_file_(scratch_.write("proxy-ca.pem", ca_.pem())),
        proxy_({.subject = {{"CN", "front-proxy"}}}, &ca_) {}

  Instance& start(boost::json::object more = {}) {
    more["clientCAFile"] = ca_file_;
    instance_.emplace(test::module("request-header"), testkit::InstanceOptions{.config = more});
    return *instance_;
  }
  Reply ask(const Pairs& headers) { return ask(headers, proxy_); }
  Reply ask(const Pairs& headers, const Certificate& certificate) {
    if (!instance_) start();
    return instance_->authenticate({.headers = headers, .certificates = {certificate.der()}});
  }

  test::Scratch scratch_;
  Certificate ca_;
  std::string ca_file_;
  Certificate proxy_;
  std::optional<Instance> instance_;
};

TEST_F(RequestHeader, TheProxyNamesTheUser) {
  const Reply reply = ask({{"X-Remote-User", "ada"},
                           {"X-Remote-Group", "dev"},
                           {"X-Remote-Group", "ops,all"},
                           {"X-Remote-Group", ""},
                           {"X-Remote-Uid", "42"},
                           {"X-Remote-Extra-Scopes", "read"},
                           {"X-Remote-Extra-Scopes", "write"},
                           {"X-Remote-Extra-Acme.com%2FProject", "p"}});
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "42");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"dev", "ops,all"}));
  EXPECT_EQ(reply.extra,
            (Pairs{{"scopes", "read"}, {"scopes", "write"}, {"acme.com/project", "p"}}));
}

TEST_F(RequestHeader, WithoutACertificateHeadersAreIgnored) {
  EXPECT_EQ(start().authenticate({.headers = {{"X-Remote-User", "ada"}}}).status, LIMEN_NO_OPINION);
}

TEST_F(RequestHeader, WithAnOrdinaryClientCertificateHeadersAreIgnored) {
  const Certificate users = test::make_authority("user ca");
  const Certificate eve({.subject = {{"CN", "front-proxy"}}}, &users);
  const Reply reply = ask({{"X-Remote-User", "ada"}}, eve);
  EXPECT_LT(reply.status, 0);
  EXPECT_EQ(reply.user, "");
}

TEST_F(RequestHeader, WithoutAUserNameThereIsNoOpinion) {
  const Certificate users = test::make_authority("user ca");
  const Certificate eve({.subject = {{"CN", "eve"}}}, &users);
  EXPECT_EQ(ask({{"X-Remote-Group", "system:masters"}}).status, LIMEN_NO_OPINION);
  EXPECT_EQ(ask({{"X-Remote-User", ""}}).status, LIMEN_NO_OPINION);
  EXPECT_EQ(ask({}, eve).status, LIMEN_NO_OPINION);
}

TEST_F(RequestHeader, OnlyAllowedNamesSpeakForOthers) {
  start({{"allowedNames", boost::json::array{"front-proxy", "other-proxy"}}});
  EXPECT_EQ(ask({{"X-Remote-User", "ada"}}).user, "ada");
  for (const char* name : {"Front-Proxy", "front-proxy ", "front", "eve"}) {
    const Certificate other({.subject = {{"CN", name}}}, &ca_);
    const Reply reply = ask({{"X-Remote-User", "ada"}}, other);
    EXPECT_LT(reply.status, 0) << name;
    EXPECT_NE(reply.error.find("allowedNames does not list it"), std::string::npos);
  }
  EXPECT_LT(ask({{"X-Remote-User", "ada"}}, Certificate({.subject = {{"O", "front-proxy"}}}, &ca_))
                .status,
            0);
}

TEST_F(RequestHeader, ExpiredAndServerCertificatesAreNoProxies) {
  const Certificate old({.subject = {{"CN", "front-proxy"}}, .not_after = test::kNow - 1}, &ca_);
  const Certificate server({.subject = {{"CN", "front-proxy"}}, .usage = "serverAuth"}, &ca_);
  EXPECT_LT(ask({{"X-Remote-User", "ada"}}, old).status, 0);
  EXPECT_LT(ask({{"X-Remote-User", "ada"}}, server).status, 0);
}

TEST_F(RequestHeader, TheFirstUserHeaderWithAValueCounts) {
  start({{"usernameHeaders", boost::json::array{"X-Proxy-User", "X-Remote-User"}},
         {"groupHeaders", boost::json::array{"X-Proxy-Group", "X-Remote-Group"}},
         {"uidHeaders", boost::json::array{"X-Proxy-Uid", "X-Remote-Uid"}},
         {"extraHeaderPrefixes", boost::json::array{"X-Proxy-Extra-", "X-Remote-Extra-"}}});
  const Reply reply = ask({{"X-Remote-User", "second"},
                           {"X-Proxy-User", "first"},
                           {"X-Remote-Group", "b"},
                           {"X-Proxy-Group", "a"},
                           {"X-Proxy-Uid", ""},
                           {"X-Remote-Uid", "7"},
                           {"X-Remote-Extra-K", "2"},
                           {"X-Proxy-Extra-K", "1"}});
  EXPECT_EQ(reply.user, "first");
  EXPECT_EQ(reply.uid, "7");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reply.extra, (Pairs{{"k", "1"}, {"k", "2"}}));
  EXPECT_EQ(ask({{"X-Proxy-User", ""}, {"X-Remote-User", "second"}}).user, "second");
}

TEST_F(RequestHeader, ACaseOfLettersMakesNoOtherHeader) {
  start({{"usernameHeaders", boost::json::array{"x-REMOTE-user"}}});
  EXPECT_EQ(ask({{"X-rEMOTE-uSER", "ada"}, {"x-remote-GROUP", "dev"}}).groups,
            (std::vector<std::string>{"dev"}));
}

TEST_F(RequestHeader, AnUnderscoreIsNoHyphen) {
  EXPECT_EQ(ask({{"X_Remote_User", "ada"}}).status, LIMEN_NO_OPINION);
  const Reply reply = ask({{"X-Remote-User", "ada"},
                           {"X_Remote_Group", "system:masters"},
                           {"X_Remote_Extra_Scopes", "all"}});
  EXPECT_EQ(reply.user, "ada");
  EXPECT_TRUE(reply.groups.empty());
  EXPECT_TRUE(reply.extra.empty());
}

TEST_F(RequestHeader, ANameThatComesTwiceIsRefused) {
  for (const Pairs& headers :
       {Pairs{{"X-Remote-User", "ada"}, {"X-Remote-User", "root"}},
        Pairs{{"X-Remote-User", ""}, {"x-remote-user", "root"}},
        Pairs{{"X-Remote-User", "ada"}, {"X-Remote-Uid", "1"}, {"X-Remote-UID", "2"}}}) {
    const Reply reply = ask(headers);
    EXPECT_LT(reply.status, 0);
    EXPECT_NE(reply.error.find("comes more than once"), std::string::npos) << reply.error;
  }
}

TEST_F(RequestHeader, KeysAreDecodedOnceAndComeInLowerCase) {
  const Reply reply = ask({{"X-Remote-User", "ada"},
                           {"X-Remote-Extra-%41", "a"},
                           {"X-Remote-Extra-b%252Fc", "b"},
                           {"X-Remote-Extra-50%", "c"},
                           {"X-Remote-Extra-%zz", "d"}});
  EXPECT_EQ(reply.extra, (Pairs{{"a", "a"}, {"b%2fc", "b"}, {"50%", "c"}, {"%zz", "d"}}));
}

TEST_F(RequestHeader, KeysAndValuesThatAreNoPlainTextAreRefused) {
  for (const Pairs& more : {Pairs{{"X-Remote-Extra-%00a", "x"}}, Pairs{{"X-Remote-Extra-%ff", "x"}},
                            Pairs{{"X-Remote-Extra-%0d%0a", "x"}}, Pairs{{"X-Remote-Extra-", "x"}},
                            Pairs{{"X-Remote-Extra-a", "\xff"}}, Pairs{{"X-Remote-Group", "\xff"}},
                            Pairs{{"X-Remote-Uid", "\xc0\xaf"}}}) {
    Pairs headers{{"X-Remote-User", "ada"}};
    headers.insert(headers.end(), more.begin(), more.end());
    EXPECT_LT(ask(headers).status, 0) << more[0].first;
  }
}

TEST_F(RequestHeader, ANewAuthorityIsInForceWithinASecond) {
  EXPECT_EQ(ask({{"X-Remote-User", "ada"}}).user, "ada");
  const Certificate next = test::make_authority("next ca");
  scratch_.write("proxy-ca.pem", next.pem());
  instance_->host().advance(1s);
  EXPECT_LT(ask({{"X-Remote-User", "ada"}}).status, 0);
  EXPECT_EQ(ask({{"X-Remote-User", "ada"}}, Certificate({.subject = {{"CN", "p"}}}, &next)).user,
            "ada");
}

TEST_F(RequestHeader, ARevokedProxySpeaksForNobody) {
  const std::string crl = scratch_.write("crl", test::make_crl(ca_, {.revoked = {&proxy_}}));
  start({{"crlFiles", boost::json::array{crl}}});
  EXPECT_LT(ask({{"X-Remote-User", "ada"}}).status, 0);
}

TEST_F(RequestHeader, WithoutAuthoritiesThereIsNoStart) {
  EXPECT_EQ(test::start_error("request-header", boost::json::object()),
            "clientCAFile is missing: the PEM file of the authorities whose certificates count");
  EXPECT_EQ(test::module("request-header").check({{"clientCAFile", "/nonexistent"}}).size(), 1u);
}

}  // namespace
}  // namespace limen::plugins
