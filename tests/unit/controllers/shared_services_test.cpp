// Addresses and ports of services, and the service `kubernetes`, where several servers share a
// store.
#include <future>
#include <mutex>
#include <optional>
#include <set>

#include "base/api_error.h"
#include "base/time.h"
#include "controllers/live_servers.h"
#include "controllers/loop_thread.h"
#include "registry/service_claims.h"
#include "several_servers.h"

namespace limen::controllers {
namespace {

using registry::ServiceAllocator;

const ResourceId kServices{"", "services"};
const Key kEndpoints{{"", "endpoints"}, "default", "kubernetes"};
const Key kSlice{{"discovery.k8s.io", "endpointslices"}, "default", "kubernetes"};

class SharedServicesTest : public SeveralServers {
 protected:
  static Json service(const std::string& name, const std::string& spec) {
    return boost::json::parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name +
                              R"(","namespace":"default","uid":"u-)" + name + R"("},"spec":{)" +
                              spec + "}}");
  }
  static std::string ports(std::int64_t node_port = 0) {
    const std::string chosen = node_port == 0 ? "" : R"(,"nodePort":)" + std::to_string(node_port);
    return R"("type":"NodePort","ports":[{"port":80,"protocol":"TCP")" + chosen + "}]";
  }

  // Runs a task on the loop and waits for it; gives the error it ended by.
  std::string run_task(base::Task<void> task) {
    std::promise<std::string> ended;
    loop_.post([&] {
      base::spawn(std::move(task), [&](const std::exception_ptr& error) {
        try {
          if (error) std::rethrow_exception(error);
          ended.set_value("");
        } catch (const base::ApiError& problem) {
          ended.set_value(std::to_string(problem.code()) + " " + problem.message());
        }
      });
    });
    return ended.get_future().get();
  }
  base::Task<void> claim(Server& server, Json& object, ServiceAllocator::Claim& claim,
                         bool dry_run) {
    claim = co_await server.allocator.create(loop_, object, dry_run);
  }
  base::Task<void> claim_update(Server& server, Json& object, const Json& old,
                                ServiceAllocator::Claim& claim) {
    claim = co_await server.allocator.update(loop_, object, old, false);
  }
  base::Task<void> release(Server& server, const storage::StoredObject& stored) {
    co_await server.allocator.release(loop_, stored);
  }
  // As the API creates it: claimed, then stored. The refusal, or empty.
  std::string create_service(Server& server, Json& object) {
    ServiceAllocator::Claim claimed;
    const std::string problem = run_task(claim(server, object, claimed, false));
    if (!problem.empty()) return problem;
    const auto result = server.create({kServices, "default", std::string(object::name(object))},
                                      boost::json::serialize(object));
    if (result.status != WriteStatus::ok) return "not stored";
    claimed.keep();
    return "";
  }
  static std::string cluster_ip(const Json& object) {
    return std::string(object.at("spec").at("clusterIP").as_string());
  }
  static std::int64_t node_port(const Json& object) {
    return object::int_or(object::member(object.at("spec").at("ports").at(0), "nodePort"), 0);
  }
  static Key address(const std::string& text) { return {registry::kAddressClaims, "", text}; }
  static Key port(std::int64_t number) {
    return {registry::kPortClaims, "", std::to_string(number)};
  }
  static bool there(const Server& server, const Key& key) {
    std::promise<void> sure;
    server.store->confirm([&](const std::string&) { sure.set_value(); });
    sure.get_future().wait();
    return server.store->get(key) != nullptr;
  }

  LoopThread loop_;
};

