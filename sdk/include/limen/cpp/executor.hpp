// Executor: work on the host's worker threads, now or later. It may block. Any thread.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "limen/cpp/log.hpp"
#include "limen/cpp/result.hpp"
#include "limen/executor.h"

namespace limen {

class Executor {
 public:
  Executor(const limen_host* host, const limen_executor_api* api, Log log)
      : host_(host), api_(api), log_(log) {}
  explicit operator bool() const { return api_ != nullptr; }

  // Runs `work` once, never inside this call. When the plugin stops first it is dropped unrun. An
  // error: the queue is full or the plugin has stopped; `work` is dropped then too. What `work`
  // throws is logged. Posting belongs into start() or later, not into the constructor.
  Result<void> post(std::function<void()> work) const { return submit(-1, std::move(work)); }
  Result<void> post_after(std::chrono::nanoseconds delay, std::function<void()> work) const {
    return submit(delay.count() < 0 ? 0 : delay.count(), std::move(work));
  }

 private:
  struct Job {
    std::function<void()> work;
    Log log;
    static void run(void* arg, limen_status status) noexcept {
      const std::unique_ptr<Job> job(static_cast<Job*>(arg));
      if (status != LIMEN_OK) return;
      try {
        job->work();
      } catch (const std::exception& error) {
        job->log.error("posted work failed", {{"error", error.what()}});
      } catch (...) {
        job->log.error("posted work failed");
      }
    }
  };

  Result<void> submit(std::int64_t delay_ns, std::function<void()> work) const {
    if (api_ == nullptr) return Error{"limen.executor/1 is not offered", LIMEN_E_UNSUPPORTED};
    auto job = std::make_unique<Job>(Job{std::move(work), log_});
    const limen_status status = delay_ns < 0
                                    ? api_->post(host_, &Job::run, job.get())
                                    : api_->post_after(host_, delay_ns, &Job::run, job.get());
    if (status == LIMEN_OK) job.release();
    return detail::from_status(status, "work could not be posted");
  }

  const limen_host* host_;
  const limen_executor_api* api_;
  Log log_;
};

}  // namespace limen
