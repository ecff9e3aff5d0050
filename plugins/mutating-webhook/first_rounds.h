// FirstRounds: what the first round of a write's webhooks leaves for the second one, so that nobody
// is asked a third time, or for the first time in the second round.
//
// By the number of the write. Bounded: when full, the oldest goes, and that write's webhooks are
// not asked again. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "common/admission_webhook/configurations.h"
#include "common/digest.h"

namespace limen::webhooks {

struct FirstRound {
  std::shared_ptr<const Configurations::List> list;
  // Indexes into the list: who was asked once and may be asked again, and of them those after whom
  // another webhook changed the object.
  std::set<std::size_t> called, due;
  plugins::Digest left{};  // the object as the webhooks left it
};

class FirstRounds {
 public:
  static constexpr std::size_t kMost = 4096;

  void remember(std::uint64_t write, FirstRound round) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!rounds_.insert_or_assign(write, std::move(round)).second) return;
    order_.push_back(write);
    if (order_.size() <= kMost) return;
    rounds_.erase(order_.front());
    order_.pop_front();
  }

  // Forgets it. Nothing when there was none.
  std::optional<FirstRound> take(std::uint64_t write) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = rounds_.find(write);
    if (found == rounds_.end()) return std::nullopt;
    std::optional<FirstRound> out = std::move(found->second);
    rounds_.erase(found);
    std::erase(order_, write);
    return out;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, FirstRound> rounds_;
  std::deque<std::uint64_t> order_;  // the oldest first; one entry for each round
};

}  // namespace limen::webhooks