TEST_F(SharedServicesTest, NoNumberIsGivenTwiceHoweverManyAskAtOnce) {
  open();
  open();
  // No manager follows what the other does: only the store can tell.
  constexpr int kEach = 100;
  std::mutex mutex;
  std::set<std::string> addresses;
  std::set<std::int64_t> numbers;
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      Server& server = *servers_[static_cast<std::size_t>(client % 2)];
      for (int i = 0; i < kEach / 2; ++i) {
        Json object = service("s" + std::to_string(client) + "-" + std::to_string(i), ports());
        ASSERT_EQ(create_service(server, object), "");
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(addresses.insert(cluster_ip(object)).second) << cluster_ip(object);
        EXPECT_TRUE(numbers.insert(node_port(object)).second) << node_port(object);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(addresses.size(), 200u);
  EXPECT_EQ(numbers.size(), 200u);
  EXPECT_EQ(servers_[0]->store->count(registry::kAddressClaims), 200u);
  EXPECT_EQ(servers_[1]->store->count(registry::kPortClaims), 200u);
}

TEST_F(SharedServicesTest, ARangeIsGivenOutToItsLastPort) {
  open();
  open();
  ServiceAllocator one(*base::AddressRange::parse("10.96.0.0/22"), {30000, 30009});
  ServiceAllocator other(*base::AddressRange::parse("10.96.0.0/22"), {30000, 30009});
  one.load(*servers_[0]->store);
  other.load(*servers_[1]->store);
  const auto take = [&](ServiceAllocator& allocator, Json& object,
                        ServiceAllocator::Claim& claimed) -> base::Task<void> {
    claimed = co_await allocator.create(loop_, object, false);
  };
  std::set<std::int64_t> numbers;
  for (int i = 0; i < 10; ++i) {
    Json object = service("s" + std::to_string(i), ports());
    ServiceAllocator::Claim claimed;
    ASSERT_EQ(run_task(take(i % 2 ? one : other, object, claimed)), "");
    claimed.keep();
    numbers.insert(node_port(object));
  }
  EXPECT_EQ(numbers.size(), 10u);
  Json object = service("last", ports());
  ServiceAllocator::Claim claimed;
  EXPECT_EQ(run_task(take(one, object, claimed)),
            "500 Internal error occurred: failed to allocate a nodePort: range is full");
}

TEST_F(SharedServicesTest, WhatAnotherServerGaveIsRefusedInTheSameWords) {
  Server& one = open();
  Server& other = open();
  Json first =
      service("a", R"("clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],)" + ports(30007));
  ASSERT_EQ(create_service(one, first), "");
  Json second = service("b", R"("clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"])");
  EXPECT_EQ(create_service(other, second),
            "422 Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.7\"]: failed "
            "to allocate IP 10.96.0.7: provided IP is already allocated");
  Json third = service("c", ports(30007));
  EXPECT_EQ(create_service(other, third),
            "422 Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: 30007: provided "
            "port is already allocated");
  // Nothing of those refused is left.
  EXPECT_TRUE(eventually([&] {
    return other.store->count(registry::kAddressClaims) == 1 &&
           other.store->count(registry::kPortClaims) == 1;
  }));
}

TEST_F(SharedServicesTest, AClaimIsTheIpAddressThatKubernetesMakes) {
  Server& server = open();
  Json object = service("a", R"("clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"])");
  ASSERT_EQ(create_service(server, object), "");
  const Json claim = server.read(address("10.96.0.7"));
  EXPECT_EQ(claim.at("kind"), "IPAddress");
  EXPECT_EQ(boost::json::serialize(claim.at("spec")),
            R"({"parentRef":{"resource":"services","namespace":"default","name":"a"}})");
  EXPECT_EQ(boost::json::serialize(claim.at("metadata").at("labels")),
            R"({"ipaddress.kubernetes.io/ip-family":"IPv4",)"
            R"("ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"})");
}

TEST_F(SharedServicesTest, WhatIsNotStoredIsGivenBackAndADryRunTakesNothing) {
  Server& server = open();
  Json object = service("a", ports(30007));
  ServiceAllocator::Claim claimed;
  ASSERT_EQ(run_task(claim(server, object, claimed, true)), "");
  EXPECT_EQ(node_port(object), 30007);
  EXPECT_EQ(server.store->count(registry::kPortClaims), 0u);
  ASSERT_EQ(run_task(claim(server, object, claimed, false)), "");
  EXPECT_TRUE(there(server, port(30007)));
  claimed = {};
  // At once, though the first claim is only about to be removed.
  ASSERT_EQ(run_task(claim(server, object, claimed, false)), "");
  claimed = {};
  EXPECT_TRUE(eventually([&] {
    return !there(server, port(30007)) && server.store->count(registry::kAddressClaims) == 0;
  }));
}

TEST_F(SharedServicesTest, WhatMayBeStoredStaysClaimed) {
  Server& server = open();
  Server& other = open();
  Json object = service("a", ports(30007));
  ServiceAllocator::Claim claimed;
  ASSERT_EQ(run_task(claim(server, object, claimed, false)), "");
  claimed.leave_open();
  Json second = service("b", ports(30007));
  EXPECT_NE(create_service(other, second), "");
}

TEST_F(SharedServicesTest, AServiceThatGoesFreesItsNumbersEverywhere) {
  Server& one = open();
  Server& other = open();
  Json first =
      service("a", R"("clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],)" + ports(30007));
  ASSERT_EQ(create_service(one, first), "");
  const storage::ObjectPtr stored = one.store->get({kServices, "default", "a"});
  ASSERT_TRUE(one.remove({kServices, "default", "a"}));
  ASSERT_EQ(run_task(release(one, *stored)), "");
  Json second =
      service("b", R"("clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"],)" + ports(30007));
  EXPECT_EQ(create_service(other, second), "");
}

