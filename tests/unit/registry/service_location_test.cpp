// locate_service: endpoints before cluster addresses, ports by name and number.
#include "registry/service_location.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "../../support/memory_driver.h"

namespace limen::registry {
namespace {

class ServiceLocationTest : public testing::Test {
 protected:
  void put(storage::Key key, std::string rest) {
    const std::string json = R"({"apiVersion":"v1","kind":"X",)" + std::move(rest) + "}";
    std::promise<storage::WriteStatus> done;
    store_->create(std::move(key), json,
                   [&](storage::WriteResult result) { done.set_value(result.status); });
    ASSERT_EQ(done.get_future().get(), storage::WriteStatus::ok);
  }
  void service(const std::string& spec) {
    put({{"", "services"}, "shop", "web"},
        R"("spec":{)" + spec + R"(},"metadata":{"name":"web","namespace":"shop"})");
  }
  void slice(const std::string& name, const std::string& rest, const std::string& of = "web") {
    put({{"discovery.k8s.io", "endpointslices"}, "shop", name},
        rest + R"(,"metadata":{"name":")" + name +
            R"(","namespace":"shop","labels":{"kubernetes.io/service-name":")" + of + R"("}})");
  }
  void endpoints(const std::string& subsets) {
    put({{"", "endpoints"}, "shop", "web"},
        R"("subsets":)" + subsets + R"(,"metadata":{"name":"web","namespace":"shop"})");
  }
  ServiceLocations locate(std::string_view port = "", std::string_view name = "web") {
    return locate_service(*store_, "shop", name, port);
  }
  // "host:port" of each, sorted; or the error.
  std::string shown(std::string_view port = "") {
    const ServiceLocations all = locate(port);
    if (all.ready.empty()) return all.error;
    std::vector<std::string> texts;
    for (const Location& one : all.ready) {
      texts.push_back(one.host + ":" + std::to_string(one.port));
    }
    std::sort(texts.begin(), texts.end());
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : " ") + text;
    return joined;
  }

  std::unique_ptr<storage::CachedStore> store_ = test::memory_store();
};

const std::string kTwoPorts =
    R"("clusterIP":"10.96.0.7","ports":[{"name":"http","port":80},{"name":"tls","port":443}])";
const std::string kSlicePorts =
    R"("addressType":"IPv4","ports":[{"name":"http","port":8080},{"name":"tls","port":8443}])";

TEST_F(ServiceLocationTest, AServiceThatIsNotThereIsNotFound) {
  EXPECT_FALSE(locate().found);
  EXPECT_EQ(locate().error, R"(service "shop/web" not found)");
}

TEST_F(ServiceLocationTest, ReadyEndpointsOfItsSlicesWithTheirOwnPort) {
  service(kTwoPorts);
  slice("web-1", kSlicePorts + R"(,"endpoints":[{"addresses":["10.1.0.1"]},)"
                               R"({"addresses":["10.1.0.2"],"conditions":{"ready":true}},)"
                               R"({"addresses":["10.1.0.3"],"conditions":{"ready":false}}])");
  slice("web-2", kSlicePorts + R"(,"endpoints":[{"addresses":["10.1.0.4"]},)"
                               R"({"addresses":["10.1.0.1"]}])");
  slice("other", kSlicePorts + R"(,"endpoints":[{"addresses":["10.1.0.9"]}])", "else");
  EXPECT_EQ(shown("http"), "10.1.0.1:8080 10.1.0.2:8080 10.1.0.4:8080");
  EXPECT_EQ(shown("443"), "10.1.0.1:8443 10.1.0.2:8443 10.1.0.4:8443");
  EXPECT_FALSE(locate("http").by_cluster_address);
}

TEST_F(ServiceLocationTest, AnUnknownPortOrOneOfSeveralIsAnError) {
  service(kTwoPorts);
  EXPECT_EQ(shown("81"), R"(service "shop/web" has no port "81")");
  EXPECT_EQ(shown("ftp"), R"(service "shop/web" has no port "ftp")");
  EXPECT_EQ(shown(""), R"(service "shop/web" has several ports)");
  EXPECT_TRUE(locate("81").found);
  EXPECT_FALSE(locate("81").port_found);
}

