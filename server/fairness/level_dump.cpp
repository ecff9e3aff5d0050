#include <algorithm>

#include "fairness/level.h"
#include "object/metadata.h"

namespace limen::fairness {

LevelDump Level::dump(bool with_details) const {
  const auto request = [with_details](const Place& place, std::int64_t index) {
    RequestDump made;
    made.schema = place.schema_;
    made.distinguisher = place.distinguisher_;
    made.index = index;
    made.work = place.work_;
    made.arrived = place.arrived_;
    if (index < 0) made.started = place.started_;
    if (!with_details) return made;
    const request::RequestInfo& info = *place.info_;
    made.user = place.user_->name;
    made.verb = info.verb;
    made.path = info.path;
    made.ns = info.ns;
    made.name = info.name;
    if (info.is_resource) made.group_version = object::group_version(info.group, info.version);
    made.resource = info.resource;
    made.subresource = info.subresource;
    return made;
  };
  const std::lock_guard lock(mutex_);
  LevelDump level;
  level.name = name_;
  level.queues = spec_.queues;
  level.waiting = waiting_;
  level.executing = executing_;
  level.dispatched = dispatched_;
  level.rejected = rejected_;
  level.timed_out = timed_out_;
  level.cancelled = cancelled_;
  level.seats = seats_;
  level.limit = limit_;
  for (const auto& [index, queue] : queues_) {
    QueueDump one;
    one.index = index;
    one.waiting = queue.waiting.size();
    one.executing = queue.executing.size();
    one.seats = queue.seats;
    one.next_start = queue.next_start;
    one.work = queue.waiting_work;
    std::int64_t position = 0;
    for (const Place& place : queue.waiting) {
      one.initial_seats += place.work_.seats;
      one.widths += place.work_.width();
      one.requests.push_back(request(place, position++));
    }
    for (const Place& place : queue.executing) one.requests.push_back(request(place, -1));
    level.active.push_back(std::move(one));
  }
  std::sort(level.active.begin(), level.active.end(),
            [](const QueueDump& left, const QueueDump& right) { return left.index < right.index; });
  for (const Place& place : queueless_) level.queueless.push_back(request(place, -1));
  return level;
}

}  // namespace limen::fairness