TEST_F(SharedServicesTest, AnUpdateClaimsAndFreesInTheStoreToo) {
  Server& one = open();
  Server& other = open();
  Json old = service("a", ports(30007));
  ASSERT_EQ(create_service(one, old), "");
  Json changed = old;
  changed.at("spec").at("ports").at(0).as_object()["nodePort"] = 30008;
  ServiceAllocator::Claim claimed;
  ASSERT_EQ(run_task(claim_update(one, changed, old, claimed)), "");
  EXPECT_TRUE(there(other, port(30008)));
  claimed.keep();
  EXPECT_TRUE(eventually([&] { return !there(other, port(30007)); }));
  EXPECT_TRUE(there(other, address(cluster_ip(old))));
}

TEST_F(SharedServicesTest, HousekeepingCollectsWhatNobodyGaveBack) {
  open();
  open();
  const auto patience = [](Options& options) {
    options.claim_patience = std::chrono::milliseconds(400);
  };
  for (const auto& server : servers_) start(*server, patience);
  Server& server = leader();
  // A claim whose server died before it stored the service, and one of a service that others end.
  server.create(address("10.96.0.9"), registry::address_claim("10.96.0.9", "default/never"));
  server.create(port(30009), registry::port_claim("30009", "default/never"));
  Json object = service("a", ports(30007));
  ASSERT_EQ(create_service(server, object), "");
  EXPECT_TRUE(eventually(
      [&] { return !server.store->get(address("10.96.0.9")) && !server.store->get(port(30009)); }));
  EXPECT_TRUE(server.store->get(port(30007)));
  ASSERT_TRUE(server.remove({kServices, "default", "a"}));
  EXPECT_TRUE(eventually([&] { return !server.store->get(port(30007)); }));
  EXPECT_FALSE(server.store->get(address(cluster_ip(object))));
}

TEST_F(SharedServicesTest, AClaimWaitsForItsServiceAndAServiceOfOldGetsOne) {
  Server& server = open();
  server.create(
      {kServices, "default", "old"},
      boost::json::serialize(
          service("old", R"("clusterIP":"10.96.0.8","clusterIPs":["10.96.0.8"],)" + ports(30008))));
  start(server);
  EXPECT_TRUE(eventually(
      [&] { return server.store->get(address("10.96.0.8")) && server.store->get(port(30008)); }));
  server.create(address("10.96.0.9"), registry::address_claim("10.96.0.9", "default/soon"));
  server.create(port(30009), registry::port_claim("30009", "default/soon"));
  // Housekeeping has looked at them once it has seen what was written after them.
  server.create({kServices, "default", "later"},
                boost::json::serialize(service("later", R"("clusterIP":"10.96.0.10",)"
                                                        R"("clusterIPs":["10.96.0.10"])")));
  EXPECT_TRUE(eventually([&] { return server.store->get(address("10.96.0.10")) != nullptr; }));
  EXPECT_TRUE(server.store->get(address("10.96.0.9")));
  EXPECT_TRUE(server.store->get(port(30009)));
}

// ---- the service `kubernetes` -----------------------------------------------------------------

std::set<std::string> told(const Json& endpoints) {
  std::set<std::string> found;
  if (!endpoints.is_object()) return found;
  for (const Json& subset : endpoints.at("subsets").as_array()) {
    for (const Json& one : subset.at("addresses").as_array()) {
      found.insert(std::string(one.at("ip").as_string()) + ":" +
                   boost::json::serialize(subset.at("ports").at(0).at("port")));
    }
  }
  return found;
}

TEST_F(SharedServicesTest, EndpointsHoldAllServersAndLoseThoseThatStop) {
  run(3);
  Server& server = *servers_[0];
  const std::set<std::string> all{"192.0.2.11:6443", "192.0.2.12:6443", "192.0.2.13:6443"};
  EXPECT_TRUE(eventually([&] { return told(server.read(kEndpoints)) == all; }));
  EXPECT_TRUE(
      eventually([&] { return server.read(kSlice).at("endpoints").as_array().size() == 3; }));
  servers_[2]->manager.reset();
  const std::set<std::string> two{"192.0.2.11:6443", "192.0.2.12:6443"};
  EXPECT_TRUE(eventually([&] { return told(server.read(kEndpoints)) == two; }));
  EXPECT_TRUE(
      eventually([&] { return server.read(kSlice).at("endpoints").as_array().size() == 2; }));
}

