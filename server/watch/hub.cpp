#include "watch/hub.h"

#include <algorithm>
#include <utility>

#include "watch/group.h"

namespace limen::watch {

Subscription::~Subscription() { group_->remove(*watcher_); }

std::vector<EventPtr> Subscription::take(std::size_t limit) {
  return group_->take(*watcher_, limit);
}

bool Subscription::lost() const { return group_->lost(*watcher_); }

std::int64_t Subscription::position() const { return group_->position(*watcher_); }

Hub::Hub(std::shared_ptr<const Log> log, Published published)
    : groups_(std::make_shared<Groups>()), log_(std::move(log)), published_(std::move(published)) {}

std::unique_ptr<Subscription> Hub::subscribe(std::string_view ns, std::int64_t revision,
                                             base::Executor& loop, std::function<void()> wake) {
  std::shared_ptr<Group> group;
  std::shared_ptr<Watcher> watcher;
  bool behind = false;
  {
    const std::lock_guard lock(groups_->mutex);
    const auto next = log_->after(revision);
    if (!next) return nullptr;
    const auto found = std::find_if(groups_->list.begin(), groups_->list.end(),
                                    [&](const auto& one) { return &one->loop() == &loop; });
    if (found != groups_->list.end()) {
      group = *found;
    } else {
      group = std::make_shared<Group>(log_, published_, loop, groups_);
      groups_->list.push_back(group);
    }
    watcher = group->add(ns, *next, revision, std::move(wake));
    behind = *next < log_->end();
  }
  if (behind) group->post();
  return std::make_unique<Subscription>(std::move(group), std::move(watcher));
}

void Hub::notify() {
  const std::lock_guard lock(groups_->mutex);
  for (const auto& group : groups_->list) group->post();
}

std::size_t Hub::watchers() const {
  const std::lock_guard lock(groups_->mutex);
  std::size_t count = 0;
  for (const auto& group : groups_->list) count += group->size();
  return count;
}

}  // namespace limen::watch
