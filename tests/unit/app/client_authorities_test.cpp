// The authorities that the authenticators go by, as others are told of them.
#include "app/client_authorities.h"

#include <gtest/gtest.h>

#include "app/files.h"
#include "app/pki.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

using modules::Generation;

class ClientAuthoritiesTest : public testing::Test {
 protected:
  static Generation::Authenticator module(const std::string& id,
                                          const boost::json::object& config) {
    return {nullptr, id, object::Document(boost::json::value(config))};
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    write_file(path, text, Privacy::open);
    return path;
  }

  test::ScratchFolder folder_;
  const std::string one_ = make_authority("one").certificate;
  const std::string two_ = make_authority("two").certificate;
  const std::string three_ = make_authority("three").certificate;
  const std::string one_file_ = write("one.crt", one_);
  const std::string two_file_ = write("two.crt", "# text\n" + two_ + two_);
  const std::string three_file_ = write("three.crt", three_);
  ClientAuthorities authorities_;
};

TEST_F(ClientAuthoritiesTest, AreThoseOfX509AndRequestHeader) {
  authorities_.follow({
      module("request-header", {{"clientCAFile", three_file_},
                                {"usernameHeaders", {"X-User"}},
                                {"uidHeaders", {"X-Uid"}},
                                {"groupHeaders", {"X-Group", "X-Team"}},
                                {"extraHeaderPrefixes", {"X-Extra-"}},
                                {"allowedNames", {"proxy"}}}),
      module("x509", {{"clientCAFile", one_file_}, {"clientCAFiles", {two_file_, one_file_}}}),
      module("acme", {{"clientCAFile", three_file_}}),
  });
  const controllers::AuthenticationTrust trust = authorities_.trust();
  EXPECT_EQ(trust.client_ca, one_ + two_);
  EXPECT_EQ(trust.front_proxy_ca, three_);
  EXPECT_EQ(trust.username_headers, std::vector<std::string>{"X-User"});
  EXPECT_EQ(trust.uid_headers, std::vector<std::string>{"X-Uid"});
  EXPECT_EQ(trust.group_headers, (std::vector<std::string>{"X-Group", "X-Team"}));
  EXPECT_EQ(trust.extra_header_prefixes, std::vector<std::string>{"X-Extra-"});
  EXPECT_EQ(trust.allowed_names, std::vector<std::string>{"proxy"});
  EXPECT_EQ(authorities_.all(), one_ + two_ + three_);
  EXPECT_EQ(authorities_.files(), (std::vector<std::string>{one_file_, two_file_, three_file_}));
}

TEST_F(ClientAuthoritiesTest, SeveralInstancesAreTakenTogether) {
  authorities_.follow({module("x509", {{"clientCAFile", one_file_}}),
                       module("x509", {{"clientCAFile", two_file_}})});
  EXPECT_EQ(authorities_.trust().client_ca, one_ + two_);
}

TEST_F(ClientAuthoritiesTest, AChangedFileIsReadAndABrokenOneChangesNothing) {
  authorities_.follow({module("x509", {{"clientCAFile", one_file_}})});
  EXPECT_FALSE(authorities_.reload());
  write("one.crt", three_);
  EXPECT_TRUE(authorities_.reload());
  EXPECT_EQ(authorities_.all(), three_);
  for (const std::string& broken :
       {std::string(), std::string("hello"),
        one_ + "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"}) {
    write("one.crt", broken);
    EXPECT_FALSE(authorities_.reload()) << broken;
    EXPECT_EQ(authorities_.all(), three_);
  }
}

TEST_F(ClientAuthoritiesTest, OtherAuthenticatorsTakeTheirPlace) {
  authorities_.follow(
      {module("request-header", {{"clientCAFile", one_file_}, {"usernameHeaders", {"X-User"}}})});
  authorities_.follow({module("anonymous", {})});
  EXPECT_EQ(authorities_.trust(), controllers::AuthenticationTrust());
  EXPECT_TRUE(authorities_.files().empty());
}

}  // namespace
}  // namespace limen::app
