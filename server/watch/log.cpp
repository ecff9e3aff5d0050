#include "watch/log.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace limen::watch {

void Log::drop_first() {
  trimmed_ = entries_.front().revision;
  bytes_ -= entries_.front().bytes;
  entries_.pop_front();
  ++first_;
}

void Log::append(Entry entry) {
  std::deque<Entry> dropped;  // freed after the lock
  {
    const std::unique_lock lock(mutex_);
    bytes_ += entry.bytes;
    entries_.push_back(std::move(entry));
    while (bytes_ > max_bytes_ && entries_.size() > 1) {
      dropped.push_back(entries_.front());
      drop_first();
    }
  }
}

void Log::trim(std::int64_t revision) {
  std::vector<EventPtr> dropped;
  {
    const std::unique_lock lock(mutex_);
    while (!entries_.empty() && entries_.front().revision <= revision) {
      dropped.push_back(entries_.front().event);
      drop_first();
    }
    trimmed_ = std::max(trimmed_, revision);
  }
}

void Log::cut(std::int64_t revision) {
  std::deque<Entry> dropped;
  {
    const std::unique_lock lock(mutex_);
    first_ += entries_.size() + 1;
    dropped.swap(entries_);
    trimmed_ = std::max(trimmed_, revision);
    bytes_ = 0;
  }
}

Sequence Log::first() const {
  const std::shared_lock lock(mutex_);
  return first_;
}

Sequence Log::end() const {
  const std::shared_lock lock(mutex_);
  return first_ + entries_.size();
}

std::int64_t Log::trimmed() const {
  const std::shared_lock lock(mutex_);
  return trimmed_;
}

std::size_t Log::bytes() const {
  const std::shared_lock lock(mutex_);
  return bytes_;
}

std::optional<Sequence> Log::after(std::int64_t revision) const {
  const std::shared_lock lock(mutex_);
  if (revision < trimmed_) return std::nullopt;
  const auto next =
      std::upper_bound(entries_.begin(), entries_.end(), revision,
                       [](std::int64_t left, const Entry& right) { return left < right.revision; });
  return first_ + static_cast<Sequence>(next - entries_.begin());
}

std::optional<Sequence> Log::read(Sequence from, std::string_view ns, std::size_t limit,
                                  std::vector<EventPtr>& out, std::int64_t& last) const {
  const std::shared_lock lock(mutex_);
  if (from < first_) return std::nullopt;
  std::size_t taken = 0;
  std::size_t index = static_cast<std::size_t>(from - first_);
  for (; index < entries_.size() && (limit == 0 || taken < limit); ++index) {
    const Entry& entry = entries_[index];
    if (!ns.empty() && entry.ns != ns) continue;
    out.push_back(entry.event);
    last = entry.revision;
    ++taken;
  }
  return first_ + index;
}

Sequence Log::visit(Sequence from,
                    const std::function<void(Sequence, const Entry&)>& visitor) const {
  const std::shared_lock lock(mutex_);
  const Sequence start = std::max(from, first_);
  for (std::size_t index = static_cast<std::size_t>(start - first_); index < entries_.size();
       ++index) {
    visitor(first_ + index, entries_[index]);
  }
  return first_ + entries_.size();
}

}  // namespace limen::watch
