// A watch: the initial state when it was asked for, then every change, until the client goes, the
// time is up or the history is lost.
//
// It takes from the store only while the client takes from it (back-pressure): what a slow client
// has not read stays in the store's shared log, not in memory of its own.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <utility>

#include "api/list_options.h"
#include "api/read_list.h"
#include "api/revision_errors.h"
#include "api/verbs/verbs.h"
#include "api/watch_events.h"
#include "api/webhook_versions.h"
#include "api/websocket_watch.h"
#include "transport/websocket.h"

namespace limen::api {

namespace {

constexpr std::size_t kTakeAtOnce = 64;

std::chrono::milliseconds watch_time(const ListOptions& options, const ApiOptions& api) {
  using std::chrono::milliseconds;
  if (options.timeout_seconds && *options.timeout_seconds != 0) {
    constexpr std::int64_t kLongest = 365LL * 24 * 3600;
    const std::int64_t seconds = std::clamp<std::int64_t>(*options.timeout_seconds, 0, kLongest);
    return std::chrono::seconds(seconds);
  }
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_real_distribution<double> spread(1.0, 2.0);
  const double ms = static_cast<double>(milliseconds(api.min_request_timeout).count());
  return milliseconds(static_cast<std::int64_t>(ms * spread(random)));
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(const Call& call, ListOptions options)
      : exchange_(call.context.shared_exchange()),
        loop_(call.context.scope.loop),
        store_(call.store),
        held_(call.held),
        resource_(call.resource),
        options_(std::move(options)),
        api_(call.options),
        converts_(converts(call.resource)),
        encoder_(call.resource, call.output, call.info().query.get("includeObject")),
        initialized_(std::move(call.context.initialized)),
        done_(loop_) {}

  // Reads the initial state and begins to follow. Throws what a list throws.
  base::Task<void> prepare(const Call& call);
  // Sends the answer's head and whatever there is.
  void start(transport::ResponseHead head);
  // Tells what there is to tell, and ends the watch.
  void on_time_up();
  // Tells the client why the watch is over, and ends it.
  void end_with(const base::ApiError& why);
  const base::OneShot<bool>& done() const { return done_; }
  std::string_view content_type() const { return encoder_.content_type(); }

 private:
  void follow(const Call& call, storage::Revision from);
  void pump();
  bool pump_some();
  void take();
  base::Task<void> convert(std::vector<storage::EventPtr> events);
  void converted(std::exception_ptr error);
  void deliver(const storage::Event& event);
  bool selected(const storage::ObjectPtr& object) const {
    return object && (everything_ || options_.matches(resource_, *object));
  }
  bool all_told() const { return initial_.empty() && events_.empty() && !converting_; }
  // Says so once when the initial state has been told.
  void note_initialized() {
    if (!initialized_ || !initial_.empty() || initial_end_due_) return;
    std::exchange(initialized_, nullptr)();
  }
  void arm_bookmark();
  void end();

  std::shared_ptr<transport::Exchange> exchange_;
  base::Executor& loop_;
  storage::Store& store_;
  const catalog::ResourcePtr held_;
  const catalog::Resource& resource_;
  const ListOptions options_;
  const ApiOptions& api_;
  const bool converts_;  // a webhook makes the objects what the client sees
  WatchEncoder encoder_;
  std::function<void()> initialized_;
  base::OneShot<bool> done_;

  std::shared_ptr<transport::ResponseStream> stream_;
  std::unique_ptr<storage::Watch> watch_;
  std::deque<storage::ObjectPtr> initial_;  // ADDED events still to be told
  bool initial_end_due_ = false;            // then the bookmark that ends them
  std::deque<storage::EventPtr> events_;    // taken, still to be told
  storage::Revision from_ = 0;              // events up to here are not told
  std::optional<base::ApiError> failure_;   // the watch cannot follow: told as an event
  bool everything_ = false;
  bool ended_ = false;
  bool pumping_ = false;
  bool converting_ = false;  // what was taken is with the webhook; nothing more is taken meanwhile
  std::shared_ptr<std::atomic<bool>> gone_ = std::make_shared<std::atomic<bool>>(false);
  base::Executor::TimerId bookmark_timer_ = 0;
  base::Executor::TimerId end_timer_ = 0;
};

base::Task<void> Session::prepare(const Call& call) {
  everything_ = options_.selects_everything();
  const storage::Revision asked = options_.revision.value_or(0);
  if (!options_.send_initial_events.value_or(asked == 0)) {
    follow(call, asked == 0 ? store_.revision() : asked);
    co_return;
  }
  if (asked > store_.revision()) throw too_large_revision(asked, store_.revision());
  ListOptions newest = options_;
  newest.revision.reset();
  newest.limit = 0;
  ListAnswer state = co_await read_list(call, newest);
  initial_.assign(std::make_move_iterator(state.objects.begin()),
                  std::make_move_iterator(state.objects.end()));
  initial_end_due_ = options_.bookmarks;  // asked for or not: kube-apiserver's default (KEP-3157)
  follow(call, state.revision);
}

void Session::follow(const Call& call, storage::Revision from) {
  from_ = from;
  const std::weak_ptr<Session> weak = weak_from_this();
  const auto wake = [weak] {
    if (const auto self = weak.lock()) self->pump();
  };
  const std::string ns(call.ns());
  storage::ReadStatus status = storage::ReadStatus::ok;
  // A revision still to come is waited for: what happens until then is not told.
  const storage::Revision start = std::min(from, store_.revision());
  watch_ = store_.watch(call.id(), ns, start, loop_, wake, status);
  if (watch_) return;
  failure_ = status == storage::ReadStatus::too_new ? too_large_revision(from, store_.revision())
                                                    : too_old_revision(from, store_.compacted());
}

void Session::start(transport::ResponseHead head) {
  const std::weak_ptr<Session> weak = weak_from_this();
  stream_ = transport::asks_websocket(exchange_->head())
                ? websocket_watch(*exchange_, std::move(head),
                                  encoder_.protobuf() ? EventForm::prefixed : EventForm::lines,
                                  [weak] {
                                    if (const auto self = weak.lock()) self->end();
                                  })
                : exchange_->stream(std::move(head));
  stream_->on_drain([weak] {
    if (const auto self = weak.lock()) self->pump();
  });
  const auto time_up = base::SteadyClock::now() + watch_time(options_, api_);
  end_timer_ = loop_.post_at(time_up, [weak] {
    if (const auto self = weak.lock()) self->on_time_up();
  });
  arm_bookmark();
  exchange_->on_cancel([weak] {
    if (const auto self = weak.lock()) self->end();
  });
  pump();
}

void Session::pump() {
  if (pumping_) return;  // told from within a write
  const auto self = shared_from_this();
  pumping_ = true;
  while (!ended_ && stream_ && stream_->pending_bytes() < api_.watch_high_water_bytes) {
    if (!pump_some()) break;
    note_initialized();
  }
  pumping_ = false;
  if (!ended_) note_initialized();
}

// Tells one thing. False when there is nothing to tell now.
bool Session::pump_some() {
  if (stream_->closed()) {
    end();
    return false;
  }
  if (!initial_.empty()) {
    encoder_.object(*stream_, "ADDED", initial_.front());
    initial_.pop_front();
    return true;
  }
  if (initial_end_due_) {
    encoder_.bookmark(*stream_, from_, true);
    initial_end_due_ = false;
    return true;
  }
  if (!events_.empty()) {
    deliver(*events_.front());
    events_.pop_front();
    return true;
  }
  if (converting_) return false;
  if (failure_ || watch_->lost()) {
    encoder_.error(*stream_,
                   failure_ ? *failure_ : too_old_revision(watch_->position(), store_.compacted()));
    end();
    return false;
  }
  take();
  return !events_.empty() || (!converting_ && (failure_ || watch_->lost()));
}

void Session::take() {
  std::vector<storage::EventPtr> taken = watch_->take(kTakeAtOnce);
  std::erase_if(taken, [this](const storage::EventPtr& event) { return event->revision <= from_; });
  if (!converts_) {
    events_.insert(events_.end(), std::make_move_iterator(taken.begin()),
                   std::make_move_iterator(taken.end()));
    return;
  }
  if (taken.empty()) return;
  converting_ = true;
  base::spawn(convert(std::move(taken)),
              [self = shared_from_this()](std::exception_ptr error) { self->converted(error); });
}

// Events of objects in the version of the client, in their order.
base::Task<void> Session::convert(std::vector<storage::EventPtr> events) {
  const auto self = shared_from_this();
  std::vector<storage::ObjectPtr> objects;
  for (const storage::EventPtr& event : events) {
    objects.push_back(event->object);
    // What it was before matters to those who select.
    objects.push_back(everything_ ? nullptr : event->previous);
  }
  registry::Conversions& conversions = conversions_of(api_);
  registry::Conversions::Scope scope{*resource_.custom, held_, loop_, base::Deadline::max(), gone_};
  std::string version(resource_.version);
  objects = co_await conversions.stored(std::move(scope), std::move(version), std::move(objects));
  if (ended_) co_return;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const storage::Event& event = *events[i];
    storage::ObjectPtr previous = everything_ ? event.previous : std::move(objects[2 * i + 1]);
    events_.push_back(std::make_shared<const storage::Event>(storage::Event{
        event.type, event.revision, std::move(objects[2 * i]), std::move(previous)}));
  }
}

// A watch whose objects cannot be converted cannot go on.
void Session::converted(std::exception_ptr error) {
  converting_ = false;
  if (ended_) return;
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const base::ApiError& problem) {
      failure_ = problem;
    } catch (const std::exception& problem) {
      failure_ = base::ApiError::internal(problem.what());
    }
  }
  pump();
}

