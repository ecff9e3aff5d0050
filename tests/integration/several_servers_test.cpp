// Three servers over one etcd cluster of three members, and clients that ask all of them at random
// while servers and members are killed, stopped and started again. Whatever the clients saw has to
// fit one history: every object is linearizable, lists are of one revision, watches neither skip
// nor repeat nor reorder, and nothing that was acknowledged is lost.
//
// Every process is a real one. The seed is printed; LIMEN_SEED sets it, LIMEN_CHAOS_SECONDS how
// long things go wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/chaos.h"
#include "support/etcd_server.h"
#include "support/etcd_witness.h"
#include "support/http_client.h"
#include "support/limen_server.h"
#include "support/linearizable.h"
#include "support/scratch_folder.h"
#include "support/several_clients.h"
#include "support/told_history.h"

namespace limen::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kServers = 3;
constexpr int kClients = 5;
constexpr int kWatchers = 4;

using Clock = std::chrono::steady_clock;

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}
bool eventually(std::chrono::seconds within, const std::function<bool()>& holds) {
  const auto end = Clock::now() + within;
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}
bool ready(std::uint16_t port) {
  HttpClient client(port, 3);
  return client.ask("GET", "/readyz").text == "ok";
}

class SeveralServers : public testing::Test {
 protected:
  void SetUp() override {
    if (!Etcd::installed() || access("/usr/bin/etcdctl", X_OK) != 0)
      GTEST_SKIP() << "etcd or etcdctl is not installed (Debian: etcd-server, etcd-client)";
    seed_ = static_cast<std::uint64_t>(
        from_environment("LIMEN_SEED", static_cast<int>(std::random_device()() & 0x7FFFFFFFU)));
    std::printf("LIMEN_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    std::fflush(stdout);
    etcd_ = std::make_unique<Etcd>(EtcdOptions{.members = 3});
    for (const std::string& one : etcd_->endpoints())
      endpoints_ += (endpoints_.empty() ? "" : ",") + one;
    ASSERT_TRUE(eventually(30s, [this] {
      const std::string words = "ETCDCTL_API=3 etcdctl --endpoints " + endpoints_ +
                                " --command-timeout=3s get nothing > /dev/null 2>&1";
      return std::system(words.c_str()) == 0;
    }));
    const std::string storage = "{module: etcd, config: {endpoints: [" + endpoints_ + "]}}";
    for (std::size_t i = 0; i < kServers; ++i) {
      servers_.push_back(std::make_unique<LimenServer>(
          LIMEN_BINARY_DIR "/bin/limen", folder_ / ("s" + std::to_string(i)), storage));
      scene_.ports.push_back(servers_.back()->port());
      servers_.back()->process().start();
    }
    for (auto& one : servers_) {
      ASSERT_TRUE(eventually(60s, [&] { return ready(one->port()) || !one->process().running(); }));
      ASSERT_TRUE(one->process().running()) << text_of(one->process().log());
    }
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (auto& one : servers_) std::printf("--- %s\n", text_of(one->process().log()).c_str());
  }
  static std::string text_of(const std::string& file) {
    std::ifstream in(file);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    return text.size() > 4000 ? text.substr(text.size() - 4000) : text;
  }

  bool write_on_each() {
    for (const std::uint16_t port : scene_.ports) {
      if (!eventually(30s, [&] { return ready(port); })) return false;
      HttpClient client(port);
      const std::string path = "/api/v1/namespaces/" + kSpace;
      if (!eventually(30s, [&] {
            return client
                       .ask("PATCH", path,
                            R"({"metadata":{"annotations":{"well":")" + std::to_string(port) +
                                "\"}}}",
                            "application/merge-patch+json")
                       .status == 200;
          }))
        return false;
    }
    return true;
  }

  ScratchFolder folder_;
  std::uint64_t seed_ = 0;
  std::unique_ptr<Etcd> etcd_;
  std::string endpoints_;
  std::vector<std::unique_ptr<LimenServer>> servers_;
  Scene scene_;
};

void report(const std::string& what, const std::vector<std::string>& problems) {
  for (std::size_t i = 0; i < problems.size() && i < 8; ++i) ADD_FAILURE() << problems[i];
  if (problems.size() > 8) ADD_FAILURE() << what << ": " << problems.size() << " problems";
}

