// Several servers on the same data, each with a store, an allocator and a manager of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controllers/manager.h"
#include "registry/service_allocator.h"
#include "with_manager.h"

namespace limen::controllers {

// Times of an election that a test can wait for. Those that keep a lease alive leave room for a
// machine that is busy.
inline ElectionTiming quick_election() {
  using std::chrono::milliseconds;
  return {milliseconds(1200), milliseconds(800), milliseconds(50)};
}

class SeveralServers : public testing::Test {
 protected:
  struct Server {
    std::string address;
    test::MemoryDriver* driver = nullptr;
    std::unique_ptr<storage::CachedStore> store;
    registry::ServiceAllocator allocator{*base::AddressRange::parse("10.96.0.0/22")};
    std::atomic<bool> turn{false};
    std::unique_ptr<Manager> manager;

    Json read(const Key& key) const {
      const storage::ObjectPtr object = store->get(key);
      return object ? boost::json::parse(object->json) : Json();
    }
    storage::WriteResult create(Key key, const std::string& text) const {
      std::promise<storage::WriteResult> result;
      store->create(std::move(key), object::canonical(boost::json::parse(text)),
                    [&](storage::WriteResult one) { result.set_value(std::move(one)); });
      return result.get_future().get();
    }
    template <class Change>
    void change(const Key& key, Change how) const {
      while (true) {
        std::promise<std::string> sure;
        store->confirm([&](std::string error) { sure.set_value(std::move(error)); });
        ASSERT_EQ(sure.get_future().get(), "");
        const storage::ObjectPtr current = store->get(key);
        ASSERT_TRUE(current);
        Json object = object::mutable_copy(object::Document::parse(current->json).root());
        how(object);
        std::promise<WriteStatus> status;
        store->update(key, current->revision, object::canonical(object),
                      [&](storage::WriteResult one) { status.set_value(one.status); });
        if (status.get_future().get() == WriteStatus::ok) return;
      }
    }
    bool remove(const Key& key) const {
      const storage::ObjectPtr current = store->get(key);
      if (!current) return false;
      std::promise<WriteStatus> status;
      store->remove(key, current->revision,
                    [&](storage::WriteResult one) { status.set_value(one.status); });
      return status.get_future().get() == WriteStatus::ok;
    }
  };

  ~SeveralServers() override {
    for (const auto& server : servers_) {
      server->driver->fail_with("");
      server->driver->release_changes();
    }
    for (const auto& server : servers_) server->manager.reset();
    for (const auto& server : servers_) server->store.reset();
  }

  // The next server; `options` are what it differs in.
  Server& open() {
    servers_.push_back(std::make_unique<Server>());
    Server& server = *servers_.back();
    server.address = "192.0.2." + std::to_string(10 + servers_.size());
    auto driver = std::make_unique<test::MemoryDriver>(data_, test::Sharing::shared);
    server.driver = driver.get();
    server.store = std::make_unique<storage::CachedStore>(std::move(driver));
    server.allocator.load(*server.store);
    return server;
  }
  void start(Server& server, const std::function<void(Options&)>& differ = nullptr) {
    Options options;
    options.host = "host-" + server.address;
    options.services = &server.allocator;
    options.own_service = {"10.96.0.1", server.address, 6443};
    options.service_range = "10.96.0.0/22";
    options.turn = &server.turn;
    options.election = quick_election();
    options.disabled = disabled_;
    if (differ) differ(options);
    server.manager = std::make_unique<Manager>(*server.store, std::move(options));
    server.manager->start();
  }
  // Opens and starts so many, at the same moment, and waits until all are ready.
  void run(std::size_t number) {
    for (std::size_t i = 0; i < number; ++i) open();
    for (const auto& server : servers_) start(*server);
    for (const auto& server : servers_) {
      ASSERT_TRUE(eventually([&] { return server->manager->synced(); }));
    }
  }
  std::size_t leaders() const {
    return static_cast<std::size_t>(std::count_if(
        servers_.begin(), servers_.end(),
        [](const auto& server) { return server->manager && server->manager->elected(); }));
  }
  Server& leader() {
    EXPECT_TRUE(eventually([&] { return leaders() == 1; }));
    for (const auto& server : servers_) {
      if (server->manager && server->manager->elected()) return *server;
    }
    return *servers_.front();
  }
  Server& follower() {
    Server& leads = leader();
    for (const auto& server : servers_) {
      if (server.get() != &leads && server->manager) return *server;
    }
    return leads;
  }

  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  std::vector<std::string> disabled_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace limen::controllers
