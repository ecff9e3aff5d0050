#include "controllers/key_queue.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "observability/log.h"

namespace limen::controllers {

KeyQueue::KeyQueue(Scope& scope, std::string_view name, Look look)
    : scope_(scope), name_(name), look_(std::move(look)) {}

void KeyQueue::add(const std::string& key) {
  if (scope_.ending()) return;
  waiting_.insert(key);
  start_some();
}

void KeyQueue::start_some() {
  for (auto next = waiting_.begin(); next != waiting_.end() && busy_.size() < kAtOnce;) {
    if (busy_.contains(*next)) {
      ++next;
      continue;
    }
    std::string key = *next;
    waiting_.erase(next);
    busy_.insert(key);
    scope_.spawn(name_, run(std::move(key)));
    next = waiting_.begin();  // the task may have changed the set
  }
}

base::Task<void> KeyQueue::run(std::string key) {
  bool satisfied = false;
  try {
    satisfied = co_await look_(key);
  } catch (const std::exception& error) {
    log::warn("a controller will try again",
              {{"controller", name_}, {"key", key}, {"error", error.what()}});
  }
  busy_.erase(key);
  if (satisfied) {
    delays_.erase(key);
  } else if (!scope_.ending() && repeating_.insert(key).second) {
    scope_.spawn(name_, repeat(key));
  }
  if (!scope_.ending()) start_some();
}

base::Task<void> KeyQueue::repeat(std::string key) {
  std::chrono::milliseconds& delay = delays_[key];
  delay = std::min(std::max(delay * 2, kFirstDelay), kLongestDelay);
  const std::chrono::milliseconds now = delay;
  co_await scope_.sleep(now);
  repeating_.erase(key);
  add(key);
}

}  // namespace limen::controllers