TEST_F(SharedServicesTest, AServerThatFallsSilentIsNoEndpointAnyMore) {
  Server& server = open();
  const std::string lease =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"apiserver-x",)"
      R"("namespace":"kube-system","labels":{"apiserver.kubernetes.io/identity":"kube-apiserver"},)"
      R"("annotations":{"limen.io/server-address":"192.0.2.99:7443"}},"spec":{)"
      R"("holderIdentity":"apiserver-x_1","leaseDurationSeconds":3600,"renewTime":")";
  start(server, [](Options& options) { options.silence = std::chrono::milliseconds(1200); });
  ASSERT_TRUE(eventually([&] { return server.manager->synced(); }));
  const Key key{kIdentityLeases, "kube-system", "apiserver-x"};
  server.create(key, lease + base::format_micro_time(std::chrono::system_clock::now()) + "\"}}");
  const std::set<std::string> both{"192.0.2.11:6443", "192.0.2.99:7443"};
  EXPECT_TRUE(eventually([&] { return told(server.read(kEndpoints)) == both; }));
  EXPECT_EQ(server.read(kSlice).at("endpoints").as_array().size(), 1u) << "it has another port";
  EXPECT_TRUE(eventually([&] { return told(server.read(kEndpoints)).size() == 1; }));
  EXPECT_TRUE(server.store->get(key)) << "the lease counts for an hour";
}

TEST_F(SharedServicesTest, ServersLongGoneAreNoEndpointsOfTheNextLeader) {
  Server& server = open();
  const auto leave = [&](const std::string& name, const std::string& where) {
    server.create({kIdentityLeases, "kube-system", name},
                  R"({"metadata":{"name":")" + name +
                      R"(","namespace":"kube-system","labels":{)"
                      R"("apiserver.kubernetes.io/identity":"kube-apiserver"},"annotations":{)"
                      R"("limen.io/server-address":")" +
                      where +
                      R"("}},"spec":{"holderIdentity":"h","leaseDurationSeconds":2000000000,)"
                      R"("renewTime":"2026-01-01T00:00:00.000000Z"}})");
  };
  leave("apiserver-gone", "192.0.2.98:6443");
  leave("apiserver-told", "192.0.2.99:6443");
  server.create(kEndpoints, R"({"metadata":{"name":"kubernetes","namespace":"default"},"subsets":[)"
                            R"({"addresses":[{"ip":"192.0.2.99"}],"ports":[{"port":6443}]}]})");
  start(server);
  const std::set<std::string> both{"192.0.2.11:6443", "192.0.2.99:6443"};
  EXPECT_TRUE(eventually([&] { return told(server.read(kEndpoints)) == both; }))
      << "nobody knows yet whether that one has gone, its clock may be wrong";
}

TEST_F(SharedServicesTest, ALeaseThatHasExpiredIsRemoved) {
  Server& server = open();
  const Key key{kIdentityLeases, "kube-system", "apiserver-old"};
  server.create(key, R"({"metadata":{"name":"apiserver-old","namespace":"kube-system","labels":{)"
                     R"("apiserver.kubernetes.io/identity":"kube-apiserver"}},"spec":{)"
                     R"("holderIdentity":"h","leaseDurationSeconds":3600,)"
                     R"("renewTime":"2026-01-01T00:00:00.000000Z"}})");
  start(server);
  EXPECT_TRUE(eventually([&] { return !server.store->get(key); }));
}

TEST_F(SharedServicesTest, ServersOfOneHostHaveALeaseEach) {
  open();
  open();
  for (std::size_t i = 0; i < 2; ++i) {
    start(*servers_[i], [&](Options& options) {
      options.host = "one.example";
      options.own_service.address = "192.0.2.1";
      options.own_service.port = 6443 + static_cast<std::int64_t>(i);
    });
  }
  const auto leases = [&] {
    std::set<std::string> found;
    for (const auto& lease : servers_[0]->store->list(kIdentityLeases, {}).objects) {
      if (is_identity_lease(*lease)) found.insert(lease->name);
    }
    return found;
  };
  EXPECT_TRUE(eventually([&] { return leases().size() == 2; }));
  const std::set<std::string> both{"192.0.2.1:6443", "192.0.2.1:6444"};
  EXPECT_TRUE(eventually([&] { return told(servers_[0]->read(kEndpoints)) == both; }));
}

TEST(ServerAddress, IsReadAsItIsWritten) {
  for (const ServerAddress& one : {ServerAddress{"192.0.2.1", 6443}, {"2001:db8::1", 1}}) {
    EXPECT_EQ(parse_server_address(text_of(one)), one) << text_of(one);
  }
  for (const char* bad : {"", ":1", "192.0.2.1", "192.0.2.1:0", "192.0.2.1:65536", "2001:db8::1:1x",
                          "[192.0.2.1]:1", "host:1", "[::1:1"}) {
    EXPECT_EQ(parse_server_address(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace limen::controllers
