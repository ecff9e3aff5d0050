// ServiceAllocator: who gets which address and which port.
#include "registry/service_allocator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/api_error.h"
#include "object/metadata.h"
#include "registry/service_fields.h"

namespace limen::registry {
namespace {

using base::AddressRange;
using base::PortRange;
using object::Json;

Json service(const std::string& spec, const std::string& uid = "u-1",
             const std::string& name = "web", const std::string& ns = "default") {
  return boost::json::parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name +
                            R"(","namespace":")" + ns + R"(","uid":")" + uid + R"("},"spec":{)" +
                            spec + "}}");
}
std::string text(const Json& object, std::string_view key) {
  const Json* const value = object::find(object, {"spec", key});
  return value ? (value->is_string() ? std::string(value->get_string())
                                     : boost::json::serialize(*value))
               : "";
}
std::int64_t node_port(const Json& object, std::size_t index = 0) {
  return object::int_or(object::member(object.at("spec").at("ports").at(index), "nodePort"), 0);
}
storage::StoredObject stored(const Json& object) {
  storage::StoredObject made;
  made.ns = object::ns(object);
  made.name = object::name(object);
  made.uid = object::uid(object);
  made.json = boost::json::serialize(object);
  return made;
}

class ServiceAllocatorTest : public testing::Test {
 protected:
  ServiceAllocator make(const std::string& cidr = "10.96.0.0/28", PortRange ports = {}) {
    return ServiceAllocator(*AddressRange::parse(cidr), ports);
  }
  // Creates and keeps it.
  static void create(ServiceAllocator& allocator, Json& object) {
    allocator.create(object, false).keep();
  }
  template <class Act>
  static std::string refusal(Act act) {
    try {
      act();
    } catch (const base::ApiError& error) {
      return std::to_string(error.code()) + " " + error.message();
    }
    return "none";
  }
};

TEST_F(ServiceAllocatorTest, AServiceGetsAnAddressOfTheRangeAndItsFamily) {
  ServiceAllocator allocator = make();
  Json made = service(R"("ports":[{"port":80}])");
  create(allocator, made);
  const auto number = allocator.addresses().number_of(text(made, "clusterIP"));
  ASSERT_TRUE(number);
  EXPECT_GE(*number, 2u) << "the first is for default/kubernetes";
  EXPECT_LE(*number, 14u) << "the last is the broadcast address";
  EXPECT_EQ(text(made, "clusterIPs"), "[\"" + text(made, "clusterIP") + "\"]");
  EXPECT_EQ(text(made, "ipFamilies"), "[\"IPv4\"]");
  EXPECT_EQ(text(made, "ipFamilyPolicy"), "SingleStack");
  EXPECT_EQ(node_port(made), 0);
}

TEST_F(ServiceAllocatorTest, ARangeOfV6Works) {
  ServiceAllocator allocator = make("fd00::/120");
  Json made = service(R"("ports":[{"port":80}])");
  create(allocator, made);
  EXPECT_EQ(text(made, "clusterIP").substr(0, 6), "fd00::");
  EXPECT_EQ(text(made, "ipFamilies"), "[\"IPv6\"]");
}

TEST_F(ServiceAllocatorTest, WhatIsTakenIsRefused) {
  ServiceAllocator allocator = make();
  Json first = service(R"("clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"],"ports":[])");
  create(allocator, first);
  Json second = service(R"("clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"])", "u-2");
  EXPECT_EQ(refusal([&] { create(allocator, second); }),
            "422 Service \"web\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.5\"]: "
            "failed to allocate IP 10.96.0.5: provided IP is already allocated");
}

TEST_F(ServiceAllocatorTest, WhatIsNotInTheRangeIsRefused) {
  ServiceAllocator allocator = make();
  const auto asking = [&](const std::string& address) {
    Json asked = service("\"clusterIP\":\"" + address + "\",\"clusterIPs\":[\"" + address + "\"]");
    return refusal([&] { create(allocator, asked); });
  };
  EXPECT_NE(asking("10.97.0.5")
                .find("failed to allocate IP 10.97.0.5: the provided network does "
                      "not match the current range"),
            std::string::npos);
  EXPECT_NE(asking("10.96.0.15")
                .find("the provided IP (10.96.0.15) is not in the valid range. The "
                      "range of valid IPs is 10.96.0.0/28"),
            std::string::npos);
  EXPECT_NE(asking("10.96.0.0").find("is not in the valid range"), std::string::npos);
  EXPECT_NE(asking("fd00::1").find("IPv6 is not configured on this cluster"), std::string::npos);
  EXPECT_NE(asking("10.96.0.x").find("must be a valid IP address"), std::string::npos);
}