// An object that enters or leaves the selection is added or deleted for this watcher.
void Session::deliver(const storage::Event& event) {
  const bool is = event.type != storage::EventType::deleted && selected(event.object);
  const bool was = event.type == storage::EventType::deleted
                       ? selected(event.previous ? event.previous : event.object)
                       : event.type == storage::EventType::modified && selected(event.previous);
  if (is) {
    encoder_.object(*stream_, was ? "MODIFIED" : "ADDED", event.object);
  } else if (was) {
    encoder_.object(*stream_, "DELETED",
                    event.type == storage::EventType::deleted
                        ? event.object
                        : at_revision(event.previous, event.revision));
  }
}

void Session::arm_bookmark() {
  if (!options_.bookmarks) return;
  const std::weak_ptr<Session> weak = weak_from_this();
  bookmark_timer_ = loop_.post_at(base::SteadyClock::now() + api_.bookmark_interval, [weak] {
    const auto self = weak.lock();
    if (!self || self->ended_) return;
    self->pump();
    if (!self->ended_ && self->watch_ && self->all_told() && !self->initial_end_due_) {
      self->encoder_.bookmark(*self->stream_, std::max(self->from_, self->watch_->position()),
                              false);
    }
    self->arm_bookmark();
  });
}

void Session::on_time_up() {
  const auto self = shared_from_this();
  if (ended_) return;
  pump();
  if (!ended_ && options_.bookmarks && watch_ && all_told() && !initial_end_due_) {
    encoder_.bookmark(*stream_, std::max(from_, watch_->position()), false);
  }
  end();
}

