// A kubeconfig as the program reads it to reach a server.
#include "app/client_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/kubeconfig.h"

namespace limen::app {
namespace {

class ClientConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "client-config-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  // A kubeconfig whose cluster and user have these members.
  ClientConfig read(const std::string& cluster, const std::string& user) const {
    return read_client_config(
        write("config",
              "current-context: c\n"
              "contexts: [{name: c, context: {cluster: k, user: u, namespace: team}}]\n"
              "clusters: [{name: k, cluster: {" +
                  cluster +
                  "}}]\n"
                  "users: [{name: u, user: {" +
                  user + "}}]\n"));
  }
  std::string refusal(const std::string& cluster, const std::string& user) const {
    try {
      read(cluster, user);
    } catch (const std::runtime_error& error) {
      const std::string text = error.what();
      EXPECT_TRUE(text.starts_with(folder_)) << text;
      return text.substr(text.find(": ") + 2);
    }
    return "read";
  }
  std::string folder_;
};

TEST_F(ClientConfigTest, ReadsWhatInitWrites) {
  const std::string text =
      kubeconfig_text({"https://127.0.0.1:6443", "AUTHORITY", {"CERTIFICATE", "KEY"}});
  const ClientConfig config = read_client_config(write("admin", text));
  EXPECT_EQ(config.server, "https://127.0.0.1:6443");
  EXPECT_EQ(config.authorities, "AUTHORITY");
  EXPECT_EQ(config.certificate, "CERTIFICATE");
  EXPECT_EQ(config.key, "KEY");
  EXPECT_EQ(config.authorization, "");
  EXPECT_EQ(config.ns, "default");
}

TEST_F(ClientConfigTest, ReadsFilesBesideIt) {
  write("ca.crt", "AUTHORITY");
  write("token", "abc\n");
  const ClientConfig config =
      read("server: 'https://h:1', certificate-authority: ca.crt, tls-server-name: limen",
           "tokenFile: token, token: other");
  EXPECT_EQ(config.authorities, "AUTHORITY");
  EXPECT_EQ(config.authorization, "Bearer abc");
  EXPECT_EQ(config.server_name, "limen");
  EXPECT_EQ(config.ns, "team");
}

TEST_F(ClientConfigTest, ReadsNameAndPassword) {
  EXPECT_EQ(read("server: 'https://h:1'", "username: bob, password: pw").authorization,
            "Basic Ym9iOnB3");
}

TEST_F(ClientConfigTest, RefusesWhatLeavesTheServerUnverifiedOrRunsPrograms) {
  EXPECT_NE(refusal("server: 'http://h:1'", "token: x").find("https"), std::string::npos);
  EXPECT_NE(refusal("server: 'https://h:1', insecure-skip-tls-verify: true", "token: x")
                .find("insecure-skip-tls-verify is refused"),
            std::string::npos);
  EXPECT_NE(refusal("server: 'https://h:1'", "exec: {command: x}").find("exec is not supported"),
            std::string::npos);
  EXPECT_EQ(refusal("server: 'https://h:1'", "token: 'a b'"), "the token has odd characters");
}

TEST_F(ClientConfigTest, NamesWhatIsMissing) {
  const std::string path = write("config", "current-context: c\ncontexts: []\n");
  try {
    read_client_config(path);
    FAIL() << "it was read";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), path + ": contexts has no \"c\"");
  }
}

TEST_F(ClientConfigTest, IsLookedForWhereKubectlLooks) {
  const std::string path = write("second", "");
  EXPECT_EQ(find_kubeconfig("given"), "given");
  const char* const before = std::getenv("KUBECONFIG");
  const std::string kept = before == nullptr ? "" : before;
  setenv("KUBECONFIG", (folder_ + "/first:" + path).c_str(), 1);
  EXPECT_EQ(find_kubeconfig(""), path);
  setenv("KUBECONFIG", (folder_ + "/first").c_str(), 1);
  EXPECT_THROW(find_kubeconfig(""), std::runtime_error) << "what was named is not replaced";
  before == nullptr ? unsetenv("KUBECONFIG") : setenv("KUBECONFIG", kept.c_str(), 1);
}

}  // namespace
}  // namespace limen::app
