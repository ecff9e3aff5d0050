// service-addresses: which addresses services have, and may have.
#include "controllers/service_addresses.h"

#include "with_manager.h"

namespace limen::controllers {
namespace {

const Key kRange{{"networking.k8s.io", "servicecidrs"}, "", "kubernetes"};

class ServiceAddressesTest : public WithManager {
 protected:
  static Key address(const std::string& text) {
    return {{"networking.k8s.io", "ipaddresses"}, "", text};
  }
  static Key service(const std::string& name) { return {{"", "services"}, "default", name}; }
  void put(const std::string& name, const std::string& addresses) {
    const std::string text = R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name +
                             R"(","namespace":"default","uid":"u"},"spec":{"clusterIPs":)" +
                             addresses + "}}";
    ASSERT_EQ(create(service(name), text.c_str()).status, WriteStatus::ok);
  }
  void run_with_range() {
    Options options;
    options.service_range = "10.96.0.0/16";
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, std::move(options));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  bool there(const std::string& text) { return store_->get(address(text)) != nullptr; }
};

TEST_F(ServiceAddressesTest, TheRangeIsToldAndReady) {
  run_with_range();
  ASSERT_TRUE(eventually([&] {
    const auto range = store_->get(kRange);
    return range && range->json.find("Ready") != std::string::npos;
  }));
  const Json range = read(kRange);
  EXPECT_EQ(boost::json::serialize(range.at("spec")), R"({"cidrs":["10.96.0.0/16"]})");
  const Json& ready = range.at("status").at("conditions").at(0);
  EXPECT_EQ(ready.at("status"), "True");
  EXPECT_EQ(ready.at("message"), "Kubernetes default Service CIDR is ready");
}

TEST_F(ServiceAddressesTest, EveryAddressOfAServiceHasAnObject) {
  put("before", R"(["10.96.0.7"])");
  run_with_range();
  put("after", R"(["10.96.0.8","FD00:0::8"])");
  put("headless", R"(["None"])");
  ASSERT_TRUE(
      eventually([&] { return there("10.96.0.7") && there("10.96.0.8") && there("fd00::8"); }));
  const Json object = read(address("fd00::8"));
  EXPECT_EQ(boost::json::serialize(object.at("spec")),
            R"({"parentRef":{"resource":"services","namespace":"default","name":"after"}})");
  EXPECT_EQ(boost::json::serialize(object.at("metadata").at("labels")),
            R"({"ipaddress.kubernetes.io/ip-family":"IPv6",)"
            R"("ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"})");
}

TEST_F(ServiceAddressesTest, TheObjectGoesWithTheService) {
  put("web", R"(["10.96.0.7"])");
  run_with_range();
  ASSERT_TRUE(eventually([&] { return there("10.96.0.7"); }));
  remove(service("web"));
  EXPECT_TRUE(eventually([&] { return !there("10.96.0.7"); }));
}

TEST_F(ServiceAddressesTest, AnAddressThatChangesHandsIsMadeAnew) {
  put("one", R"(["10.96.0.7"])");
  run_with_range();
  ASSERT_TRUE(eventually([&] { return there("10.96.0.7"); }));
  const std::string uid = store_->get(address("10.96.0.7"))->uid;
  remove(service("one"));
  put("two", R"(["10.96.0.7"])");
  EXPECT_TRUE(eventually([&] {
    const auto object = store_->get(address("10.96.0.7"));
    return object && object->uid != uid && object->json.find("\"two\"") != std::string::npos;
  }));
}

TEST_F(ServiceAddressesTest, WhatIsDeletedComesBackAndWhatOthersMadeStays) {
  put("web", R"(["10.96.0.7"])");
  run_with_range();
  ASSERT_TRUE(eventually([&] { return there("10.96.0.7"); }));
  create(address("10.96.0.9"),
         R"({"apiVersion":"networking.k8s.io/v1","kind":"IPAddress","metadata":{"name":"10.96.0.9"},
             "spec":{"parentRef":{"resource":"things","name":"x"}}})");
  remove(address("10.96.0.7"));
  EXPECT_TRUE(eventually([&] { return there("10.96.0.7"); }));
  EXPECT_TRUE(there("10.96.0.9"));
}

}  // namespace
}  // namespace limen::controllers
