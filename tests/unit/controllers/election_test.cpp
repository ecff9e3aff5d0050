// Which of several servers keeps house, and that all of them are ready.
#include "controllers/election.h"

#include <set>

#include "several_servers.h"

namespace limen::controllers {
namespace {

const Key kLease{{"coordination.k8s.io", "leases"}, "kube-system", "limen-housekeeping"};
const ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

class ElectionTest : public SeveralServers {
 protected:
  static Json spec(const Server& server) {
    const Json lease = server.read(kLease);
    return lease.is_object() ? lease.at("spec") : Json();
  }
  static std::string holder(const Server& server) {
    const Json lease = spec(server);
    return lease.is_object() ? std::string(object::text_at(lease, "holderIdentity")) : "";
  }
  static std::int64_t transitions(const Server& server) {
    return object::int_or(object::member(spec(server), "leaseTransitions"), -1);
  }
  static void add_namespace(const Server& server, const std::string& name) {
    ASSERT_EQ(server
                  .create({kNamespaceResource, "", name},
                          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name +
                              R"("},"spec":{"finalizers":["kubernetes"]},)"
                              R"("status":{"phase":"Active"}})")
                  .status,
              WriteStatus::ok);
  }
  // Whether somebody keeps house, as seen by `server`.
  static bool is_kept(const Server& server, const std::string& ns) {
    add_namespace(server, ns);
    return eventually([&] { return server.store->get({kAccounts, ns, "default"}) != nullptr; });
  }
};

TEST_F(ElectionTest, OfThreeThatStartOnAFreshStoreOneLeadsAndAllAreReady) {
  run(3);
  ASSERT_TRUE(eventually([&] { return leaders() == 1; }));
  const Server& leads = leader();
  for (const auto& server : servers_) {
    EXPECT_EQ(server->store->count(kClusterRoles), 70u);
    EXPECT_EQ(server->store->count(kBindings), 51u);
    EXPECT_EQ(server->store->count(kAccounts), 4u);
    EXPECT_EQ(server->turn.load(), server.get() == &leads);
  }
  EXPECT_TRUE(is_kept(follower(), "shop"));
}

TEST_F(ElectionTest, WhoFollowsWritesOnlyOfItself) {
  run(1);
  Server& first = leader();
  // What comes of events, not of the start.
  ASSERT_TRUE(eventually([&] {
    const auto range = first.store->get({{"networking.k8s.io", "servicecidrs"}, "", "kubernetes"});
    return range && range->json.find("Ready") != std::string::npos &&
           first.store->get({{"networking.k8s.io", "ipaddresses"}, "", "10.96.0.1"});
  }));
  const storage::Revision before = first.store->revision();
  Server& second = open();
  start(second);
  const Key endpoints{{"", "endpoints"}, "default", "kubernetes"};
  ASSERT_TRUE(eventually([&] {
    const auto told = first.store->get(endpoints);
    return second.manager->synced() && told && told->json.find("192.0.2.12") != std::string::npos;
  }));
  second.manager.reset();
  const std::lock_guard lock(data_->mutex);
  for (const auto& change : data_->changes) {
    if (change.revision <= before) continue;
    const bool expected = change.key.find("/leases/kube-system/") != std::string::npos ||
                          change.key.ends_with("/default/kubernetes");
    EXPECT_TRUE(expected) << change.key;
  }
}

TEST_F(ElectionTest, TheRecordIsThatOfClientGo) {
  run(1);
  const Server& server = leader();
  const Json lease = spec(server);
  EXPECT_EQ(holder(server).substr(0, 16), "host-192.0.2.11_");
  EXPECT_EQ(lease.at("leaseDurationSeconds"), 2) << "1.2 s, in whole seconds";
  EXPECT_EQ(lease.at("leaseTransitions"), 0);
  const std::string acquired(lease.at("acquireTime").as_string());
  EXPECT_EQ(acquired.size(), std::string("2026-01-01T00:00:00.000000Z").size());
  ASSERT_TRUE(eventually([&] { return spec(server).at("renewTime") != lease.at("renewTime"); }));
  EXPECT_EQ(spec(server).at("acquireTime"), lease.at("acquireTime"));
}

TEST_F(ElectionTest, WhoeverStopsHandsOverAtOnce) {
  run(2);
  Server& first = leader();
  Server& second = follower();
  const std::string before = holder(second);
  first.manager->stop();
  EXPECT_FALSE(first.turn.load());
  first.manager.reset();
  ASSERT_TRUE(eventually([&] { return second.manager->elected(); }));
  EXPECT_NE(holder(second), before);
  EXPECT_EQ(transitions(second), 1);
  EXPECT_TRUE(is_kept(second, "shop"));
}

TEST_F(ElectionTest, ALeaseThatWasGivenUpSaysSo) {
  run(1);
  Server& server = leader();
  server.manager->stop();
  EXPECT_EQ(holder(server), "");
  EXPECT_EQ(spec(server).at("leaseDurationSeconds"), 1);
  EXPECT_EQ(transitions(server), 0);
}

