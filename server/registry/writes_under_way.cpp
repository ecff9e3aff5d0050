#include "registry/writes_under_way.h"

namespace limen::registry {

WritesUnderWay::Token WritesUnderWay::begin(std::string_view ns) {
  Token token;
  token.ns_ = ns;
  const std::lock_guard<std::mutex> lock(mutex_);
  token.number_ = ++last_;
  open_[token.ns_].insert(token.number_);
  token.writes_ = this;
  return token;
}

std::uint64_t WritesUnderWay::mark() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

bool WritesUnderWay::ended(std::string_view ns, std::uint64_t mark) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto open = open_.find(ns);
  return open == open_.end() || *open->second.begin() > mark;
}

void WritesUnderWay::end(const std::string& ns, std::uint64_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto open = open_.find(ns);
  open->second.erase(number);
  if (open->second.empty()) open_.erase(open);
}

WritesUnderWay& writes_under_way() {
  static WritesUnderWay writes;
  return writes;
}

}  // namespace limen::registry
