// kubernetes-service: the Service by which the cluster reaches the server.
#include "controllers/kubernetes_service.h"

#include "registry/service_allocator.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

const Key kService{{"", "services"}, "default", "kubernetes"};
const Key kEndpointsKey{{"", "endpoints"}, "default", "kubernetes"};
const Key kSlice{{"discovery.k8s.io", "endpointslices"}, "default", "kubernetes"};

class KubernetesServiceTest : public WithManager {
 protected:
  void run_with(const std::string& address, std::vector<std::string> disabled = {}) {
    Options options;
    options.disabled = std::move(disabled);
    options.services = &allocator_;
    options.own_service = {"10.96.0.1", address, 6443};
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, std::move(options));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  static std::string shown(const Json& value) { return boost::json::serialize(value); }

  registry::ServiceAllocator allocator_{*base::AddressRange::parse("10.96.0.0/24")};
};

TEST_F(KubernetesServiceTest, IsThereWhenTheServerIsReady) {
  run_with("192.0.2.10");
  const Json service = read(kService);
  ASSERT_TRUE(service.is_object());
  EXPECT_EQ(service.at("spec").at("clusterIP"), "10.96.0.1");
  EXPECT_EQ(shown(service.at("spec").at("clusterIPs")), R"(["10.96.0.1"])");
  EXPECT_EQ(shown(service.at("spec").at("ports")),
            R"([{"name":"https","protocol":"TCP","port":443,"targetPort":6443}])");
  EXPECT_EQ(shown(service.at("metadata").at("labels")),
            R"({"component":"apiserver","provider":"kubernetes"})");
  EXPECT_EQ(shown(read(kEndpointsKey).at("subsets")),
            R"([{"addresses":[{"ip":"192.0.2.10"}],)"
            R"("ports":[{"name":"https","port":6443,"protocol":"TCP"}]}])");
  const Json slice = read(kSlice);
  EXPECT_EQ(slice.at("addressType"), "IPv4");
  EXPECT_EQ(shown(slice.at("endpoints")),
            R"([{"addresses":["192.0.2.10"],"conditions":{"ready":true}}])");
  EXPECT_EQ(shown(slice.at("ports")), R"([{"name":"https","port":6443,"protocol":"TCP"}])");
  EXPECT_EQ(shown(slice.at("metadata").at("labels")),
            R"({"kubernetes.io/service-name":"kubernetes"})");
}

TEST_F(KubernetesServiceTest, ARestartChangesNothing) {
  run_with("192.0.2.10");
  manager_.reset();
  const storage::Revision revision = store_->revision();
  run_with("192.0.2.10");
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(KubernetesServiceTest, AnotherAddressTakesThePlaceOfTheOldOne) {
  run_with("192.0.2.10");
  const std::string uid = store_->get(kService)->uid;
  run_with("192.0.2.11");
  EXPECT_EQ(read(kEndpointsKey).at("subsets").at(0).at("addresses").at(0).at("ip"), "192.0.2.11");
  EXPECT_EQ(read(kSlice).at("endpoints").at(0).at("addresses").at(0), "192.0.2.11");
  EXPECT_EQ(store_->get(kService)->uid, uid);
}

TEST_F(KubernetesServiceTest, WithoutAnAddressThereAreNoEndpoints) {
  run_with("");
  EXPECT_TRUE(store_->get(kService));
  EXPECT_FALSE(store_->get(kEndpointsKey));
  EXPECT_FALSE(store_->get(kSlice));
}

TEST_F(KubernetesServiceTest, WhatIsDeletedOrBentComesBack) {
  run_with("192.0.2.10");
  remove(kService);
  remove(kEndpointsKey);
  EXPECT_TRUE(eventually([&] { return store_->get(kService) && store_->get(kEndpointsKey); }));
  change(kSlice,
         [](Json& slice) { slice.at("endpoints").at(0).at("addresses").at(0) = "203.0.113.9"; });
  EXPECT_TRUE(eventually(
      [&] { return read(kSlice).at("endpoints").at(0).at("addresses").at(0) == "192.0.2.10"; }));
}

TEST_F(KubernetesServiceTest, SwitchedOffItDoesNothing) {
  run_with("192.0.2.10", {std::string(kKubernetesService)});
  EXPECT_FALSE(store_->get(kService));
}

TEST_F(KubernetesServiceTest, WhatOthersRemoveIsFreeAgain) {
  run_with("");
  const std::string text =
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s","namespace":"default",
          "uid":"u-s"},"spec":{"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"]}})";
  const Key key{{"", "services"}, "default", "s"};
  const auto is_free = [&] {
    Json asked = boost::json::parse(text);
    object::set_metadata(asked, "uid", "u-other");
    try {
      allocator_.create(asked, true);
    } catch (const std::exception&) {
      return false;
    }
    return true;
  };
  EXPECT_TRUE(is_free());
  create(key, text.c_str());
  EXPECT_TRUE(eventually([&] { return !is_free(); }));
  remove(key);
  EXPECT_TRUE(eventually(is_free));
}

}  // namespace
}  // namespace limen::controllers
