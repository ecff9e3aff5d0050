// HttpPool: outbound connections that wait for their next request.
//
// They are kept by where they lead and what they trust and show in TLS, so that a request never
// travels on a connection that was verified for another. Bounded: when full, the one idle longest
// is closed; none is idle longer than kIdleTime. Any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/executor.h"
#include "modules/http_connection.h"

namespace limen::modules {

class HttpPool : public std::enable_shared_from_this<HttpPool> {
 public:
  static constexpr std::size_t kMaxIdle = 32;
  static constexpr std::chrono::seconds kIdleTime{30};

  // `timers` close what has been idle too long, and outlive the pool.
  static std::shared_ptr<HttpPool> make(base::Executor& timers,
                                        std::chrono::nanoseconds idle_time = kIdleTime) {
    return std::shared_ptr<HttpPool>(new HttpPool(timers, idle_time));
  }
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  // The connection used last that may serve `key` and has been silent since; null when there is
  // none.
  std::unique_ptr<HttpConnection> take(const std::string& key);
  // Keeps a reusable connection; closes any other.
  void give(const std::string& key, std::unique_ptr<HttpConnection> connection);
  std::size_t size() const;

 private:
  struct Idle {
    std::string key;
    std::unique_ptr<HttpConnection> connection;
    base::Deadline until;
  };

  HttpPool(base::Executor& timers, std::chrono::nanoseconds idle_time)
      : timers_(timers), idle_time_(idle_time) {}
  void schedule_locked();
  void sweep();

  base::Executor& timers_;
  const std::chrono::nanoseconds idle_time_;
  mutable std::mutex mutex_;
  std::list<Idle> idle_;  // the one used last first
  bool scheduled_ = false;
};

}  // namespace limen::modules
