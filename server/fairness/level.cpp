#include "fairness/level.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "fairness/hand.h"

namespace limen::fairness {

namespace {

// What a request is taken to last until it is known.
constexpr double kServiceSeconds = 0.003;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double total_work(const Work& work) {
  return static_cast<double>(work.seats) * kServiceSeconds +
         static_cast<double>(work.final_seats) * seconds(work.linger);
}

void tell(const std::vector<base::OneShot<Decision>>& granted) {
  for (const base::OneShot<Decision>& one : granted) one.set(Decision::execute);
}

}  // namespace

Level::Level(std::string name, Now now) : name_(std::move(name)), now_(now), last_(now()) {}

void Level::configure(const LevelSpec& spec, std::int64_t seats) {
  const base::Deadline now = now_();
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    go_on(now);
    // Queues beyond the new number are dealt to nobody and drain.
    spec_ = spec;
    limit_ = seats;
    dispatch(now, granted);
  }
  tell(granted);
}

void Level::limit(std::int64_t seats) {
  const base::Deadline now = now_();
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    go_on(now);
    limit_ = seats;
    dispatch(now, granted);
  }
  tell(granted);
}

std::int64_t Level::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

Decision Level::enter(Place& place, const Arrival& arrival) {
  const base::Deadline now = now_();
  place.metrics_ = &arrival.metrics;
  place.info_ = &arrival.digest.info;
  place.user_ = &arrival.digest.user;
  place.schema_ = arrival.schema;
  place.distinguisher_ = arrival.distinguisher;
  place.loop_ = &arrival.loop;
  place.work_ = arrival.work;
  place.arrived_ = now;
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    go_on(now);
    place.arrival_ = virtual_time_;
    place.number_ = ++numbers_;
    if (spec_.queues == 0) {
      // Whoever waits since the level had queues goes first, as wide as it may be.
      if (!spec_.exempt && (!backlog_.empty() || !fits(place.work_.width()))) {
        count_refusal(place, Decision::concurrency_limit, now);
        return Decision::concurrency_limit;
      }
      start(place, nullptr, now);
      place.level_ = shared_from_this();
      return Decision::execute;
    }
    Queue& queue = choose(arrival.hash);
    if (backlog_.empty() && fits(place.work_.width())) {
      start(place, &queue, now);
      place.level_ = shared_from_this();
      return Decision::execute;
    }
    if (queue.waiting.size() >= spec_.queue_length_limit) {
      count_refusal(place, Decision::queue_full, now);
      return Decision::queue_full;
    }
    place.answer_.emplace(arrival.loop);
    place.level_ = shared_from_this();
    enqueue(place, queue);
    note_demand(now);
    dispatch(now, granted);
  }
  tell(granted);
  return Decision::waiting;
}

bool Level::give_up(Place& place, Decision why) {
  const base::Deadline now = now_();
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    if (place.state_ != Place::State::waiting) return false;
    go_on(now);
    withdraw(place, why, now);
    dispatch(now, granted);
  }
  place.answer_->set(why);
  tell(granted);
  return true;
}

void Level::leave(Place& place) {
  const base::Deadline now = now_();
  Queue* lingering_in = nullptr;
  bool lingers = false;
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    if (place.state_ == Place::State::out) return;
    go_on(now);
    if (place.state_ == Place::State::waiting) {
      withdraw(place, Decision::cancelled, now);
    } else {
      lingers = place.work_.final_seats > 0 && place.work_.linger.count() > 0;
      lingering_in = place.queue_;
      finish(place, now);
      if (!lingers) release(place.work_.width(), lingering_in, place.metrics_->seats);
    }
    note_demand(now);
    dispatch(now, granted);
  }
  tell(granted);
  if (lingers) release_later(place, lingering_in);
}

