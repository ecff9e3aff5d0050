#include "watch/group.h"

#include <algorithm>
#include <utility>

namespace limen::watch {

Group::Group(std::shared_ptr<const Log> log, Published published, base::Executor& loop,
             std::weak_ptr<Hub::Groups> hub)
    : log_(std::move(log)),
      published_(std::move(published)),
      loop_(loop),
      hub_(std::move(hub)),
      dispatched_(log_->end()) {}

std::shared_ptr<Watcher> Group::add(std::string_view ns, Sequence next, std::int64_t revision,
                                    std::function<void()> wake) {
  auto watcher = std::make_shared<Watcher>();
  watcher->ns = ns;
  watcher->next = next;
  watcher->position = revision;
  watcher->wake = std::move(wake);
  const std::lock_guard lock(mutex_);
  List& list = ns.empty() ? everywhere_ : by_ns_[watcher->ns];
  watcher->index = list.size();
  list.push_back(watcher);
  ++count_;
  if (next < dispatched_) mark_past(watcher);
  return watcher;
}

void Group::mark_past(const std::shared_ptr<Watcher>& watcher) {
  if (watcher->ns.empty()) {
    watcher->pending = true;
    overdue_.push_back(watcher);
    return;
  }
  log_->visit(watcher->next, [&](Sequence at, const Entry& entry) {
    if (at < dispatched_ && entry.ns == watcher->ns) mark(watcher, at, overdue_);
  });
}

void Group::remove(Watcher& watcher) {
  watcher.alive = false;
  if (!watcher.waking) watcher.wake = nullptr;
  bool empty = false;
  {
    const std::lock_guard lock(mutex_);
    const auto own = by_ns_.find(watcher.ns);
    List& list = watcher.ns.empty() ? everywhere_ : own->second;
    list.back()->index = watcher.index;
    std::swap(list[watcher.index], list.back());
    list.pop_back();
    if (list.empty() && !watcher.ns.empty()) by_ns_.erase(own);
    empty = --count_ == 0;
  }
  if (!empty) return;
  // The loop may end soon: nothing may be posted to it on behalf of nobody.
  const auto hub = hub_.lock();
  if (!hub) return;
  const std::lock_guard lock(hub->mutex);
  if (size() == 0) std::erase(hub->list, shared_from_this());
}

std::size_t Group::size() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::vector<EventPtr> Group::take(Watcher& watcher, std::size_t limit) {
  std::vector<EventPtr> events;
  const std::lock_guard lock(mutex_);
  if (watcher.lost || !watcher.pending) return events;
  const auto next = log_->read(watcher.next, watcher.ns, limit, events, watcher.position);
  if (!next) {
    watcher.lost = true;
    return events;
  }
  watcher.next = *next;
  if (limit == 0 || events.size() < limit) watcher.pending = false;
  return events;
}

bool Group::lost(const Watcher& watcher) const {
  const std::lock_guard lock(mutex_);
  return watcher.lost || (watcher.pending && watcher.next < log_->first());
}

std::int64_t Group::position(Watcher& watcher) {
  // In this order: an entry up to `published` was in the log before `published` was set, so when
  // the group has told of the whole log and the watcher has nothing pending, it has taken all of
  // it.
  const std::int64_t published = published_->load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  if (!watcher.pending && !watcher.lost && log_->end() == dispatched_) {
    watcher.position = std::max(watcher.position, published);
  }
  return watcher.position;
}

void Group::post() {
  if (posted_.exchange(true)) return;
  loop_.post([group = shared_from_this()] { group->dispatch(); });
}

void Group::dispatch() {
  posted_.store(false);
  List ready;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(overdue_);
    mark_new(ready);
  }
  // Outside the lock: a wake may end this or another watch.
  for (const auto& watcher : ready) {
    if (!watcher->alive) continue;
    watcher->waking = true;
    watcher->wake();
    watcher->waking = false;
    if (!watcher->alive) watcher->wake = nullptr;
  }
}

void Group::mark_new(List& ready) {
  if (dispatched_ < log_->first()) {
    // The log was trimmed before the group came to it: nobody can tell whom that concerned.
    const auto lose = [&](const std::shared_ptr<Watcher>& watcher) {
      if (watcher->lost || watcher->next >= log_->first()) return;
      watcher->lost = true;
      if (!watcher->pending) ready.push_back(watcher);
      watcher->pending = true;
    };
    std::for_each(everywhere_.begin(), everywhere_.end(), lose);
    for (auto& [ns, list] : by_ns_) std::for_each(list.begin(), list.end(), lose);
  }
  const bool by_ns = !by_ns_.empty();
  const Sequence end = log_->visit(dispatched_, [&](Sequence at, const Entry& entry) {
    if (!by_ns || entry.ns.empty()) return;
    const auto list = by_ns_.find(std::string(entry.ns));
    if (list == by_ns_.end()) return;
    for (const auto& watcher : list->second) mark(watcher, at, ready);
  });
  mark_all(everywhere_, end, ready);
  dispatched_ = end;
}

void Group::mark_all(List& list, Sequence end, List& ready) {
  for (const auto& watcher : list) {
    if (watcher->pending || watcher->next >= end) continue;
    watcher->pending = true;
    ready.push_back(watcher);
  }
}

void Group::mark(const std::shared_ptr<Watcher>& watcher, Sequence at, List& ready) {
  if (watcher->pending || at < watcher->next) return;
  watcher->pending = true;
  watcher->next = at;
  ready.push_back(watcher);
}

}  // namespace limen::watch
