#include "request/live_requests.h"

#include <utility>

namespace limen::request {

// Asks about one entry that was not ended yet; posts its end when it must.
bool LiveRequests::judged(const Judge& judge, Entry& entry) {
  if (!judge || !entry.end || !entry.credential) return false;
  const std::optional<base::ApiError> why = judge(*entry.credential);
  if (!why) return false;
  entry.loop->post([end = std::exchange(entry.end, nullptr), why = *why] { end(why); });
  return true;
}

LiveRequests::Registration LiveRequests::add(base::Executor& loop,
                                             std::shared_ptr<const Credential> credential,
                                             End end) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = ++last_id_;
  Entry& entry = entries_[id];
  entry = {&loop, std::move(credential), std::move(end)};
  judged(judge_, entry);
  return {this, id};
}

std::size_t LiveRequests::end_if(Judge judge) {
  const std::lock_guard lock(mutex_);
  judge_ = std::move(judge);
  std::size_t ended = 0;
  for (auto& [id, entry] : entries_) ended += judged(judge_, entry) ? 1 : 0;
  return ended;
}

std::size_t LiveRequests::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void LiveRequests::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

}  // namespace limen::request