TEST_F(ServiceAllocatorTest, TheFirstAddressIsForTheServersOwnService) {
  ServiceAllocator allocator = make();
  EXPECT_EQ(allocator.own_address(), "10.96.0.1");
  const std::string spec = R"("clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1"])";
  Json other = service(spec);
  EXPECT_NE(refusal([&] { create(allocator, other); }).find("already allocated"),
            std::string::npos);
  Json own = service(spec, "u-k", "kubernetes");
  EXPECT_EQ(refusal([&] { create(allocator, own); }), "none");
}

TEST_F(ServiceAllocatorTest, AFullRangeIsSaidToBeFull) {
  ServiceAllocator allocator = make();
  std::set<std::string> given;
  for (int i = 2; i <= 14; ++i) {
    Json made = service(R"("ports":[{"port":80}])", "u-" + std::to_string(i));
    create(allocator, made);
    given.insert(text(made, "clusterIP"));
  }
  EXPECT_EQ(given.size(), 13u);
  Json late = service(R"("ports":[{"port":80}])", "u-late");
  EXPECT_EQ(refusal([&] { create(allocator, late); }),
            "500 Internal error occurred: failed to allocate a serviceIP: range is full");
}

TEST_F(ServiceAllocatorTest, WhatIsNotStoredIsFreeAgain) {
  ServiceAllocator allocator = make();
  const std::string spec =
      R"("type":"NodePort","clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"],
         "ports":[{"port":80,"nodePort":30080}])";
  {
    Json tried = service(spec);
    const ServiceAllocator::Claim claim = allocator.create(tried, false);
    Json other = service(spec, "u-2");
    EXPECT_NE(refusal([&] { create(allocator, other); }), "none") << "while it is being written";
  }
  Json dry = service(spec, "u-3");
  allocator.create(dry, true).keep();
  Json bad = service(R"("type":"NodePort","clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"],
                        "ports":[{"port":80,"nodePort":80}])",
                     "u-4");
  EXPECT_NE(refusal([&] { create(allocator, bad); }), "none");
  Json made = service(spec, "u-5");
  EXPECT_EQ(refusal([&] { create(allocator, made); }), "none");
}

TEST_F(ServiceAllocatorTest, HeadlessAndExternalServicesHaveNoAddress) {
  ServiceAllocator allocator = make();
  Json headless = service(R"("clusterIP":"None","clusterIPs":["None"],"selector":{"a":"b"})");
  create(allocator, headless);
  EXPECT_EQ(text(headless, "clusterIPs"), "[\"None\"]");
  EXPECT_EQ(text(headless, "ipFamilies"), "[\"IPv4\"]");
  EXPECT_EQ(text(headless, "ipFamilyPolicy"), "SingleStack");
  Json by_hand = service(R"("clusterIP":"None","clusterIPs":["None"])", "u-2");
  create(allocator, by_hand);
  EXPECT_EQ(text(by_hand, "ipFamilies"), "[\"IPv4\",\"IPv6\"]");
  EXPECT_EQ(text(by_hand, "ipFamilyPolicy"), "RequireDualStack");
  Json external = service(R"("type":"ExternalName","externalName":"a.b")", "u-3");
  create(allocator, external);
  EXPECT_EQ(text(external, "clusterIP") + text(external, "ipFamilies"), "");
}

