// root-ca-publisher: kube-root-ca.crt in every namespace that does not end.
#include "with_manager.h"

namespace limen::controllers {
namespace {

class RootCaPublisherTest : public WithManager {
 protected:
  void start(const std::string& bundle, std::vector<std::string> disabled = {}) {
    manager_ = std::make_unique<Manager>(*store_, Options{std::move(disabled)});
    manager_->change_root_ca(bundle);
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  static Key key(const std::string& ns) { return {kConfigMaps, ns, "kube-root-ca.crt"}; }
  std::string published(const std::string& ns) {
    const Json map = read(key(ns));
    const Json* const bundle = object::find(map, {"data", "ca.crt"});
    return bundle != nullptr && bundle->is_string() ? std::string(bundle->as_string()) : "";
  }
};

constexpr const char* kDescription =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

TEST_F(RootCaPublisherTest, EveryNamespaceHasItOldAndNew) {
  start("one");
  for (const char* ns : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    EXPECT_EQ(published(ns), "one") << ns;
  }
  const Json map = read(key("default"));
  EXPECT_EQ(map.at("data").as_object().size(), 1U);
  EXPECT_EQ(map.at("metadata").at("annotations").at("kubernetes.io/description"), kDescription);
  add_namespace("shop");
  EXPECT_TRUE(eventually([&] { return published("shop") == "one"; }));
}

TEST_F(RootCaPublisherTest, DeletedItComesBack) {
  start("one");
  remove(key("default"));
  EXPECT_TRUE(eventually([&] { return published("default") == "one"; }));
}

TEST_F(RootCaPublisherTest, AnEditIsRepaired) {
  start("one");
  change(key("default"), [](Json& map) {
    map.at("data").as_object() = {{"ca.crt", "mine"}, {"more", "x"}};
    object::object_at(map.at("metadata"), "labels")["a"] = "b";
  });
  EXPECT_TRUE(eventually([&] { return published("default") == "one"; }));
  EXPECT_EQ(read(key("default")).at("data").as_object().size(), 1U);
  EXPECT_EQ(read(key("default")).at("metadata").at("labels").at("a"), "b");
  change(key("default"), [](Json& map) { map.at("metadata").as_object().erase("annotations"); });
  EXPECT_TRUE(eventually(
      [&] { return read(key("default")).at("metadata").as_object().contains("annotations"); }));
}

TEST_F(RootCaPublisherTest, ADescriptionInOtherWordsStays) {
  start("one");
  change(key("default"), [](Json& map) {
    map.at("metadata").at("annotations").as_object()["kubernetes.io/description"] = "ours";
  });
  manager_->stop();
  start("one");
  EXPECT_EQ(read(key("default")).at("metadata").at("annotations").at("kubernetes.io/description"),
            "ours");
}

TEST_F(RootCaPublisherTest, ANamespaceThatEndsGetsNone) {
  start("one", {std::string(kNamespaces)});
  add_namespace("shop");
  ASSERT_TRUE(eventually([&] { return published("shop") == "one"; }));
  terminate("shop");
  remove(key("shop"));
  add_namespace("witness");
  ASSERT_TRUE(eventually([&] { return published("witness") == "one"; }));
  EXPECT_EQ(store_->get(key("shop")), nullptr);
}

TEST_F(RootCaPublisherTest, AChangedAuthorityIsToldEverywhere) {
  start("one");
  manager_->change_root_ca("two");
  EXPECT_TRUE(eventually(
      [&] { return published("default") == "two" && published("kube-system") == "two"; }));
}

TEST_F(RootCaPublisherTest, WithoutAnAuthorityWhatIsThereStays) {
  start("one");
  manager_->stop();
  start("");
  manager_->stop();
  EXPECT_EQ(published("default"), "one");
}

TEST_F(RootCaPublisherTest, SwitchedOffItWritesNothing) {
  start("one", {std::string(kRootCaPublisher)});
  manager_->stop();
  EXPECT_EQ(store_->get(key("default")), nullptr);
}

}  // namespace
}  // namespace limen::controllers
