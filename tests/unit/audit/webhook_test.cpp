// The backend that sends events to somebody else's server; here the server is a function.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "audit/several_backends.h"
#include "audit/webhook_backend.h"
#include "observability/metrics.h"

namespace limen::audit {
namespace {

using namespace std::chrono_literals;

Event event(std::string text) {
  Event made;
  made.head = "{\"n\":\"" + std::move(text) + '"';
  made.tail = "}";
  return made;
}

std::uint64_t lost(std::string_view backend = "webhook") {
  return metrics::counter("apiserver_audit_error_total", "", {"plugin"}).with({backend}).value();
}

// What was sent, and what is answered to it. Shared with threads that may outlive a backend.
class Server {
 public:
  Send send() {
    return [state = state_](const std::string& body, const std::atomic<bool>& give_up) {
      std::unique_lock lock(state->mutex);
      state->bodies.push_back(body);
      state->changed.notify_all();
      while (state->held && !give_up) state->changed.wait_for(lock, 1ms);
      if (state->failures == 0) return std::string();
      --state->failures;
      return std::string("refused");
    };
  }
  void fail(int times) {
    const std::lock_guard lock(state_->mutex);
    state_->failures = times;
  }
  void hold(bool held) {
    const std::lock_guard lock(state_->mutex);
    state_->held = held;
    state_->changed.notify_all();
  }
  // The bodies, once there are so many; fewer after ten seconds.
  std::vector<std::string> bodies(std::size_t at_least) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, 10s, [&] { return state_->bodies.size() >= at_least; });
    return state_->bodies;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> bodies;
    int failures = 0;
    bool held = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

WebhookOptions options(std::size_t max_batch = 400) {
  WebhookOptions made;
  made.batch.max_batch = max_batch;
  made.batch.max_wait = 1h;
  made.batch.throttled = false;
  made.initial_backoff = 1ms;
  return made;
}

std::string list_of(const std::string& items) {
  return R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)" + items +
         "]}\n";
}

// What take_and_tell() told, once it has.
class Told {
 public:
  std::function<void(bool)> hear() {
    return [state = state_](bool stored) {
      const std::lock_guard lock(state->mutex);
      state->said.push_back(stored);
      state->changed.notify_all();
    };
  }
  std::vector<bool> said(std::size_t at_least = 1) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, 10s, [&] { return state_->said.size() >= at_least; });
    return state_->said;
  }
  bool silent() const {
    const std::lock_guard lock(state_->mutex);
    return state_->said.empty();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<bool> said;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST(AuditWebhook, AFullBatchIsOneRequest) {
  Server server;
  WebhookBackend backend(options(2), server.send());
  EXPECT_FALSE(backend.blocks());
  EXPECT_TRUE(backend.take(event("a")));
  EXPECT_TRUE(backend.take(event("b")));
  EXPECT_EQ(server.bodies(1), std::vector<std::string>{list_of(R"({"n":"a"},{"n":"b"})")});
}

TEST(AuditWebhook, TheEndSendsWhatStillWaits) {
  Server server;
  {
    WebhookBackend backend(options(), server.send());
    EXPECT_TRUE(backend.take(event("a")));
  }
  EXPECT_EQ(server.bodies(1), std::vector<std::string>{list_of(R"({"n":"a"})")});
}

TEST(AuditWebhook, AFailureIsTriedAgainAndNothingIsLost) {
  Server server;
  server.fail(4);
  const std::uint64_t before = lost();
  WebhookBackend backend(options(1), server.send());
  EXPECT_TRUE(backend.take(event("a")));
  EXPECT_EQ(server.bodies(5), std::vector<std::string>(5, list_of(R"({"n":"a"})")));
  EXPECT_EQ(lost(), before);
}

TEST(AuditWebhook, TheFifthFailureLosesTheBatch) {
  Server server;
  server.fail(5);
  WebhookOptions strict = options();
  strict.delivery = Delivery::blocking;
  const std::uint64_t before = lost();
  WebhookBackend backend(strict, server.send());
  const Told told;
  backend.take_and_tell(event("a"), Told(told).hear());
  EXPECT_EQ(told.said(), std::vector<bool>{false});
  EXPECT_EQ(server.bodies(5).size(), 5U);
  EXPECT_EQ(lost(), before + 1);
}

TEST(AuditWebhook, WhatFindsTheBufferFullIsLostAndCounted) {
  Server server;
  server.hold(true);
  WebhookOptions small = options(1);
  small.batch.max_buffered = 1;
  WebhookBackend backend(small, server.send());
  for (int i = 0; i < WebhookBackend::kBatchSenders; ++i) {
    ASSERT_TRUE(backend.take(event("on its way")));
    ASSERT_EQ(server.bodies(static_cast<std::size_t>(i) + 1).size(),
              static_cast<std::size_t>(i) + 1);
  }
  EXPECT_TRUE(backend.take(event("waits")));
  EXPECT_FALSE(backend.has_room());
  const std::uint64_t before = lost();
  EXPECT_FALSE(backend.take(event("lost")));
  EXPECT_EQ(lost(), before + 1);
  server.hold(false);
  server.bodies(WebhookBackend::kBatchSenders + 1);
}

TEST(AuditWebhook, WhoeverWaitsIsToldWhenItIsStored) {
  Server server;
  server.hold(true);
  WebhookOptions blocking = options();
  blocking.delivery = Delivery::blocking;
  WebhookBackend backend(blocking, server.send());
  EXPECT_TRUE(backend.blocks());
  const Told told;
  backend.take_and_tell(event("a"), Told(told).hear());
  server.bodies(1);
  EXPECT_TRUE(told.silent());
  server.hold(false);
  EXPECT_EQ(told.said(), std::vector<bool>{true});
}

TEST(AuditWebhook, AStopEndsTheWaitForAnotherAttempt) {
  Server server;
  server.fail(1'000'000);
  const std::uint64_t before = lost();
  {
    WebhookOptions patient = options(1);
    patient.initial_backoff = 1h;
    WebhookBackend backend(patient, server.send());
    backend.take(event("a"));
    server.bodies(1);
  }
  EXPECT_EQ(server.bodies(2).size(), 2U) << "one more attempt at the end";
  EXPECT_EQ(lost(), before + 1);
}

TEST(AuditWebhook, WhatIsTooLargeIsCountedAsSuch) {
  Server server;
  WebhookOptions small = options(2);
  small.sizes.max_event = 50;
  const std::uint64_t before = lost("truncate");
  {
    WebhookBackend backend(small, server.send());
    backend.take(event(std::string(100, 'x')));
    backend.take(event("a"));
  }
  EXPECT_EQ(server.bodies(1), std::vector<std::string>{list_of(R"({"n":"a"})")});
  EXPECT_EQ(lost("truncate"), before + 1);
}

// Takes or refuses everything.
class Fixed final : public Backend {
 public:
  explicit Fixed(bool takes) : takes_(takes) {}
  bool take(Event) override { return takes_; }
  bool has_room() const override { return takes_; }
  void reopen() override {}

 private:
  const bool takes_;
};

SeveralBackends two(bool first_takes, bool first_strict, bool second_takes, bool second_strict) {
  std::vector<SeveralBackends::Member> members;
  members.push_back({std::make_unique<Fixed>(first_takes), first_strict});
  members.push_back({std::make_unique<Fixed>(second_takes), second_strict});
  return SeveralBackends(std::move(members));
}

TEST(AuditSeveralBackends, OnlyAStrictOneRefuses) {
  EXPECT_TRUE(two(false, false, true, true).take(event("a")));
  EXPECT_TRUE(two(false, false, true, true).has_room());
  EXPECT_FALSE(two(true, false, false, true).take(event("a")));
  EXPECT_FALSE(two(true, false, false, true).has_room());
  EXPECT_FALSE(two(true, true, true, true).blocks());
}

TEST(AuditSeveralBackends, TellOnceWhatAllSaid) {
  const Told lenient;
  two(false, false, true, true).take_and_tell(event("a"), Told(lenient).hear());
  EXPECT_EQ(lenient.said(), std::vector<bool>{true});
  const Told refused;
  two(false, true, true, true).take_and_tell(event("a"), Told(refused).hear());
  EXPECT_EQ(refused.said(), std::vector<bool>{false});
}

}  // namespace
}  // namespace limen::audit
