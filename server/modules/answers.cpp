#include "modules/answers.h"

#include <utility>

namespace limen::modules {

std::uint64_t Answers::owe(Give give) {
  const std::lock_guard lock(mutex_);
  if (workers_ == nullptr || owed_.size() >= kMaxOwed) return 0;
  owed_.emplace(++last_, std::move(give));
  return last_;
}

void Answers::finish(std::uint64_t number, limen_status status) {
  const std::lock_guard lock(mutex_);
  const auto found = owed_.find(number);
  if (found == owed_.end()) return;
  // Within the lock, as stop() is: the pool still takes it.
  workers_->submit([give = std::move(found->second),
                    status](bool cancelled) { give(cancelled ? LIMEN_E_CANCELLED : status); },
                   true);
  owed_.erase(found);
}

void Answers::take_back(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  owed_.erase(number);
}

void Answers::stop() {
  const std::lock_guard lock(mutex_);
  if (workers_ == nullptr) return;
  for (auto& [number, give] : owed_) {
    workers_->submit([give = std::move(give)](bool) { give(LIMEN_E_CANCELLED); }, true);
  }
  owed_.clear();
  workers_ = nullptr;
}

}  // namespace limen::modules