TEST_F(ElectionTest, ALeaderWhoseStoreFailsStopsBeforeAnotherBegins) {
  run(2);
  Server& first = leader();
  Server& second = follower();
  std::atomic<bool> both{false}, over{false};
  std::thread watcher([&] {
    while (!over) {
      // In this order: whoever begins does so after the other has ended.
      const bool began = second.manager->elected();
      if (began && first.manager->elected()) both = true;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  first.driver->fail_with("the network is away");
  EXPECT_TRUE(eventually([&] { return second.manager->elected(); }));
  EXPECT_FALSE(first.manager->elected());
  EXPECT_TRUE(is_kept(second, "shop"));
  first.driver->fail_with("");
  EXPECT_TRUE(is_kept(second, "shop2"));
  over = true;
  watcher.join();
  EXPECT_FALSE(both);
  EXPECT_FALSE(first.manager->elected()) << "the lease is another's by now";
}

TEST_F(ElectionTest, ALeaderThatHearsNothingStopsToo) {
  run(2);
  Server& first = leader();
  Server& second = follower();
  first.driver->hold_changes();
  EXPECT_TRUE(eventually([&] { return !first.manager->elected(); }));
  EXPECT_TRUE(eventually([&] { return second.manager->elected(); }));
  first.driver->release_changes();
  EXPECT_TRUE(is_kept(first, "shop"));
  EXPECT_EQ(leaders(), 1u);
}

TEST_F(ElectionTest, ALeaderAloneTakesItsLeaseBackWhenTheStoreIsBack) {
  run(1);
  Server& server = leader();
  server.driver->fail_with("the network is away");
  EXPECT_TRUE(eventually([&] { return !server.manager->elected(); }));
  server.driver->fail_with("");
  EXPECT_TRUE(eventually([&] { return server.manager->elected(); }));
  EXPECT_EQ(transitions(server), 0);
  EXPECT_TRUE(is_kept(server, "shop"));
}

TEST_F(ElectionTest, AServerIsReadyThoughNobodyLeads) {
  run(1);
  const std::string text = spec(leader()).is_object() ? leader().store->get(kLease)->json : "";
  servers_.front()->manager.reset();
  // As a server that was killed leaves it.
  servers_.front()->change(kLease, [](Json& lease) {
    lease.at("spec").as_object()["holderIdentity"] = "killed";
    lease.at("spec").as_object()["leaseDurationSeconds"] = 3600;
  });
  Server& next = open();
  start(next);
  EXPECT_TRUE(eventually([&] { return next.manager->synced(); }));
  EXPECT_FALSE(next.manager->elected());
}

TEST_F(ElectionTest, AServerWaitsForWhatAFreshStoreNeeds) {
  Server& server = open();
  server.create(kLease, R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{)"
                        R"("name":"limen-housekeeping","namespace":"kube-system"},"spec":{)"
                        R"("holderIdentity":"killed at once","leaseDurationSeconds":2}})");
  start(server);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(server.manager->synced());
  EXPECT_TRUE(eventually([&] { return server.manager->synced(); })) << "it leads by then";
  EXPECT_TRUE(server.manager->elected());
  EXPECT_EQ(transitions(server), 1);
}

TEST_F(ElectionTest, ALeaseThatSomebodyDeletesIsMadeAnew) {
  run(1);
  Server& server = leader();
  EXPECT_TRUE(eventually([&] { return server.remove(kLease); }));
  EXPECT_TRUE(eventually([&] { return !holder(server).empty(); }));
  EXPECT_TRUE(is_kept(server, "shop"));
}

TEST_F(ElectionTest, DefinitionsAreServedEverywhereAndAcceptedOnce) {
  run(2);
  Server& server = follower();
  const Key key{kDefinitions, "", "widgets.example.com"};
  ASSERT_EQ(
      server
          .create(key,
                  R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",)"
                  R"("spec":{"group":"example.com","scope":"Namespaced","names":{"plural":)"
                  R"("widgets","singular":"widget","kind":"Widget","listKind":"WidgetList"},)"
                  R"("versions":[{"name":"v1","served":true,"storage":true,"schema":{)"
                  R"("openAPIV3Schema":{"type":"object"}}}]},"metadata":{"name":)"
                  R"("widgets.example.com","uid":"u","generation":1}})")
          .status,
      WriteStatus::ok);
  EXPECT_TRUE(eventually([&] {
    const auto stored = server.store->get(key);
    return stored && stored->json.find("initial names have been accepted") != std::string::npos;
  }));
  // The next leader ends what the last one would have ended.
  leader().manager.reset();
  server.change(key, [](Json& definition) {
    object::set_metadata(definition, "deletionTimestamp", "2026-01-01T00:00:00Z");
    object::set_finalizers(definition, {"customresourcecleanup.apiextensions.k8s.io"});
  });
  EXPECT_TRUE(eventually([&] { return !server.store->get(key); }));
}

TEST_F(ElectionTest, StoppingAtAnyMomentIsClean) {
  Server& one = open();
  Server& other = open();
  for (int round = 0; round < 6; ++round) {
    start(one);
    start(other);
    std::this_thread::sleep_for(std::chrono::microseconds(800 * round));
    one.manager.reset();
    other.manager.reset();
  }
  start(one);
  EXPECT_TRUE(eventually([&] { return one.manager->synced() && one.manager->elected(); }));
  EXPECT_EQ(one.store->count(kClusterRoles), 70u);
}

// A store that is not shared knows no election.
TEST_F(ElectionTest, AloneAServerLeadsWithoutALease) {
  auto store = test::memory_store();
  std::atomic<bool> turn{false};
  Options options;
  options.turn = &turn;
  Manager manager(*store, std::move(options));
  EXPECT_TRUE(manager.elected());
  EXPECT_TRUE(turn.load());
  manager.start();
  EXPECT_TRUE(eventually([&] { return manager.synced(); }));
  EXPECT_FALSE(store->get(kLease));
}

}  // namespace
}  // namespace limen::controllers
