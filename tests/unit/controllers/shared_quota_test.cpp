// resourcequota where several servers share the store: what they charge is never taken back too
// soon.
#include "several_servers.h"

namespace limen::controllers {
namespace {

const Key kQuota{{"", "resourcequotas"}, "x", "q"};

class SharedQuotaTest : public SeveralServers {
 protected:
  SharedQuotaTest() {
    disabled_ = controller_names();
    std::erase(disabled_, kResourceQuota);
  }
  void run_two(int hard, std::chrono::milliseconds write_time) {
    open();
    open();
    servers_[0]->create(kQuota,
                        R"({"metadata":{"name":"q","namespace":"x"},"spec":{"hard":{"pods":")" +
                            std::to_string(hard) + R"("}}})");
    for (const auto& server : servers_) {
      start(*server, [&](Options& options) { options.write_time = write_time; });
    }
    ASSERT_TRUE(eventually([&] { return used(*servers_[0]) == 0 && used(*servers_[1]) == 0; }));
  }
  static int used(const Server& server) {
    const Json quota = server.read(kQuota);
    const Json* const found = object::find(quota, {"status", "used", "pods"});
    return found == nullptr ? -1 : std::stoi(std::string(found->as_string()));
  }
  static WriteStatus try_charge(const Server& server, int hard) {
    const storage::ObjectPtr current = server.store->get(kQuota);
    Json quota = boost::json::parse(current->json);
    const int used = std::stoi(std::string(quota.at("status").at("used").at("pods").as_string()));
    if (used >= hard) return WriteStatus::not_found;
    quota.at("status").at("used").as_object()["pods"] = std::to_string(used + 1);
    std::promise<WriteStatus> status;
    server.store->update(kQuota, current->revision, object::canonical(quota),
                         [&](const storage::WriteResult& one) { status.set_value(one.status); });
    return status.get_future().get();
  }
  // As the module charges: false when nothing is left.
  static bool charge(const Server& server, int hard) {
    WriteStatus status{};
    do {
      status = try_charge(server, hard);
    } while (status == WriteStatus::conflict);
    return status == WriteStatus::ok;
  }
  static void pod(const Server& server, const std::string& name) {
    EXPECT_EQ(server
                  .create({kPods, "x", name},
                          R"({"metadata":{"name":")" + name + R"(","namespace":"x"}})")
                  .status,
              WriteStatus::ok);
  }
};

TEST_F(SharedQuotaTest, WhatAnotherServerIsAboutToStoreStaysCharged) {
  run_two(5, std::chrono::minutes(10));
  ASSERT_TRUE(charge(follower(), 5));
  // Housekeeping looks at once when a pod has gone.
  pod(leader(), "gone");
  ASSERT_TRUE(eventually([&] { return leader().remove({kPods, "x", "gone"}); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(used(leader()), 1);
}

TEST_F(SharedQuotaTest, WhatNobodyStoresIsGivenBackAfterTheTimeOfAWrite) {
  run_two(5, std::chrono::milliseconds(200));
  ASSERT_TRUE(charge(follower(), 5));
  ASSERT_TRUE(charge(follower(), 5));
  pod(follower(), "stored");
  EXPECT_TRUE(eventually([&] { return used(follower()) == 1; }));
}

TEST_F(SharedQuotaTest, WhatWasStoredUnchargedIsAdded) {
  run_two(5, std::chrono::milliseconds(50));
  pod(follower(), "a");
  pod(follower(), "b");
  EXPECT_TRUE(eventually([&] { return used(follower()) == 2; }));
}

TEST_F(SharedQuotaTest, ManyWritesOnTwoServersNeverExceedIt) {
  constexpr int kHard = 40;
  run_two(kHard, std::chrono::milliseconds(1000));
  std::atomic<int> stored{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      const Server& server = *servers_[static_cast<std::size_t>(client % 2)];
      for (int i = 0; i < 25; ++i) {
        if (!charge(server, kHard)) continue;
        if (i % 5 == 4) continue;  // refused by who comes after
        std::this_thread::sleep_for(std::chrono::milliseconds(i % 3));
        pod(server, "p" + std::to_string(client) + "-" + std::to_string(i));
        ++stored;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_LE(stored.load(), kHard);
  EXPECT_TRUE(eventually([&] { return used(*servers_[0]) == stored.load(); }));
  while (charge(*servers_[1], kHard)) pod(*servers_[1], "q" + std::to_string(++stored));
  EXPECT_EQ(stored.load(), kHard);
  EXPECT_EQ(servers_[1]->store->count(kPods), static_cast<std::size_t>(kHard));
}

}  // namespace
}  // namespace limen::controllers