TEST_F(SeveralServers, WhatClientsSeeWhileThingsGoWrongFitsOneHistory) {
  HttpClient first(scene_.ports[0]);
  const HttpAnswer space =
      first.ask("POST", "/api/v1/namespaces", R"({"metadata":{"name":")" + kSpace + "\"}}");
  ASSERT_EQ(space.status, 201) << space.text;

  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<Watcher>> watchers;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i)
    clients.push_back(std::make_unique<Client>(scene_, seed_ * 31 + static_cast<unsigned>(i), i));
  for (int i = 0; i < kWatchers; ++i)
    watchers.push_back(std::make_unique<Watcher>(scene_, seed_ * 37 + static_cast<unsigned>(i), i));
  for (auto& one : watchers) threads.emplace_back([&one] { one->work(); });
  const auto every_watcher = [&](auto holds) {
    return std::all_of(watchers.begin(), watchers.end(),
                       [&](const auto& one) { return holds(*one); });
  };
  EXPECT_TRUE(eventually(
      20s, [&] { return every_watcher([](const Watcher& one) { return one.begun(); }); }));
  std::vector<std::thread> working;
  for (auto& one : clients) working.emplace_back([&one] { one->work(); });

  Chaos chaos(*etcd_, servers_, seed_);
  chaos.go_on_for(std::chrono::seconds(from_environment("LIMEN_CHAOS_SECONDS", 12)));
  const bool recovered =
      eventually(30s,
                 [&] {
                   chaos.look_after_servers(Clock::now());
                   return std::all_of(scene_.ports.begin(), scene_.ports.end(), ready);
                 }) &&
      write_on_each();
  std::this_thread::sleep_for(500ms);
  scene_.enough = true;
  for (std::thread& thread : working) thread.join();
  EXPECT_TRUE(recovered) << "a server is not ready, or refuses writes, though all is well again";

  // The end, for watchers and the witness.
  EXPECT_TRUE(eventually(20s, [&] {
    const int status = first.ask("POST", kMaps, map_of(kLast, "end")).status;
    return status == 201 || status == 409;
  }));
  const EtcdWitness witness(endpoints_, folder_.path());
  std::optional<Watched> truth;
  EXPECT_TRUE(eventually(20s, [&] { return (truth = witness.told()).has_value(); }))
      << "etcdctl has not told of the end";
  const bool all_done =
      eventually(20s, [&] { return every_watcher([](const Watcher& one) { return one.done(); }); });
  EXPECT_TRUE(all_done) << "a watcher has not been told of the end";
  scene_.abandon = true;
  for (std::thread& thread : threads) thread.join();

  std::vector<Watched> watched;
  int resumed = 0;
  if (truth) watched.push_back(*truth);
  for (const auto& one : watchers) {
    watched.insert(watched.end(), one->watched.begin(), one->watched.end());
    resumed += one->resumed;
  }
  ToldHistory history(watched);
  std::map<std::string, std::vector<Operation>> operations;
  std::map<std::string, int> outcomes;
  std::size_t asked = 0, unknown = 0;
  for (const auto& one : clients) {
    for (const auto& [key, seen] : one->operations) {
      auto& all = operations[key];
      all.insert(all.end(), seen.begin(), seen.end());
      asked += seen.size();
    }
    for (const Listed& list : one->listed) history.check(list);
    for (const Listed& list : one->remembered) history.check(list);
    for (const auto& [outcome, times] : one->outcomes) outcomes[outcome] += times;
    report("answers", one->surprises);
  }
  for (const auto& [key, all] : operations) {
    history.check(key, all);
    unknown += static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const Operation& one) { return one.unknown(); }));
    const std::string why = Linearizability::violation(all);
    EXPECT_TRUE(why.empty()) << key << ": " << why;
  }
  report("history", history.problems());
  report("crashes", chaos.crashes);

  // At rest all servers hold the same.
  const Collection last = history.at(scene_.known + 1'000'000);
  for (const std::uint16_t port : scene_.ports) {
    HttpClient client(port);
    const auto seen = listed_of(client.ask("GET", kMaps));
    ASSERT_TRUE(seen.has_value());
    EXPECT_EQ(seen->objects.size(), last.size());
    EXPECT_TRUE(seen->objects == last);
  }

  std::string told;
  for (const auto& [outcome, times] : outcomes)
    told += ",\"" + outcome + "\":" + std::to_string(times);
  std::printf(
      "{\"result\":\"several_servers\",\"seed\":%llu,\"faults\":%zu,\"asked\":%zu,\"unknown\":%zu,"
      "\"changes\":%zu,\"streams\":%zu,\"watches\":%d%s}\n",
      static_cast<unsigned long long>(seed_), chaos.notes.size(), asked, unknown, history.size(),
      watched.size(), resumed, told.c_str());
  EXPECT_GT(history.size(), 100U) << "too little happened to prove anything";
  for (const char* outcome : {"200", "201", "404", "Conflict", "AlreadyExists"})
    EXPECT_GT(outcomes[outcome], 10) << outcome << ": the clients must meet";
  if (HasFailure()) {
    for (const std::string& one : chaos.notes) std::printf("%s\n", one.c_str());
  }
}

}  // namespace
}  // namespace limen::test
