// Background: what one module instance lets the host do for it outside a call: posted work, timers
// and HTTP requests ("limen.executor/1", "limen.http/1").
//
// Posted work and HTTP have worker pools of their own, so that calls that block and wait for either
// still get it. Everything accepted is answered exactly once, at the latest by stop(). Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/worker_pool.h"
#include "limen/limen.h"
#include "modules/answers.h"
#include "modules/executor_thread.h"
#include "modules/http_client.h"
#include "modules/http_pool.h"

namespace limen::modules {

class Background {
 public:
  static constexpr std::size_t kMaxQueued = 4096;
  static constexpr std::size_t kMaxTimers = 10'000;
  static constexpr std::size_t kMaxRequests = 1024;  // waiting for a thread
  // Threads for HTTP, which wait for others and cost little meanwhile: so many answers may fail to
  // come before requests wait for a thread. They start when they are needed.
  static constexpr std::size_t kSenders = 64;
  using Work = void (*)(void* arg, limen_status status);
  using Done = void (*)(void* arg, limen_status status, const limen_http_response* response);

  Background(const std::string& instance, ExecutorThread& timers, std::size_t threads);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  limen_status post(Work fn, void* arg);
  limen_status post_after(std::int64_t delay_ns, Work fn, void* arg);
  limen_status send(limen_call* parent, const limen_http_request& request, Done done, void* arg);
  // What ends elsewhere and is told on a worker thread.
  const std::shared_ptr<Answers>& answers() const { return answers_; }

  // Cancels what waits, then waits for what runs. False when something still runs at `deadline`.
  bool stop(base::Deadline deadline);

 private:
  struct Timer {
    Work fn;
    void* arg;
  };
  void fire(std::uint64_t timer);
  struct Sending;
  void send_later(const std::shared_ptr<Sending>& sending);

  ExecutorThread& timers_;
  const std::shared_ptr<HttpPool> connections_;
  base::WorkerPool workers_;
  const std::shared_ptr<Answers> answers_;
  base::WorkerPool senders_;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::mutex mutex_;
  std::map<std::uint64_t, Timer> waiting_;
  std::uint64_t last_timer_ = 0;
  bool stopped_ = false;
};

}  // namespace limen::modules
