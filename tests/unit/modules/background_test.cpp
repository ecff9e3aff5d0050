// limen.executor/1 and limen.metrics/1 as a module uses them, and the threads below.
#include "modules/background.h"

#include <Poco/Net/ServerSocket.h>

#include <atomic>

#include "observability/metrics.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;
using test::view;
using namespace std::chrono_literals;

const limen_executor_api& executor(const limen_host* host) {
  return *static_cast<const limen_executor_api*>(host->get_extension(host, LIMEN_EXECUTOR));
}

// Counts by status what a module's work was told.
struct Counts {
  std::atomic<int> ok{0}, cancelled{0};
  static void run(void* arg, limen_status status) {
    auto* counts = static_cast<Counts*>(arg);
    ++(status == LIMEN_OK ? counts->ok : counts->cancelled);
  }
};

TEST(Executor, RunsPostedWorkAndTimersOnce) {
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  Counts posted, timed;
  EXPECT_EQ(executor(host).post(host, Counts::run, &posted), LIMEN_OK);
  const auto began = base::SteadyClock::now();
  EXPECT_EQ(executor(host).post_after(host, 30'000'000, Counts::run, &timed), LIMEN_OK);
  EXPECT_TRUE(test::eventually([&] { return posted.ok == 1 && timed.ok == 1; }));
  EXPECT_GE(base::SteadyClock::now() - began, 30ms);
  EXPECT_EQ(executor(host).post_after(host, -1, Counts::run, &timed), LIMEN_E_INVALID);
  EXPECT_EQ(executor(host).post(host, nullptr, nullptr), LIMEN_E_INVALID);
}

