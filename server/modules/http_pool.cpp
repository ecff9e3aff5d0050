#include "modules/http_pool.h"

#include <utility>

namespace limen::modules {

// Connections are closed outside the lock: TLS says goodbye to the other side.

std::unique_ptr<HttpConnection> HttpPool::take(const std::string& key) {
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  const base::Deadline now = base::SteadyClock::now();
  for (auto one = idle_.begin(); one != idle_.end();) {
    const auto here = one++;
    if (here->key != key) continue;
    if (here->until > now && !here->connection->has_news()) {
      std::unique_ptr<HttpConnection> found = std::move(here->connection);
      idle_.erase(here);
      return found;
    }
    dropped.splice(dropped.end(), idle_, here);
  }
  return nullptr;
}

void HttpPool::give(const std::string& key, std::unique_ptr<HttpConnection> connection) {
  if (!connection->is_reusable()) return;
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  idle_.push_front({key, std::move(connection), base::SteadyClock::now() + idle_time_});
  if (idle_.size() > kMaxIdle) dropped.splice(dropped.end(), idle_, std::prev(idle_.end()));
  schedule_locked();
}

std::size_t HttpPool::size() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void HttpPool::schedule_locked() {
  if (scheduled_ || idle_.empty()) return;
  scheduled_ = true;
  timers_.post_at(idle_.back().until, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void HttpPool::sweep() {
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  const base::Deadline now = base::SteadyClock::now();
  while (!idle_.empty() && idle_.back().until <= now) {
    dropped.splice(dropped.end(), idle_, std::prev(idle_.end()));
  }
  scheduled_ = false;
  schedule_locked();
}

}  // namespace limen::modules
