#include "verifier.h"

#include <utility>

namespace limen::plugins {

Digest Verifier::key_of(const std::string& user, const std::string& password) const {
  // A user name holds no colon in HTTP's Basic scheme, so no two pairs run together.
  return digest_(user + ":" + password);
}

bool Verifier::remembers(const Digest& key) {
  const std::int64_t now = host_.clock().unix_seconds();
  const std::lock_guard lock(mutex_);
  const auto found = right_until_.find(key);
  if (found == right_until_.end()) return false;
  if (found->second > now) return true;
  right_until_.erase(found);
  return false;
}

void Verifier::forget() {
  const std::lock_guard lock(mutex_);
  ++epoch_;
  right_until_.clear();
  open_.clear();  // what still runs answers those who asked, and nobody else joins it
}

void Verifier::verify(const Digest& key, const std::string& source, std::function<bool()> compare,
                      Told told) {
  if (!join_or_queue(key, source, compare, told)) {
    told(Answer::too_busy);
    return;
  }
  run_next();
}

bool Verifier::join_or_queue(const Digest& key, const std::string& source,
                             std::function<bool()>& compare, Told& told) {
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(key); found != open_.end()) {
    found->second->told.push_back(std::move(told));
    return true;
  }
  if (waiting_.size() >= kMaxWaiting) return false;
  std::size_t& of_source = waiting_of_[source];
  if (of_source >= kMaxWaitingOfSource) return false;
  ++of_source;
  auto work = std::make_shared<Work>(Work{key, source, std::move(compare), {}, epoch_});
  work->told.push_back(std::move(told));
  waiting_.push_back(work);
  open_.emplace(key, std::move(work));
  return true;
}

void Verifier::run_next() {
  WorkPtr work;
  {
    const std::lock_guard lock(mutex_);
    if (running_ >= threads_ || waiting_.empty()) return;
    work = std::move(waiting_.front());
    waiting_.pop_front();
    const auto of_source = waiting_of_.find(work->source);
    if (--of_source->second == 0) waiting_of_.erase(of_source);
    ++running_;
  }
  const Result<void> posted =
      host_.executor().post([this, work] { finish(work, work->compare()); });
  if (!posted.ok()) finish(work, false);
}

void Verifier::finish(const WorkPtr& work, bool right) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    told = std::move(work->told);
    if (work->epoch == epoch_) {
      open_.erase(work->key);
      if (right) remember(work->key);
    }
  }
  for (const Told& one : told) one(right ? Answer::right : Answer::wrong);
  run_next();
}

void Verifier::remember(const Digest& key) {
  if (remember_seconds_ <= 0) return;
  // Full of credentials that were right: rare, and to forget them costs one comparison each.
  if (right_until_.size() >= kMaxRemembered) right_until_.clear();
  right_until_[key] = host_.clock().unix_seconds() + remember_seconds_;
}

}  // namespace limen::plugins
