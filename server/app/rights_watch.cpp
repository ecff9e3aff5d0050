#include "app/rights_watch.h"

#include <utility>

namespace limen::app {

RightsWatch::RightsWatch(std::function<void()> answer, Duration settle)
    : answer_(std::move(answer)), settle_(settle), thread_([this] { run(); }) {}

RightsWatch::~RightsWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void RightsWatch::changed() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(changed_, true)) return;
  }
  wake_.notify_one();
}

void RightsWatch::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return changed_ || stopping_; });
    if (wake_.wait_for(lock, settle_, [this] { return stopping_; })) return;
    changed_ = false;
    lock.unlock();
    answer_();
    lock.lock();
  }
}

}  // namespace limen::app