TEST_F(ServiceLocationTest, TheOnlyPortNeedNotBeNamed) {
  service(R"("clusterIP":"10.96.0.7","ports":[{"name":"http","port":80}])");
  slice("web-1", R"("addressType":"IPv6","ports":[{"name":"http","port":8080}],)"
                 R"("endpoints":[{"addresses":["2001:db8::1"]}])");
  EXPECT_EQ(shown(""), "2001:db8::1:8080");
}

TEST_F(ServiceLocationTest, EndpointsCountWhenThereAreNoSlices) {
  service(R"("clusterIP":"10.96.0.7","ports":[{"port":80}])");
  endpoints(R"([{"addresses":[{"ip":"10.1.0.1"}],"notReadyAddresses":[{"ip":"10.1.0.2"}],)"
            R"("ports":[{"port":8080}]},{"addresses":[{"ip":"10.1.0.3"}],)"
            R"("ports":[{"name":"dns","port":53,"protocol":"UDP"}]}])");
  EXPECT_EQ(shown("80"), "10.1.0.1:8080");
}

TEST_F(ServiceLocationTest, WithoutAWordOnEndpointsTheClusterAddressIsLeft) {
  service(kTwoPorts);
  EXPECT_EQ(shown("tls"), "10.96.0.7:443");
  EXPECT_TRUE(locate("tls").by_cluster_address);
}

TEST_F(ServiceLocationTest, EndpointsOfWhichNoneIsReadyAreNobody) {
  service(kTwoPorts);
  slice("web-1",
        kSlicePorts + R"(,"endpoints":[{"addresses":["10.1.0.3"],"conditions":{"ready":false}}])");
  EXPECT_EQ(shown("http"), R"(no endpoints available for service "shop/web")");
}

TEST_F(ServiceLocationTest, AHeadlessServiceHasNoClusterAddress) {
  service(R"("clusterIP":"None","ports":[{"port":80}])");
  EXPECT_EQ(shown("80"), R"(no endpoints available for service "shop/web")");
}

TEST_F(ServiceLocationTest, AnExternalNameIsGoneByWithTheWantedPort) {
  service(R"("type":"ExternalName","externalName":"web.example.com")");
  EXPECT_EQ(shown("443"), "web.example.com:443");
  EXPECT_EQ(shown(""), R"(the external service has no port "")");
}

TEST_F(ServiceLocationTest, OnlyAPodOfTheNamespaceWithThatAddressIsAPodAddress) {
  service(R"("clusterIP":"10.96.0.7","ports":[{"port":80}])");
  slice("web-1",
        R"("addressType":"IPv4","ports":[{"port":8080}],"endpoints":[{"addresses":["10.1.0.1"],)"
        R"("targetRef":{"kind":"Pod","namespace":"shop","name":"web-0"}}])");
  const std::vector<Location> ready = locate("80").ready;
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_FALSE(is_pod_address(*store_, "shop", ready[0]));  // no such pod
  put({{"", "pods"}, "shop", "web-0"},
      R"("status":{"podIP":"10.1.0.1","podIPs":[{"ip":"10.1.0.1"},{"ip":"2001:db8::1"}]},)"
      R"("metadata":{"name":"web-0","namespace":"shop"})");
  EXPECT_TRUE(is_pod_address(*store_, "shop", ready[0]));
  EXPECT_FALSE(is_pod_address(*store_, "bank", ready[0]));
  EXPECT_TRUE(is_pod_address(*store_, "shop", {"2001:db8::1", 1, "shop", "web-0"}));
  EXPECT_FALSE(is_pod_address(*store_, "shop", {"10.1.0.2", 1, "shop", "web-0"}));
  EXPECT_FALSE(is_pod_address(*store_, "shop", {"10.1.0.1", 1, "", ""}));
}

}  // namespace
}  // namespace limen::registry