// The request has been answered; its seats are not free yet.
void Level::release_later(const Place& place, Queue* queue) {
  const auto when =
      now_() + std::chrono::duration_cast<base::SteadyClock::duration>(place.work_.linger);
  place.loop_->post_at(when, [self = shared_from_this(), width = place.work_.width(), queue,
                              seats = &place.metrics_->seats] {
    const base::Deadline now = self->now_();
    Granted granted;
    {
      const std::lock_guard lock(self->mutex_);
      self->go_on(now);
      self->release(width, queue, *seats);
      self->note_demand(now);
      self->dispatch(now, granted);
    }
    tell(granted);
  });
}

DemandMeter::Reading Level::take_demand() {
  const base::Deadline now = now_();
  const std::lock_guard lock(mutex_);
  return demand_.take(now);
}

bool Level::idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_ == 0 && executing_ == 0 && seats_ == 0;
}

// R goes on by the seats that could be in use, evenly over the queues in use.
void Level::go_on(base::Deadline now) {
  if (now <= last_) return;  // read before another's, locked after it
  const double passed = seconds(now - last_);
  last_ = now;
  if (active_queues_ == 0) return;
  const auto wanted = static_cast<double>(std::min(seats_ + seats_wanted_, limit_));
  virtual_time_ += passed * wanted / static_cast<double>(active_queues_);
}

// What is wider than the level is served alone.
bool Level::fits(std::int64_t width) const {
  if (seats_ + width <= limit_) return true;
  return width > limit_ && limit_ > 0 && seats_ == 0;
}

// The queue of the flow's hand in which the least work waits.
Queue& Level::choose(std::uint64_t hash) {
  const Hand hand = deal(hash, spec_.queues, spec_.hand_size);
  // Where the deal began would be preferred by every flow that has the card.
  const auto offset = static_cast<std::uint32_t>(enqueued_++ % hand.size);
  std::uint32_t best = hand.cards[offset];
  if (backlog_.empty()) return queue_at(best);
  double least = std::numeric_limits<double>::infinity();
  for (std::uint32_t i = 0; i < hand.size; ++i) {
    const std::uint32_t card = hand.cards[(offset + i) % hand.size];
    const auto found = queues_.find(card);
    const double work = found == queues_.end() ? 0 : found->second.waiting_work;
    if (work >= least) continue;
    least = work;
    best = card;
  }
  return queue_at(best);
}

// Queues come and go with every request of a quiet level, so their memory is kept.
Queue& Level::queue_at(std::uint32_t index) {
  const auto found = queues_.find(index);
  if (found != queues_.end()) return found->second;
  if (spare_.empty()) {
    Queue& made = queues_[index];
    made.index = index;
    return made;
  }
  auto node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = index;
  Queue& made = queues_.insert(std::move(node)).position->second;
  made.index = index;
  made.next_start = 0;
  made.waiting_work = 0;
  return made;
}

void Level::forget_if_idle(Queue& queue) {
  if (queue.active() || queue.seats > 0) return;
  spare_.push_back(queues_.extract(queue.index));
}

void Level::enqueue(Place& place, Queue& queue) {
  if (!queue.active()) {
    queue.next_start = virtual_time_;
    ++active_queues_;
  }
  if (queue.waiting.empty()) backlog_.push_back(&queue);
  queue.waiting.push_back(place);
  queue.waiting_work += total_work(place.work_);
  place.queue_ = &queue;
  place.state_ = Place::State::waiting;
  ++waiting_;
  seats_wanted_ += place.work_.width();
  place.metrics_->waiting.add(1);
  keep_in_bounds(queue);
}

// Takes a place out of its queue, which stays active only for others.
void Level::dequeue(Place& place) {
  Queue& queue = *place.queue_;
  queue.waiting.erase(queue.waiting.iterator_to(place));
  queue.waiting_work = queue.waiting.empty() ? 0 : queue.waiting_work - total_work(place.work_);
  if (queue.waiting.empty()) std::erase(backlog_, &queue);
  if (!queue.active()) --active_queues_;
  --waiting_;
  seats_wanted_ -= place.work_.width();
  place.metrics_->waiting.add(-1);
}

