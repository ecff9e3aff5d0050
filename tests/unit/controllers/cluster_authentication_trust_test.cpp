// cluster-authentication-trust: the ConfigMap is there, and is put right.
#include "certificates.h"
#include "controllers/authentication_trust.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

class ClusterAuthenticationTrustTest : public WithManager {
 protected:
  void start(AuthenticationTrust trust, std::vector<std::string> disabled = {}) {
    manager_ = std::make_unique<Manager>(*store_, Options{std::move(disabled)});
    manager_->change_authentication_trust(std::move(trust));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  static AuthenticationTrust clients(const std::string& pem) {
    AuthenticationTrust trust;
    trust.client_ca = pem;
    return trust;
  }
  Json data() {
    const Json map = read(key_);
    return map.is_object() && map.as_object().contains("data") ? map.at("data") : Json();
  }
  const Key key_{kConfigMaps, "kube-system", "extension-apiserver-authentication"};
  const std::string a_ = make_certificate("a"), b_ = make_certificate("b");
  const Json ours_ = {{"client-ca-file", a_}};
};

TEST_F(ClusterAuthenticationTrustTest, AFreshServerHasIt) {
  start(clients(a_));
  EXPECT_EQ(data(), ours_);
  const Json map = read(key_);
  EXPECT_EQ(map.at("kind"), "ConfigMap");
  EXPECT_EQ(map.at("metadata").at("uid").as_string().size(), 36U);
}

TEST_F(ClusterAuthenticationTrustTest, ServersThatTrustNoCertificateHaveNone) {
  start({});
  EXPECT_EQ(store_->get(key_), nullptr);
}

TEST_F(ClusterAuthenticationTrustTest, DeletedItComesBack) {
  start(clients(a_));
  remove(key_);
  EXPECT_TRUE(eventually([&] { return data() == ours_; }));
}

TEST_F(ClusterAuthenticationTrustTest, AnEditIsRepairedAndAnAdditionStays) {
  start(clients(a_));
  change(key_, [&](Json& map) {
    map.at("data").as_object() = {{"client-ca-file", b_}, {"note", "x"}};
    object::object_at(map.at("metadata"), "labels")["a"] = "b";
  });
  const Json united = {{"client-ca-file", b_ + a_}, {"note", "x"}};
  EXPECT_TRUE(eventually([&] { return data() == united; }));
  EXPECT_EQ(read(key_).at("metadata").at("labels").at("a"), "b");
}

TEST_F(ClusterAuthenticationTrustTest, WhatIsTrustedNowIsAdded) {
  start(clients(a_));
  manager_->change_authentication_trust(clients(b_));
  const Json united = {{"client-ca-file", a_ + b_}};
  EXPECT_TRUE(eventually([&] { return data() == united; }));
}

TEST_F(ClusterAuthenticationTrustTest, AStartThatFindsItInPlaceWritesNothing) {
  start(clients(a_));
  manager_.reset();
  const storage::Revision before = store_->revision();
  start(clients(a_));
  manager_->stop();
  EXPECT_EQ(store_->revision(), before);
}

TEST_F(ClusterAuthenticationTrustTest, AnImmutableOneIsMadeAnew) {
  start(clients(a_));
  change(key_, [](Json& map) {
    map.as_object()["immutable"] = true;
    map.as_object().erase("data");
  });
  EXPECT_TRUE(eventually([&] { return data() == ours_; }));
  EXPECT_FALSE(read(key_).as_object().contains("immutable"));
}

TEST_F(ClusterAuthenticationTrustTest, ItWaitsForItsNamespace) {
  start(clients(a_), {std::string(kNamespaces)});
  EXPECT_EQ(store_->get(key_), nullptr);
  add_namespace("kube-system");
  EXPECT_TRUE(eventually([&] { return data() == ours_; }));
}

TEST_F(ClusterAuthenticationTrustTest, SwitchedOffItWritesNothing) {
  start(clients(a_), {std::string(kClusterAuthenticationTrust)});
  manager_->change_authentication_trust(clients(b_));
  manager_->stop();
  EXPECT_EQ(store_->get(key_), nullptr);
}

}  // namespace
}  // namespace limen::controllers
