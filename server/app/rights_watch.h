// RightsWatch: puts a short while between the news that rights have changed and what is done about
// it, so that many changes close together (a policy applied with kubectl) are answered once.
//
// Any thread. What is done runs on a thread of its own, one call at a time, and not after the
// RightsWatch is gone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace limen::app {

class RightsWatch {
 public:
  using Duration = std::chrono::nanoseconds;

  explicit RightsWatch(std::function<void()> answer,
                       Duration settle = std::chrono::milliseconds(500));
  RightsWatch(const RightsWatch&) = delete;
  RightsWatch& operator=(const RightsWatch&) = delete;
  ~RightsWatch();

  // Rights have changed: answered a `settle` later, with all that happens until then.
  void changed();

 private:
  void run();

  const std::function<void()> answer_;
  const Duration settle_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool changed_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses what stands above
};

}  // namespace limen::app
