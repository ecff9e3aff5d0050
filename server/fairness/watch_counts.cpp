#include "fairness/watch_counts.h"

#include <mutex>
#include <string_view>
#include <unordered_map>

namespace limen::fairness {

struct WatchCounts::State {
  mutable std::mutex mutex;
  std::unordered_map<std::string, std::size_t> counts;
};

namespace {

// No part holds a NUL: requests with one are refused before.
std::string key_of(const request::RequestInfo& info, std::string_view ns, std::string_view name) {
  std::string key(info.group);
  for (const std::string_view part : {std::string_view(info.resource), ns, name}) {
    key += '\0';
    key += part;
  }
  return key;
}

}  // namespace

WatchCounts::WatchCounts() : state_(std::make_shared<State>()) {}

WatchCounts::Registration::~Registration() {
  if (!of_) return;
  const std::lock_guard lock(of_->mutex);
  const auto found = of_->counts.find(key_);
  if (found != of_->counts.end() && --found->second == 0) of_->counts.erase(found);
}

WatchCounts::Registration WatchCounts::add(const request::RequestInfo& watch) {
  // A kubelet watches the pods of its node: most writes of pods do not concern it.
  if (watch.field_selector.find("spec.nodeName=") != std::string::npos) return {};
  std::string key = key_of(watch, watch.ns, watch.name);
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->counts[key];
  }
  return {state_, std::move(key)};
}

std::size_t WatchCounts::concerned(const request::RequestInfo& write) const {
  std::size_t sum = 0;
  const std::lock_guard lock(state_->mutex);
  if (state_->counts.empty()) return 0;
  const auto count = [&](std::string_view ns, std::string_view name) {
    const auto found = state_->counts.find(key_of(write, ns, name));
    if (found != state_->counts.end()) sum += found->second;
  };
  count("", "");
  if (!write.ns.empty()) count(write.ns, "");
  if (!write.name.empty()) {
    count("", write.name);
    if (!write.ns.empty()) count(write.ns, write.name);
  }
  return sum;
}

}  // namespace limen::fairness
