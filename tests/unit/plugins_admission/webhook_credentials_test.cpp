// By what webhooks know who asks them: kubeConfigFile (row W9).
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <memory>

#include "support/scratch_folder.h"
#include "webhooks_support.h"

namespace limen::testkit::webhook_test {
namespace {

// A certificate signed by its own key, and the key, as PEM text.
struct Pair {
  std::string certificate, key;

  Pair() {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> secret(EVP_EC_gen("P-256"),
                                                                     &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
    X509_set_pubkey(made.get(), secret.get());
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_sign(made.get(), secret.get(), EVP_sha256());
    certificate = written([&](BIO* out) { PEM_write_bio_X509(out, made.get()); });
    key = written([&](BIO* out) {
      PEM_write_bio_PrivateKey(out, secret.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  template <class Write>
  static std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    write(out.get());
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }
};

class WebhookCredentials : public testing::Test {
 protected:
  WebhookCredentials() { write(kUsers); }

  static constexpr const char* kUsers =
      "apiVersion: v1\nkind: Config\nusers:\n"
      "- {name: 'exact.example.com:8443', user: {token: of-the-port}}\n"
      "- {name: 'exact.example.com', user: {token: of-the-host}}\n"
      "- {name: '*.example.com', user: {token: of-the-domain}}\n"
      "- {name: '*.com:9443', user: {token: of-the-domain-and-port}}\n"
      "- {name: 'hook.team.svc', user: {username: limen, password: pw}}\n";
  static constexpr const char* kCurrent =
      "- {name: usual, user: {token: of-the-context}}\n"
      "contexts: [{name: c, context: {cluster: none, user: usual}}]\ncurrent-context: c\n";
  static constexpr const char* kStar = "- {name: '*', user: {token: of-all}}\n";

  void write(const std::string& text) { std::ofstream(path_) << text; }
  Instance& open() {
    instance_ = std::make_unique<Instance>(
        module_,
        InstanceOptions{.config = {{"kubeConfigFile", path_}}, .prepare = [this](FakeHost& host) {
                          host.answer_http([this](const HttpCall& call) { return hooks_(call); });
                        }});
    return *instance_;
  }
  // The Authorization header a webhook with this clientConfig gets.
  std::string known_at(const std::string& client) {
    if (!instance_) open();
    Json webhook = hook("w");
    webhook.as_object()["clientConfig"] = json(client);
    instance_->host().put(kGroup, "validatingwebhookconfigurations",
                          boost::json::object{{"metadata", {{"name", "c"}}},
                                              {"webhooks", boost::json::array{webhook}}});
    hooks_.calls.clear();
    Review review = of("pods", json(R"({"metadata":{"name":"n"}})"));
    instance_->validate(review);
    if (hooks_.calls.size() != 1) return "(not asked)";
    for (const auto& [name, value] : hooks_.calls[0].headers)
      if (name == "Authorization") return value;
    return "";
  }
  std::string known_at_url(const std::string& host) {
    return known_at(R"({"url":"https://)" + host + R"(/w"})");
  }

  limen::test::ScratchFolder folder_;
  const std::string path_ = folder_ / "webhooks.kubeconfig";
  Hooks hooks_;
  Module module_ = load("validating-webhook");
  std::unique_ptr<Instance> instance_;
};

TEST_F(WebhookCredentials, UsersAreNamedAfterTheHostsTheyAreFor) {
  EXPECT_EQ(known_at_url("exact.example.com:8443"), "Bearer of-the-port");
  EXPECT_EQ(known_at_url("exact.example.com"), "Bearer of-the-host");
  EXPECT_EQ(known_at_url("exact.example.com:443"), "Bearer of-the-host");
  EXPECT_EQ(known_at_url("a.b.example.com"), "Bearer of-the-domain");
  EXPECT_EQ(known_at_url("example.com"), "") << "has no label before the domain";
  EXPECT_EQ(known_at_url("exact.example.com:9443"), "Bearer of-the-domain-and-port");
  EXPECT_EQ(known_at_url("a.example.com:1"), "") << "another port";
  EXPECT_EQ(known_at_url("elsewhere.test"), "");
}

TEST_F(WebhookCredentials, WhereNoNameFitsTheStarCountsThenTheCurrentContext) {
  write(std::string(kUsers) + kCurrent);
  EXPECT_EQ(known_at_url("elsewhere.test"), "Bearer of-the-context");
  instance_.reset();
  write(std::string(kUsers) + kStar + kCurrent);
  EXPECT_EQ(known_at_url("elsewhere.test"), "Bearer of-all");
  EXPECT_EQ(known_at_url("exact.example.com"), "Bearer of-the-host");
}

TEST_F(WebhookCredentials, AServiceIsItsNameInItsNamespace) {
  open().host().put("", "services",
                    json(R"({"metadata":{"name":"hook","namespace":"team"},)"
                         R"("spec":{"clusterIP":"192.0.2.1","ports":[{"port":443}]}})"));
  EXPECT_EQ(known_at(R"({"service":{"namespace":"team","name":"hook"}})"), "Basic bGltZW46cHc=");
}

TEST_F(WebhookCredentials, AClientCertificateIsShown) {
  const Pair shown;
  std::ofstream(folder_ / "client.crt") << shown.certificate;
  std::ofstream(folder_ / "client.key") << shown.key;
  write("users: [{name: '*', user: {client-certificate: client.crt, client-key: client.key}}]\n");
  EXPECT_EQ(known_at_url("elsewhere.test"), "");
  ASSERT_EQ(hooks_.calls.size(), 1u);
  EXPECT_EQ(hooks_.calls[0].client_cert_pem, shown.certificate);
  EXPECT_EQ(hooks_.calls[0].client_key_pem, shown.key);
}

TEST_F(WebhookCredentials, AChangeOfTheFileIsInForceSoon) {
  EXPECT_EQ(known_at_url("exact.example.com"), "Bearer of-the-host");
  write("users: [{name: exact.example.com, user: {token: newer-one}}]\n");
  instance_->host().advance(seconds(3));
  EXPECT_EQ(known_at_url("exact.example.com"), "Bearer newer-one");
  write("users: 5\n");
  instance_->host().advance(seconds(3));
  EXPECT_EQ(known_at_url("exact.example.com"), "Bearer newer-one") << "the last good one";
}

TEST_F(WebhookCredentials, WhatCannotBeUsedIsSaidWhereItStands) {
  const auto finding = [&](const std::string& path) -> std::string {
    const auto all = module_.check({{"kubeConfigFile", path}});
    return all.empty() ? "" : all.at(0).message;
  };
  EXPECT_EQ(finding(path_), "");
  EXPECT_EQ(finding("webhooks.kubeconfig"),
            "Invalid value: \"webhooks.kubeconfig\": must be an absolute file path");
  EXPECT_NE(finding("/nowhere"), "");
  const auto says = [&](const std::string& text) {
    write(text);
    const std::string said = finding(path_);
    return said.substr(std::min(said.size(), path_.size()));
  };
  EXPECT_EQ(says("kind: Config\n"), "") << "nobody is told who asks";
  EXPECT_EQ(says("users: 5\n"), ":1: users: is not a list");
  EXPECT_EQ(says("users:\n- {name: a, user: {}}\n- {name: a, user: {}}\n"),
            ":3: users[1].name: there is another user of this name");
  EXPECT_EQ(says("users: [{name: a}]\n"), ":1: users[0].user: is not a mapping");
  EXPECT_EQ(says("users: [{name: a, user: {exec: {}}}]\n"),
            ":1: users[0].user.exec: is not supported: use a token, a client certificate or a "
            "password");
  EXPECT_EQ(says("current-context: c\ncontexts: [{name: c, context: {user: none}}]\n"),
            ":2: contexts[0].context.user: is no user of this file");
}

}  // namespace
}  // namespace limen::testkit::webhook_test
