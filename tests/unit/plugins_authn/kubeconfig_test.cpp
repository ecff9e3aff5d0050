// Kubeconfigs of webhooks: what is taken from them and what is refused, with file, line and field.
#include "common/kubeconfig.h"

#include <gtest/gtest.h>

#include "common/base64.h"
#include "support.h"
#include "support/authority.h"

namespace limen::plugins {
namespace {

std::string config(const std::string& cluster, const std::string& user = "{}") {
  return "apiVersion: v1\nkind: Config\ncurrent-context: hook\n"
         "contexts: [{name: other, context: {cluster: no, user: no}},\n"
         "  {name: hook, context: {cluster: c, user: u}}]\n"
         "clusters:\n- name: c\n  cluster:\n" +
         cluster + "users:\n- name: u\n  user: " + user + "\n";
}
const std::string kServer = "    server: https://hook.example/review\n";

class KubeconfigTest : public testing::Test {
 protected:
  Kubeconfig read(const std::string& text) {
    return read_kubeconfig(scratch_.write("hook.kubeconfig", text));
  }
  // The message without the folder.
  std::string error(const std::string& text) {
    const std::string path = scratch_.write("hook.kubeconfig", text);
    try {
      read_kubeconfig(path);
    } catch (const KubeconfigError& problem) {
      std::string message = problem.what();
      const std::string folder = path.substr(0, path.rfind('/') + 1);
      const std::size_t at = message.find(folder);
      return at == std::string::npos ? message : message.erase(at, folder.size());
    }
    return "";
  }

