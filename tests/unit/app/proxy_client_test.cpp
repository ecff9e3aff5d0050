#include "app/proxy_client.h"

#include <gtest/gtest.h>

#include "app/files.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class ProxyClientTest : public testing::Test {
 protected:
  ProxyClientTest() {
    const KeyPair authority = make_authority("front-proxy");
    pair_ = make_client_pair(authority, "front-proxy-client", {});
    write_file(file("client.crt"), pair_.certificate, Privacy::open);
    write_file(file("client.key"), pair_.key, Privacy::secret);
    write_file(file("other.key"), make_client_pair(authority, "other", {}).key, Privacy::secret);
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  static config::Aggregation files(std::string certificate, std::string key) {
    config::Aggregation out;
    out.proxy_client_cert_file = std::move(certificate);
    out.proxy_client_key_file = std::move(key);
    return out;
  }

  test::ScratchFolder folder_;
  KeyPair pair_;
};

TEST_F(ProxyClientTest, IsNobodyWithoutFiles) {
  EXPECT_EQ(proxy_client_problem({}), "");
  EXPECT_EQ(read_proxy_client({}).certificate, "");
  EXPECT_TRUE(proxy_client_files({}).empty());
}

TEST_F(ProxyClientTest, IsReadFromItsFiles) {
  const auto both = files(file("client.crt"), file("client.key"));
  EXPECT_EQ(proxy_client_problem(both), "");
  EXPECT_EQ(read_proxy_client(both).certificate, pair_.certificate);
  EXPECT_EQ(proxy_client_files(both).size(), 2U);
}

TEST_F(ProxyClientTest, NeedsBothAndThatTheyBelongTogether) {
  EXPECT_EQ(
      proxy_client_problem(files(file("client.crt"), "")),
      "aggregation: proxyClientCertFile and proxyClientKeyFile go together: give both or none");
  EXPECT_EQ(proxy_client_problem(files(file("client.crt"), file("other.key"))),
            file("other.key") + ": the key does not belong to the certificate");
  EXPECT_NE(proxy_client_problem(files(file("none.crt"), file("client.key"))), "");
}

TEST_F(ProxyClientTest, FieldsByWhichFrontProxiesAreBelieved) {
  controllers::AuthenticationTrust trust;
  trust.username_headers = {"X-User"};
  trust.group_headers = {"X-Group"};
  trust.extra_header_prefixes = {"X-Extra-"};
  EXPECT_EQ(front_proxy_fields(trust),
            (std::vector<std::string>{"X-User", "X-Group", "X-Extra-*"}));
}

}  // namespace
}  // namespace limen::app