TEST_F(ServiceAllocatorTest, FamiliesTheClusterDoesNotHaveAreRefused) {
  ServiceAllocator allocator = make();
  const auto asking = [&](const std::string& spec) {
    Json asked = service(spec + R"(,"ports":[{"port":80}])");
    return refusal([&] { create(allocator, asked); });
  };
  EXPECT_EQ(asking(R"("ipFamilyPolicy":"RequireDualStack")"),
            "422 Service \"web\" is invalid: spec.ipFamilyPolicy: Invalid value: "
            "\"RequireDualStack\": this cluster is not configured for dual-stack services");
  EXPECT_EQ(asking(R"("ipFamilies":["IPv6"])"),
            "422 Service \"web\" is invalid: spec.ipFamilies[0]: Invalid value: \"IPv6\": not "
            "configured on this cluster");
  EXPECT_EQ(asking(R"("ipFamilies":["IPv4","IPv6"])"),
            "422 Service \"web\" is invalid: spec.ipFamilyPolicy: Invalid value: \"SingleStack\": "
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are "
            "specified");
  EXPECT_EQ(asking(R"("clusterIP":"10.96.0.5","clusterIPs":["10.96.0.6"])"),
            "422 Service \"web\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.6\"]: "
            "first value must match `clusterIP`");
  EXPECT_EQ(asking(R"("ipFamilyPolicy":"PreferDualStack")"), "none");
}

TEST_F(ServiceAllocatorTest, NodePortsAreGivenOrTakenAsAsked) {
  ServiceAllocator allocator = make();
  Json made = service(R"("type":"NodePort","ports":[{"port":80},{"port":443,"nodePort":30443}])");
  create(allocator, made);
  EXPECT_GE(node_port(made), 30086) << "the lower ones are for those who choose";
  EXPECT_LE(node_port(made), 32767);
  EXPECT_EQ(node_port(made, 1), 30443);
  Json again = service(R"("type":"NodePort","ports":[{"port":443,"nodePort":30443}])", "u-2");
  EXPECT_EQ(
      refusal([&] { create(allocator, again); }),
      "422 Service \"web\" is invalid: spec.ports[0].nodePort: Invalid value: 30443: provided "
      "port is already allocated");
  Json far = service(R"("type":"NodePort","ports":[{"port":443,"nodePort":443}])", "u-3");
  EXPECT_EQ(refusal([&] { create(allocator, far); }),
            "422 Service \"web\" is invalid: spec.ports[0].nodePort: Invalid value: 443: provided "
            "port is not in the valid range. The range of valid ports is 30000-32767");
}

TEST_F(ServiceAllocatorTest, PortsOfOneNumberShareANodePort) {
  ServiceAllocator allocator = make();
  Json dns = service(R"("type":"NodePort","ports":[{"name":"tcp","port":53,"protocol":"TCP"},
                        {"name":"udp","port":53,"protocol":"UDP"}])");
  create(allocator, dns);
  EXPECT_NE(node_port(dns, 0), 0);
  EXPECT_EQ(node_port(dns, 0), node_port(dns, 1));
}

TEST_F(ServiceAllocatorTest, ALoadBalancerMayDoWithoutNodePorts) {
  ServiceAllocator allocator = make();
  Json made = service(R"("type":"LoadBalancer","allocateLoadBalancerNodePorts":false,
                         "ports":[{"port":80}])");
  create(allocator, made);
  EXPECT_EQ(node_port(made), 0);
}

TEST_F(ServiceAllocatorTest, LocalTrafficNeedsAPortForHealthChecks) {
  ServiceAllocator allocator = make();
  Json made = service(R"("type":"LoadBalancer","externalTrafficPolicy":"Local",
                         "ports":[{"port":80}])");
  create(allocator, made);
  EXPECT_GE(health_port(made), 30000);
  Json other = service(R"("type":"LoadBalancer","externalTrafficPolicy":"Local","ports":[],
                          "healthCheckNodePort":)" +
                           std::to_string(health_port(made)),
                       "u-2");
  EXPECT_EQ(refusal([&] { create(allocator, other); }),
            "500 Internal error occurred: failed to allocate requested HealthCheck NodePort " +
                std::to_string(health_port(made)) + ": provided port is already allocated");
}