TEST(Executor, WhatWaitsAtTheEndIsCancelledExactlyOnce) {
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  Counts counts;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(executor(host).post_after(host, 3600'000'000'000, Counts::run, &counts), LIMEN_OK);
  }
  house.runtime().activate(house.runtime().build({}));
  EXPECT_TRUE(test::eventually([&] { return house.strings().destroyed == 3; }));
  EXPECT_EQ(counts.cancelled, 5);
  EXPECT_EQ(counts.ok, 0);
}

TEST(Executor, TimersAreLimited) {
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  Counts counts;
  for (std::size_t i = 0; i < Background::kMaxTimers; ++i) {
    ASSERT_EQ(executor(host).post_after(host, 3600'000'000'000, Counts::run, &counts), LIMEN_OK);
  }
  EXPECT_EQ(executor(host).post_after(host, 1, Counts::run, &counts), LIMEN_E_UNAVAILABLE);
  house.runtime().activate(nullptr);
  EXPECT_TRUE(test::eventually(
      [&] { return counts.cancelled == static_cast<int>(Background::kMaxTimers); }));
}

// Counts by status what became of a module's requests.
struct Answers {
  std::atomic<int> deadline{0}, other{0};
  static void take(void* arg, limen_status status, const limen_http_response* response) {
    auto* answers = static_cast<Answers*>(arg);
    if (status == LIMEN_E_DEADLINE) {
      EXPECT_EQ(view(response->error), "no answer within the deadline");
    }
    ++(status == LIMEN_E_DEADLINE ? answers->deadline : answers->other);
  }
};

TEST(Http, ARequestThatFindsNoThreadIsAnsweredAtItsDeadline) {
  Poco::Net::ServerSocket silent(Poco::Net::SocketAddress("127.0.0.1", 0), 128);
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.address().port()) + "/";
  PuppetHouse house;
  house.open();
  const limen_host* host = house.strings().host;
  const auto& http = *static_cast<const limen_http_api*>(host->get_extension(host, LIMEN_HTTP));
  limen_http_request request{};
  request.struct_size = sizeof(request);
  request.method = text("GET");
  request.url = text(url);
  request.timeout_ns = 60'000'000'000;
  Answers hanging, waiting;
  for (std::size_t i = 0; i < Background::kSenders; ++i) {
    ASSERT_EQ(http.send(host, nullptr, &request, Answers::take, &hanging), LIMEN_OK);
  }
  request.timeout_ns = 50'000'000;
  ASSERT_EQ(http.send(host, nullptr, &request, Answers::take, &waiting), LIMEN_OK);
  EXPECT_TRUE(test::eventually([&] { return waiting.deadline == 1; }));
  EXPECT_EQ(hanging.deadline + hanging.other, 0);
  // What hangs, and what waits behind it, is given up with the instance; nothing is told twice.
  request.timeout_ns = 60'000'000'000;
  ASSERT_EQ(http.send(host, nullptr, &request, Answers::take, &waiting), LIMEN_OK);
  house.runtime().activate(nullptr);
  EXPECT_TRUE(test::eventually([&] {
    return hanging.other == static_cast<int>(Background::kSenders) && waiting.other == 1;
  }));
  EXPECT_EQ(waiting.deadline, 1);
}

TEST(ExecutorThread, RunsInOrderAndTimersInTimeAndForgetsCancelledOnes) {
  ExecutorThread thread("test");
  std::mutex mutex;
  std::vector<int> order;
  const auto note = [&](int number) {
    return [&, number] {
      const std::lock_guard lock(mutex);
      order.push_back(number);
    };
  };
  thread.post(note(1));
  thread.post(note(2));
  const auto now = base::SteadyClock::now();
  thread.post_at(now + 40ms, note(4));
  thread.post_at(now + 20ms, note(3));
  thread.cancel_timer(thread.post_at(now + 10s, note(9)));
  EXPECT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return order.size() == 4;
  }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_FALSE(thread.is_current());
  EXPECT_TRUE(thread.stop(base::SteadyClock::now() + 5s));
}

// ---- metrics ------------------------------------------------------------------------------------

TEST(ModuleMetrics, CarryThePrefixAndTheInstance) {
  PuppetHouse house;
  static Puppet* strings = nullptr;
  strings = &house.strings();
  static std::uint64_t family = 0;
  house.strings().start = [](limen_call*) -> limen_status {
    const limen_host* host = strings->host;
    const auto& api =
        *static_cast<const limen_metrics_api*>(host->get_extension(host, LIMEN_METRICS));
    const limen_str labels[] = {text("color")};
    EXPECT_EQ(api.create(host, LIMEN_METRIC_COUNTER, text("test_hits_total"), text("Hits."), labels,
                         1, &family),
              LIMEN_OK);
    std::uint64_t other = 0;
    EXPECT_EQ(api.create(host, LIMEN_METRIC_COUNTER, text("test_hits_total"), text("Hits."), labels,
                         1, &other),
              LIMEN_OK);
    EXPECT_EQ(other, family);
    EXPECT_EQ(api.create(host, LIMEN_METRIC_GAUGE, text("test_hits_total"), text("Hits."), labels,
                         1, &other),
              LIMEN_E_INVALID);
    EXPECT_EQ(
        api.create(host, LIMEN_METRIC_COUNTER, text("Bad-Name"), text(""), nullptr, 0, &other),
        LIMEN_E_INVALID);
    return LIMEN_OK;
  };
  house.open();
  const limen_host* host = house.strings().host;
  const auto& api =
      *static_cast<const limen_metrics_api*>(host->get_extension(host, LIMEN_METRICS));
  const limen_str red[] = {text("red")};
  std::uint64_t series = 0;
  ASSERT_EQ(api.series(host, family, red, 1, &series), LIMEN_OK);
  api.add(host, series, 2);
  api.add(host, series, -5);  // counters only go up
  api.add(host, 4711, 1);     // no such series
  EXPECT_EQ(api.series(host, family, nullptr, 0, &series), LIMEN_E_INVALID);
  EXPECT_NE(
      metrics::render().find("limen_module_test_hits_total{instance=\"puppet\",color=\"red\"} 2\n"),
      std::string::npos);
  std::uint64_t late = 0;
  EXPECT_EQ(api.create(host, LIMEN_METRIC_COUNTER, text("late_total"), text(""), nullptr, 0, &late),
            LIMEN_E_INVALID);
}

TEST(ModuleMetrics, CallsAreCountedByOutcome) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  auto& counter =
      metrics::counter("limen_module_calls_total", "Calls of module instances, by how they ended.",
                       {"kind", "name", "outcome"})
          .with({"authorizer", "puppet", "allowed"});
  auto& seconds =
      metrics::histogram("limen_module_call_seconds",
                         "Time from a module instance's call to its end.", {"kind", "name"})
          .with({"authorizer", "puppet"});
  const std::uint64_t calls = counter.value(), observed = seconds.count();
  auto scope = house.scope();
  house.authorize(scope);
  EXPECT_EQ(counter.value(), calls + 1);
  EXPECT_EQ(seconds.count(), observed + 1);
}

}  // namespace
}  // namespace limen::modules
