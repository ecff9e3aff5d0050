#include "audit/webhook_backend.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "audit/audit_metrics.h"
#include "audit/backoff.h"
#include "audit/losses.h"
#include "base/executor.h"
#include "observability/log.h"

namespace limen::audit {

namespace {

constexpr std::string_view kName = "webhook";
constexpr std::string_view kTooLarge = "truncate";
// How long the threads may take to notice that nobody waits for them any more.
constexpr std::chrono::seconds kPartingTime{2};

BatchOptions batch_options(const WebhookOptions& options) {
  BatchOptions batch = options.batch;
  if (options.delivery != Delivery::batch) {
    batch.max_batch = 1;
    batch.max_wait = {};
    batch.throttled = false;
  }
  return batch;
}

double chance() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(random);
}

}  // namespace

class WebhookBackend::Sender {
 public:
  Sender(const WebhookOptions& options, Send send, int threads)
      : options_(options),
        send_(std::move(send)),
        max_batch_(batch_options(options).max_batch),
        batcher_(batch_options(options)),
        running_(threads) {}

  bool take(Waiting waiting) {
    {
      const std::lock_guard lock(mutex_);
      if (batcher_.push(waiting, base::SteadyClock::now())) {
        // Somebody minds the clock for the first; who follows matters when a batch is full.
        if (batcher_.size() == 1 || batcher_.size() % max_batch_ == 0) wake_.notify_one();
        return true;
      }
    }
    losses_.lose(1, "too many events wait to be sent");
    if (waiting.told) waiting.told(false);
    return false;
  }

  bool has_room() const {
    const std::lock_guard lock(mutex_);
    return batcher_.has_room();
  }

  // What each of the threads does.
  void run() {
    std::unique_lock lock(mutex_);
    while (!give_up_) {
      const auto now = base::SteadyClock::now();
      std::vector<Waiting> batch = batcher_.take(now);
      if (!batch.empty()) {
        if (!batcher_.empty()) wake_.notify_one();
        lock.unlock();
        const std::size_t bytes = deliver(batch);
        batch.clear();
        lock.lock();
        batcher_.finished(bytes);
        continue;
      }
      if (stopping_) break;
      const auto due = batcher_.due(now);
      if (due) {
        wake_.wait_until(lock, *due);
      } else {
        wake_.wait(lock);
      }
    }
    --running_;
    over_.notify_all();
  }

  // False when a thread had to be left behind.
  bool stop() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    batcher_.hurry();
    wake_.notify_all();
    pause_.notify_all();
    const auto ended = [this] { return running_ == 0; };
    bool all = over_.wait_for(lock, kDrainTime, ended);
    if (!all) {
      give_up_ = true;
      wake_.notify_all();
      all = over_.wait_for(lock, kPartingTime, ended);
    }
    const std::vector<Waiting> rest = leave_behind();
    lock.unlock();
    if (!rest.empty()) losses_.lose(rest.size(), "the server stops");
    for (const Waiting& waiting : rest) {
      if (waiting.told) waiting.told(false);
    }
    return all;
  }

 private:
  std::vector<Waiting> leave_behind() {
    std::vector<Waiting> rest;
    while (!batcher_.empty()) {
      for (Waiting& waiting : batcher_.take(base::SteadyClock::now())) {
        rest.push_back(std::move(waiting));
      }
    }
    return rest;
  }

  // Returns how many bytes the batch has held.
  std::size_t deliver(std::vector<Waiting>& batch) {
    std::size_t bytes = 0;
    std::vector<Event*> events;
    for (Waiting& waiting : batch) {
      bytes += waiting.event.size();
      events.push_back(&waiting.event);
    }
    std::vector<bool> stored(batch.size(), false);
    std::size_t told_of = 0;
    for (const EventList& list : event_lists(events, options_.sizes)) {
      told_of += list.events.size();
      const std::string why = send_until_stored(list.body);
      if (!why.empty()) losses_.lose(list.events.size(), why);
      for (const std::size_t i : list.events) stored[i] = why.empty();
    }
    if (told_of < batch.size()) {
      too_large_.lose(batch.size() - told_of, "events are too large even without their bodies");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].told) batch[i].told(stored[i]);
    }
    return bytes;
  }

  // Why it could not be stored; empty: it was.
  std::string send_until_stored(const std::string& body) {
    Backoff backoff(options_.initial_backoff);
    while (true) {
      std::string why = send_(body, give_up_);
      count_attempt(why.empty());
      if (why.empty()) return why;
      const auto wait = backoff.next(chance());
      if (!wait || !pause(*wait)) return why;
      losses_.complain(why);
    }
  }

  // False when there is no time left. A stop cuts the wait short: one more attempt, and no other.
  bool pause(std::chrono::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    pause_.wait_for(lock, wait, [this] { return stopping_; });
    const bool last = stopping_ && !std::exchange(tried_at_end_, true);
    return !give_up_ && (!stopping_ || last);
  }

  const WebhookOptions options_;
  const Send send_;
  const std::size_t max_batch_;
  Losses losses_{kName};
  Losses too_large_{kTooLarge};

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // of threads without work
  std::condition_variable pause_;  // of those between two attempts
  std::condition_variable over_;
  Batcher batcher_;
  int running_;
  bool stopping_ = false;
  bool tried_at_end_ = false;
  std::atomic<bool> give_up_{false};
};

WebhookBackend::WebhookBackend(const WebhookOptions& options, Send send)
    : delivery_(options.delivery) {
  const int threads = delivery_ == Delivery::batch ? kBatchSenders : kBlockingSenders;
  sender_ = std::make_shared<Sender>(options, std::move(send), threads);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([sender = sender_] { sender->run(); });
    pthread_setname_np(threads_.back().native_handle(), "limen-audit-web");
  }
}

WebhookBackend::~WebhookBackend() {
  const bool ended = sender_->stop();
  if (!ended) log::error("the audit webhook does not take the last events", {});
  for (std::thread& thread : threads_) ended ? thread.join() : thread.detach();
}

bool WebhookBackend::take(Event event) { return sender_->take({std::move(event), nullptr}); }
bool WebhookBackend::has_room() const { return sender_->has_room(); }
void WebhookBackend::take_and_tell(Event event, std::function<void(bool)> told) {
  sender_->take({std::move(event), std::move(told)});
}

}  // namespace limen::audit