  test::Scratch scratch_;
  test::Certificate authority_{{.subject = {{"CN", "hook-ca"}}, .authority = true}};
};

TEST_F(KubeconfigTest, TheCurrentContextLeadsToTheServer) {
  const Kubeconfig read_one = read(config(kServer));
  EXPECT_EQ(read_one.server, "https://hook.example/review");
  EXPECT_EQ(read_one.ca_pem, "");
  EXPECT_EQ(read_one.authorization, "");
  const HttpRequest request = read_one.request();
  EXPECT_EQ(request.url, "https://hook.example/review");
  EXPECT_TRUE(request.headers.empty());
}

TEST_F(KubeconfigTest, AuthoritiesComeInlineOrFromAFileBesideIt) {
  const std::string pem = authority_.pem();
  EXPECT_EQ(
      read(config(kServer + "    certificate-authority-data: " + base64_encode(pem) + "\n")).ca_pem,
      pem);
  const std::string file = scratch_.write("ca.crt", pem);
  const Kubeconfig from_file = read(config(kServer + "    certificate-authority: ca.crt\n"));
  EXPECT_EQ(from_file.ca_pem, pem);
  ASSERT_EQ(from_file.files.size(), 2u);
  EXPECT_EQ(from_file.files[1], file);
}

TEST_F(KubeconfigTest, TheServerNameIsTaken) {
  const Kubeconfig named = read(config(kServer + "    tls-server-name: inner.example\n"));
  EXPECT_EQ(named.request().tls_server_name, "inner.example");
}

TEST_F(KubeconfigTest, CredentialsBecomeAHeaderOrAClientCertificate) {
  EXPECT_EQ(read(config(kServer, "{token: s3cret}")).authorization, "Bearer s3cret");
  scratch_.write("token", "from-file\n");
  EXPECT_EQ(read(config(kServer, "{token: s3cret, tokenFile: token}")).authorization,
            "Bearer from-file");
  EXPECT_EQ(read(config(kServer, "{username: ada, password: pw}")).authorization,
            "Basic " + base64_encode("ada:pw"));
  scratch_.write("client.crt", authority_.pem());
  scratch_.write("client.key", authority_.key_pem());
  const HttpRequest request =
      read(config(kServer, "{client-certificate: client.crt, client-key: client.key}")).request();
  EXPECT_EQ(request.client_cert_pem, authority_.pem());
  EXPECT_EQ(request.client_key_pem, authority_.key_pem());
}

TEST_F(KubeconfigTest, WhatIsWrongIsSaidWithFileLineAndField) {
  const auto cluster = [&](const std::string& lines) { return error(config(lines)); };
  const auto user = [&](const std::string& text) { return error(config(kServer, text)); };
  EXPECT_EQ(error("a: [b"), "hook.kubeconfig:1: is not YAML: end of sequence flow not found");
  EXPECT_EQ(error("- a"),
            "hook.kubeconfig:1: is no kubeconfig: expected a mapping with kind: Config");
  EXPECT_EQ(error("kind: Secret"), "hook.kubeconfig:1: kind: is Secret, expected Config");
  EXPECT_EQ(error("kind: Config\n"),
            "hook.kubeconfig:1: current-context: is empty: name the context to use");
  EXPECT_EQ(error("current-context: x\ncontexts: []\n"),
            "hook.kubeconfig:2: contexts: there is no \"x\", which current-context names");
  EXPECT_EQ(cluster("    server: http://hook.example/\n"),
            "hook.kubeconfig:9: clusters[0].cluster.server: is not https://...: tokens do not "
            "travel in the clear");
  EXPECT_EQ(cluster("    tls-server-name: x\n"),
            "hook.kubeconfig:9: clusters[0].cluster.server: is empty");
  EXPECT_EQ(cluster("    server: https:///review\n"),
            "hook.kubeconfig:9: clusters[0].cluster.server: is not a URL with a host");
  EXPECT_EQ(
      cluster("    server: https://a:b@hook.example\n"),
      "hook.kubeconfig:9: clusters[0].cluster.server: holds credentials: put them into the user");
  EXPECT_EQ(cluster(kServer + "    insecure-skip-tls-verify: true\n"),
            "hook.kubeconfig:10: clusters[0].cluster.insecure-skip-tls-verify: is refused: put the "
            "webhook's authority into certificate-authority-data");
  EXPECT_EQ(cluster(kServer + "    insecure-skip-tls-verify: false\n"), "");
  EXPECT_EQ(cluster(kServer + "    proxy-url: http://proxy\n"),
            "hook.kubeconfig:10: clusters[0].cluster.proxy-url: is not supported");
  EXPECT_EQ(cluster(kServer + "    certificate-authority-data: \"%\"\n"),
            "hook.kubeconfig:10: clusters[0].cluster.certificate-authority-data: is not base64");
  EXPECT_EQ(cluster(kServer + "    certificate-authority-data: bm9uZQ==\n"),
            "hook.kubeconfig:10: clusters[0].cluster.certificate-authority-data: holds no PEM "
            "certificate");
  EXPECT_EQ(cluster(kServer + "    certificate-authority: gone.crt\n"),
            "gone.crt: No such file or directory");
  EXPECT_EQ(user("{exec: {command: x}}"),
            "hook.kubeconfig:12: users[0].user.exec: is not supported: use a token, a client "
            "certificate or a password");
  EXPECT_EQ(user("{as: root}"), "hook.kubeconfig:12: users[0].user.as: is not supported");
  EXPECT_EQ(user("{token: a, username: b}"),
            "hook.kubeconfig:12: users[0].user.username: a user has a token or a name and "
            "password, not both");
  EXPECT_EQ(user("{token: \"a b\"}"),
            "hook.kubeconfig:12: users[0].user.token: holds characters that no token has");
}

TEST_F(KubeconfigTest, AClientCertificateNeedsItsOwnKey) {
  const test::Certificate other({.subject = {{"CN", "other"}}});
  const auto user = [&](const std::string& certificate, const std::string& key) {
    std::string fields;
    if (!certificate.empty()) fields += "client-certificate-data: " + base64_encode(certificate);
    if (!fields.empty() && !key.empty()) fields += ", ";
    if (!key.empty()) fields += "client-key-data: " + base64_encode(key);
    return error(config(kServer, "{" + fields + "}"));
  };
  EXPECT_EQ(user(authority_.pem(), authority_.key_pem()), "");
  EXPECT_EQ(user(authority_.pem(), ""),
            "hook.kubeconfig:12: users[0].user.client-key-data: the certificate needs its key");
  EXPECT_EQ(
      user("", authority_.key_pem()),
      "hook.kubeconfig:12: users[0].user.client-certificate-data: the key needs its certificate");
  EXPECT_EQ(user(authority_.pem(), other.key_pem()),
            "hook.kubeconfig:12: users[0].user.client-key-data: is not the PEM private key of the "
            "certificate");
  EXPECT_EQ(user("none", authority_.key_pem()),
            "hook.kubeconfig:12: users[0].user.client-certificate-data: holds no PEM certificate");
}

TEST_F(KubeconfigTest, NoMessageHoldsASecret) {
  const std::string message = error(config(kServer, "{token: \"hush hush\", username: a}"));
  EXPECT_NE(message, "");
  EXPECT_EQ(message.find("hush"), std::string::npos) << message;
}

}  // namespace
}  // namespace limen::plugins