TEST_F(ServiceAllocatorTest, AnotherTypeTakesAndGivesBack) {
  ServiceAllocator allocator = make("10.96.0.0/29", PortRange{30000, 30000});
  Json external = service(R"("type":"ExternalName","externalName":"a.b")");
  create(allocator, external);
  Json reached = service(R"("type":"NodePort","ports":[{"port":80}])");
  allocator.update(reached, external, false).keep();
  EXPECT_NE(text(reached, "clusterIP"), "");
  EXPECT_EQ(node_port(reached), 30000);
  Json inner = reached;
  inner.at("spec").as_object()["type"] = "ClusterIP";
  inner.at("spec").at("ports").at(0).as_object().erase("nodePort");
  {
    const auto claim = allocator.update(inner, reached, false);
    Json other = service(R"("type":"NodePort","ports":[{"port":80}])", "u-2");
    EXPECT_NE(refusal([&] { create(allocator, other); }), "none") << "not before it is stored";
  }
  allocator.update(inner, reached, false).keep();
  EXPECT_EQ(text(inner, "clusterIP"), text(reached, "clusterIP"));
  Json other = service(R"("type":"NodePort","ports":[{"port":80}])", "u-2");
  EXPECT_EQ(refusal([&] { create(allocator, other); }), "none");
}

TEST_F(ServiceAllocatorTest, AnUpdateKeepsWhatItHasAndSwapsItsPorts) {
  ServiceAllocator allocator = make();
  Json made = service(R"("type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30001},
                         {"name":"b","port":81,"nodePort":30002}])");
  create(allocator, made);
  Json swapped = made;
  swapped.at("spec").at("ports").at(0).as_object()["nodePort"] = 30002;
  swapped.at("spec").at("ports").at(1).as_object()["nodePort"] = 30003;
  allocator.update(swapped, made, false).keep();
  Json other = service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30001}])", "u-2");
  EXPECT_EQ(refusal([&] { create(allocator, other); }), "none");
  Json late = service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30003}])", "u-3");
  EXPECT_NE(refusal([&] { create(allocator, late); }), "none");
}

TEST_F(ServiceAllocatorTest, WhatHasGoneIsFreeButNotWhatAnotherHasNow) {
  ServiceAllocator allocator = make();
  const std::string spec = R"("clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"])";
  Json first = service(spec);
  create(allocator, first);
  allocator.release(stored(first));
  Json second = service(spec, "u-2");
  create(allocator, second);
  allocator.release(stored(first));  // told twice, and late
  Json third = service(spec, "u-3");
  EXPECT_NE(refusal([&] { create(allocator, third); }), "none");
}

TEST_F(ServiceAllocatorTest, WhatIsStoredAlreadyIsHeld) {
  ServiceAllocator allocator = make();
  const Json known = service(R"("type":"NodePort","clusterIP":"10.96.0.5",
                                "clusterIPs":["10.96.0.5"],"ports":[{"port":80,"nodePort":30001}])");
  allocator.follow(stored(known));
  Json address = service(R"("clusterIP":"10.96.0.5","clusterIPs":["10.96.0.5"])", "u-2");
  EXPECT_NE(refusal([&] { create(allocator, address); }), "none");
  Json port = service(R"("type":"NodePort","ports":[{"port":80,"nodePort":30001}])", "u-3");
  EXPECT_NE(refusal([&] { create(allocator, port); }), "none");
}

TEST_F(ServiceAllocatorTest, ManyAtOnceNeverGetTheSame) {
  ServiceAllocator allocator = make("10.96.0.0/24", PortRange{30000, 30299});
  constexpr int kThreads = 8;
  constexpr int kEach = 30;
  std::vector<std::vector<std::string>> addresses(kThreads);
  std::vector<std::vector<std::int64_t>> ports(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string uid = std::to_string(t) + "-" + std::to_string(i);
        Json lost = service(R"("type":"NodePort","ports":[{"port":80}])", uid + "-lost");
        { const auto claim = allocator.create(lost, i % 2 == 0); }
        Json made = service(R"("type":"NodePort","ports":[{"port":80}])", uid);
        allocator.create(made, false).keep();
        addresses[t].push_back(text(made, "clusterIP"));
        ports[t].push_back(node_port(made));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all_addresses;
  std::set<std::int64_t> all_ports;
  for (int t = 0; t < kThreads; ++t) {
    all_addresses.insert(addresses[t].begin(), addresses[t].end());
    all_ports.insert(ports[t].begin(), ports[t].end());
  }
  EXPECT_EQ(all_addresses.size(), std::size_t{kThreads * kEach});
  EXPECT_EQ(all_ports.size(), std::size_t{kThreads * kEach});
}

}  // namespace
}  // namespace limen::registry
