#include "request/live_requests.h"

#include <exception>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "observability/metrics.h"

namespace limen::request {

namespace {

// How many are asked before other work of the loop has its turn.
constexpr std::size_t kTurn = 64;

metrics::Counter& ended_by(std::string_view why) {
  return metrics::counter("limen_watches_ended_total",
                          "Watches ended because what they rested on has gone.", {"reason"})
      .with({why});
}

// Lets the loop do what is waiting.
base::Task<void> yield(base::Executor& loop) {
  const base::OneShot<bool> turn(loop);
  loop.post([turn] { turn.set(true); });
  co_await turn;
}

}  // namespace

class LiveRequests::State : public std::enable_shared_from_this<State> {
 public:
  Registration add(base::Executor& loop, Grounds grounds, End end) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = ++last_id_;
    const bool missed_a_change = grounds.rights != rights_;
    Entry& entry = entries_[id];
    entry = {&loop, std::move(grounds), std::move(end)};
    judged(entry);
    if (missed_a_change) walk_on(loop, {id});
    return {shared_from_this(), id};
  }

  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    entries_.erase(id);
  }

  std::size_t end_if(Judge judge) {
    const std::lock_guard lock(mutex_);
    judge_ = std::move(judge);
    std::size_t ended = 0;
    for (auto& [id, entry] : entries_) ended += judged(entry) ? 1 : 0;
    return ended;
  }

  void ask_again() {
    const std::lock_guard lock(mutex_);
    ++rights_;
    std::map<base::Executor*, std::vector<std::uint64_t>> by_loop;
    for (const auto& [id, entry] : entries_) by_loop[entry.loop].push_back(id);
    for (auto& [loop, ids] : by_loop) walk_on(*loop, std::move(ids));
  }

  std::uint64_t rights() const {
    const std::lock_guard lock(mutex_);
    return rights_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    base::Executor* loop;
    Grounds grounds;
    End end;  // null: it has been told
  };
  // Some requests of one loop, on the way through them.
  struct Walk {
    base::Executor& loop;
    std::vector<std::uint64_t> ids;
    std::size_t next = 0;
  };

  // Judges one entry that was not ended yet; posts its end when it must.
  bool judged(Entry& entry) const {
    if (!judge_ || !entry.end || !entry.grounds.credential) return false;
    const std::optional<base::ApiError> why = judge_(*entry.grounds.credential);
    if (!why) return false;
    entry.loop->post([end = std::exchange(entry.end, nullptr), why = *why] { end(why); });
    ended_by("revocation").add();
    return true;
  }

  void walk_on(base::Executor& loop, std::vector<std::uint64_t> ids) {
    auto walk = std::make_shared<Walk>(Walk{loop, std::move(ids)});
    loop.post([self = shared_from_this(), walk = std::move(walk)] {
      for (int walker = 0; walker < kAskedAtOnce && walk->next < walk->ids.size(); ++walker) {
        base::spawn(follow(self, walk), [](const std::exception_ptr&) {});
      }
    });
  }

  // Static, with copies as parameters: it outlives whoever began it.
  static base::Task<void> follow(std::shared_ptr<State> self, std::shared_ptr<Walk> walk) {
    while (walk->next < walk->ids.size()) {
      const std::uint64_t id = walk->ids[walk->next++];
      if (walk->next % kTurn == 0) co_await yield(walk->loop);
      const Again again = self->question_of(id);
      if (!again) continue;
      std::optional<base::ApiError> why;
      try {
        why = co_await again();
      } catch (const std::exception& error) {
        why = base::ApiError::internal(error.what());  // who cannot be asked about does not go on
      }
      if (why) self->end_one(id, *why);
    }
  }

  Again question_of(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    return found == entries_.end() || !found->second.end ? nullptr : found->second.grounds.again;
  }

  // On the request's loop.
  void end_one(std::uint64_t id, const base::ApiError& why) {
    End end;
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(id);
      if (found != entries_.end()) end = std::exchange(found->second.end, nullptr);
    }
    if (!end) return;
    ended_by("rights").add();
    end(why);
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::uint64_t last_id_ = 0;
  std::uint64_t rights_ = 0;
  Judge judge_;
};

LiveRequests::Registration::~Registration() {
  if (of_ != nullptr) of_->remove(id_);
}

LiveRequests::LiveRequests() : state_(std::make_shared<State>()) {}

LiveRequests::Registration LiveRequests::add(base::Executor& loop, Grounds grounds, End end) {
  return state_->add(loop, std::move(grounds), std::move(end));
}
std::size_t LiveRequests::end_if(Judge judge) { return state_->end_if(std::move(judge)); }
void LiveRequests::ask_again() { state_->ask_again(); }
std::uint64_t LiveRequests::rights() const { return state_->rights(); }
std::size_t LiveRequests::size() const { return state_->size(); }

}  // namespace limen::request
