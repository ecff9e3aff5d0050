// KeyQueue: the objects a controller has to look at, each by one task at a time.
//
// A key that is added while it waits is looked at once; one added while it is being looked at, once
// more. A look that is not satisfied is repeated, later each time. Thread rule: the loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/task.h"
#include "controllers/scope.h"

namespace limen::controllers {

class KeyQueue {
 public:
  // True when all is as it should be; false: look again after a while.
  using Look = std::function<base::Task<bool>(std::string key)>;

  static constexpr std::size_t kAtOnce = 16;
  static constexpr std::chrono::milliseconds kFirstDelay{50};
  static constexpr std::chrono::milliseconds kLongestDelay{10'000};

  // All outlive the queue's tasks, which end with the scope.
  KeyQueue(Scope& scope, std::string_view name, Look look);

  void add(const std::string& key);
  // True when nothing waits or runs; what will be repeated later does not count.
  bool idle() const { return waiting_.empty() && busy_.empty(); }

 private:
  void start_some();
  base::Task<void> run(std::string key);
  base::Task<void> repeat(std::string key);

  Scope& scope_;
  const std::string_view name_;
  const Look look_;
  std::set<std::string> waiting_;
  std::set<std::string> busy_;
  std::set<std::string> repeating_;
  std::map<std::string, std::chrono::milliseconds> delays_;
};

}  // namespace limen::controllers
