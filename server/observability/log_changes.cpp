#include "observability/log_changes.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace limen::log {

namespace {

struct Listeners {
  std::mutex mutex;
  std::vector<const ChangeListener*> all;
};

// Never freed: the log is used until the last moment of the program.
Listeners& listeners() {
  static auto* const made = new Listeners;
  return *made;
}

}  // namespace

ChangeListener::ChangeListener(std::function<void()> changed) : changed_(std::move(changed)) {
  const std::lock_guard lock(listeners().mutex);
  listeners().all.push_back(this);
}

ChangeListener::~ChangeListener() {
  const std::lock_guard lock(listeners().mutex);
  std::erase(listeners().all, this);
}

void tell_listeners() {
  const std::lock_guard lock(listeners().mutex);
  for (const ChangeListener* one : listeners().all) one->changed()();
}

}  // namespace limen::log