// Out of the queue without having been served. One at the head that was too wide may have kept
// others waiting.
void Level::withdraw(Place& place, Decision why, base::Deadline now) {
  Queue& queue = *place.queue_;
  dequeue(place);
  keep_in_bounds(queue);
  forget_if_idle(queue);
  place.queue_ = nullptr;
  place.state_ = Place::State::out;
  note_demand(now);
  count_refusal(place, why, now);
}

void Level::start(Place& place, Queue* queue, base::Deadline now) {
  const std::int64_t width = place.work_.width();
  if (queue) {
    if (!queue->active()) {
      queue->next_start = virtual_time_;
      ++active_queues_;
    }
    queue->executing.push_back(place);
    queue->seats += width;
    queue->next_start += total_work(place.work_);
    keep_in_bounds(*queue);
  } else {
    queueless_.push_back(place);
  }
  place.queue_ = queue;
  place.state_ = Place::State::executing;
  place.started_ = now;
  ++executing_;
  ++dispatched_;
  seats_ += width;
  note_demand(now);
  place.metrics_->dispatched.add();
  place.metrics_->executing.add(1);
  place.metrics_->seats.add(static_cast<double>(width));
  place.metrics_->waited(now - std::min(now, place.arrived_), true);
}

void Level::dispatch(base::Deadline now, Granted& granted) {
  while (!backlog_.empty() && seats_ < limit_) {
    Queue& queue = next_queue();
    Place& place = queue.waiting.front();
    // It has its turn: nobody narrower goes before it.
    if (!fits(place.work_.width())) return;
    const double start_before = queue.next_start;
    dequeue(place);
    // A queue that this empties goes on being the one it was.
    const bool fresh = !queue.active();
    start(place, &queue, now);
    if (fresh) queue.next_start = start_before + total_work(place.work_);
    granted.push_back(*place.answer_);
  }
}

// The queue whose oldest request would end first in virtual time; of equals the one that has waited
// longest.
Queue& Level::next_queue() {
  Queue* best = nullptr;
  double first = 0;
  for (Queue* const queue : backlog_) {
    const Place& oldest = queue->waiting.front();
    const double end = queue->next_start + total_work(oldest.work_);
    if (best && (end > first || (end == first && oldest.number_ > best->waiting.front().number_))) {
      continue;
    }
    best = queue;
    first = end;
  }
  return *best;
}

// In the virtual world nothing begins before it arrived: a queue saves nothing up.
void Level::keep_in_bounds(Queue& queue) {
  if (queue.waiting.empty()) return;
  queue.next_start = std::max(queue.next_start, queue.waiting.front().arrival_);
}

void Level::finish(Place& place, base::Deadline now) {
  const auto took = now - std::min(now, place.started_);
  --executing_;
  place.metrics_->executing.add(-1);
  place.metrics_->ran(took, place.info_->verb == "watch");
  Queue* const queue = std::exchange(place.queue_, nullptr);
  place.state_ = Place::State::out;
  if (!queue) {
    queueless_.erase(queueless_.iterator_to(place));
    return;
  }
  queue->executing.erase(queue->executing.iterator_to(place));
  queue->next_start += static_cast<double>(place.work_.seats) * (seconds(took) - kServiceSeconds);
  keep_in_bounds(*queue);
  if (!queue->active()) --active_queues_;
}

void Level::release(std::int64_t width, Queue* queue, metrics::Gauge& seats) {
  seats_ -= width;
  seats.add(-static_cast<double>(width));
  if (!queue) return;
  queue->seats -= width;
  forget_if_idle(*queue);
}

void Level::note_demand(base::Deadline now) { demand_.set(seats_ + seats_wanted_, now); }

void Level::count_refusal(Place& place, Decision why, base::Deadline now) {
  ++rejected_;
  if (why == Decision::timed_out) ++timed_out_;
  if (why == Decision::cancelled) ++cancelled_;
  place.metrics_->rejected(reason_of(why));
  place.metrics_->waited(now - std::min(now, place.arrived_), false);
}

}  // namespace limen::fairness