void Session::end_with(const base::ApiError& why) {
  if (ended_ || !stream_) return;
  encoder_.error(*stream_, why);
  end();
}

void Session::end() {
  if (ended_) return;
  ended_ = true;
  gone_->store(true);
  loop_.cancel_timer(bookmark_timer_);
  loop_.cancel_timer(end_timer_);
  watch_.reset();
  initial_.clear();
  events_.clear();
  initialized_ = nullptr;
  if (stream_) stream_->finish();
  done_.set(true);
}

}  // namespace

namespace {

// A watch of a custom kind ends when its definition changes or goes; clients begin another.
catalog::CustomDefinition::Place end_with_definition(const Call& call,
                                                     const std::shared_ptr<Session>& session) {
  if (!call.resource.custom) return {};
  const catalog::DefinitionPtr definition(call.held, call.resource.custom->definition);
  base::Executor& loop = call.context.scope.loop;
  return catalog::CustomDefinition::on_retire(definition,
                                              [&loop, weak = std::weak_ptr<Session>(session)] {
                                                loop.post([weak] {
                                                  if (const auto watched = weak.lock())
                                                    watched->on_time_up();
                                                });
                                              });
}

}  // namespace

base::Task<void> watch_objects(Call& call) {
  ListOptions options = parse_list_options(call.info(), call.resource, true);
  const auto session = std::make_shared<Session>(call, std::move(options));
  co_await session->prepare(call);
  if (call.context.exchange().responded()) co_return;
  const bool websocket = transport::asks_websocket(call.context.head());
  if (websocket) check_websocket_watch(call.context.exchange());
  call.context.set_status(websocket ? 101 : 200);
  session->start(call.context.new_head(websocket ? 101 : 200, session->content_type()));
  request::LiveRequests::Registration registration;
  if (call.context.live != nullptr) {
    registration =
        call.context.live->add(call.context.scope.loop, call.context.grounds,
                               [weak = std::weak_ptr<Session>(session)](const base::ApiError& why) {
                                 if (const auto watched = weak.lock()) watched->end_with(why);
                               });
  }
  const auto place = end_with_definition(call, session);
  base::OneShot<bool> done = session->done();
  co_await done;
  call.context.exchange().on_cancel(nullptr);
}

}  // namespace limen::api
