#include "isolation/remote_store.h"

#include <algorithm>
#include <deque>

#include "isolation/codec.h"
#include "isolation/stored_json.h"

namespace limen::isolation {

// What the server has told of one watch and nobody has taken yet.
struct RemoteStore::Feed {
  Feed(base::Executor& where, std::function<void()> on_events)
      : loop(where), wake(std::move(on_events)) {}

  base::Executor& loop;
  const std::function<void()> wake;
  std::mutex mutex;
  std::deque<storage::EventPtr> events;
  storage::Revision told = 0;      // up to here everything is in `events` or was taken
  storage::Revision position = 0;  // taken
  bool lost = false;
  bool woken = false;
  bool ended = false;  // its watch is gone
};

class RemoteStore::RemoteWatch final : public storage::Watch {
 public:
  RemoteWatch(RemoteStore& store, std::int64_t number, std::shared_ptr<Feed> feed)
      : store_(store), number_(number), feed_(std::move(feed)) {}
  ~RemoteWatch() override {
    {
      const std::lock_guard lock(feed_->mutex);
      feed_->ended = true;
    }
    store_.unwatch(number_);
  }

  std::vector<storage::EventPtr> take(std::size_t limit) override {
    const std::lock_guard lock(feed_->mutex);
    feed_->woken = false;
    const std::size_t all = feed_->events.size();
    const std::size_t count = limit == 0 ? all : std::min(limit, all);
    const auto end = feed_->events.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<storage::EventPtr> out(feed_->events.begin(), end);
    feed_->events.erase(feed_->events.begin(), end);
    feed_->position = feed_->events.empty() || out.empty() ? feed_->told : out.back()->revision;
    return out;
  }
  bool lost() const override {
    const std::lock_guard lock(feed_->mutex);
    return feed_->lost;
  }
  storage::Revision position() const override {
    const std::lock_guard lock(feed_->mutex);
    return feed_->position;
  }

 private:
  RemoteStore& store_;
  const std::int64_t number_;
  const std::shared_ptr<Feed> feed_;
};

Message RemoteStore::ask(const char* op, Message question) const {
  question["op"] = op;
  return peer_.ask_and_wait(next_id_(), std::move(question));
}

storage::Revision RemoteStore::revision() const {
  return number_of(ask("store.state", {}), "revision");
}

storage::Revision RemoteStore::compacted() const {
  return number_of(ask("store.state", {}), "compacted");
}

storage::ObjectPtr RemoteStore::get(const storage::Key& key) const {
  return stored_of(object_of(ask("store.get", to_json(key)), "object"));
}

storage::ListResult RemoteStore::list(const storage::ResourceId& id,
                                      const storage::ListOptions& options) const {
  Message question = to_json(storage::Key{id, options.ns, ""});
  question["startNs"] = options.start_ns;
  question["startName"] = options.start_name;
  // The filter is a function of this process: everything comes, and is chosen from here.
  question["limit"] = options.filter ? 0 : options.limit;
  question["revision"] = options.revision;
  const Message answer = ask("store.list", std::move(question));
  storage::ListResult out;
  out.status = static_cast<storage::ReadStatus>(number_of(answer, "status"));
  out.revision = number_of(answer, "revision");
  out.more = flag_of(answer, "more");
  out.last_ns = text_of(answer, "lastNs");
  out.last_name = text_of(answer, "lastName");
  out.remaining = number_of(answer, "remaining");
  const auto* objects = answer.if_contains("objects");
  if (objects == nullptr || !objects->is_array()) return out;
  for (const auto& one : objects->get_array()) {
    if (!one.is_object()) continue;
    storage::ObjectPtr object = stored_of(one.get_object());
    if (object == nullptr || (options.filter && !options.filter(*object))) continue;
    if (options.filter && options.limit > 0 && out.objects.size() == options.limit) {
      out.more = true;
      break;
    }
    out.last_ns = object->ns;
    out.last_name = object->name;
    out.objects.push_back(std::move(object));
  }
  return out;
}

std::size_t RemoteStore::count(const storage::ResourceId& id) const {
  return static_cast<std::size_t>(
      number_of(ask("store.state", to_json(storage::Key{id, "", ""})), "count"));
}

void RemoteStore::write(const char* op, Message question,
                        std::function<void(storage::WriteResult)> done) {
  question["op"] = op;
  peer_.ask(next_id_(), std::move(question),
            [done = std::move(done)](const Message& answer) { done(write_result_of(answer)); });
}

void RemoteStore::create(storage::Key key, std::string json,
                         std::function<void(storage::WriteResult)> done) {
  Message question = to_json(key);
  question["json"] = std::move(json);
  write("store.create", std::move(question), std::move(done));
}

void RemoteStore::update(storage::Key key, storage::Revision expected, std::string json,
                         std::function<void(storage::WriteResult)> done) {
  Message question = to_json(key);
  question["revision"] = expected;
  question["json"] = std::move(json);
  write("store.update", std::move(question), std::move(done));
}

void RemoteStore::remove(storage::Key key, storage::Revision expected,
                         std::function<void(storage::WriteResult)> done) {
  Message question = to_json(key);
  question["revision"] = expected;
  write("store.remove", std::move(question), std::move(done));
}

std::unique_ptr<storage::Watch> RemoteStore::watch(const storage::ResourceId& id,
                                                   const std::string& ns, storage::Revision from,
                                                   base::Executor& loop, std::function<void()> wake,
                                                   storage::ReadStatus& status) {
  const auto feed = std::make_shared<Feed>(loop, std::move(wake));
  feed->told = from;
  feed->position = from;
  std::int64_t number = 0;
  {
    // Before the question: the first events may overtake the thread that waits for the answer.
    const std::lock_guard lock(mutex_);
    number = ++last_watch_;
    feeds_[number] = feed;
  }
  Message question = to_json(storage::Key{id, ns, ""});
  question["watch"] = number;
  question["revision"] = from;
  const Message answer = ask("store.watch", std::move(question));
  status = static_cast<storage::ReadStatus>(number_of(answer, "status"));
  if (flag_of(answer, "watching")) return std::make_unique<RemoteWatch>(*this, number, feed);
  const std::lock_guard lock(mutex_);
  feeds_.erase(number);
  return nullptr;
}

void RemoteStore::unwatch(std::int64_t number) {
  {
    const std::lock_guard lock(mutex_);
    feeds_.erase(number);
  }
  Message message;
  message["op"] = "store.unwatch";
  message["watch"] = number;
  peer_.tell(message);
}

void RemoteStore::events(Message& message) {
  std::shared_ptr<Feed> feed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = feeds_.find(number_of(message, "watch"));
    if (found == feeds_.end()) return;
    feed = found->second;
  }
  bool wake = false;
  {
    const std::lock_guard lock(feed->mutex);
    const auto* events = message.if_contains("events");
    if (events != nullptr && events->is_array()) {
      for (const auto& one : events->get_array()) {
        if (one.is_object()) feed->events.push_back(event_of(one.get_object()));
      }
    }
    feed->lost = feed->lost || flag_of(message, "lost");
    feed->told = std::max(feed->told, number_of(message, "position"));
    wake = !feed->woken && !feed->ended;
    feed->woken = true;
  }
  if (!wake) return;
  feed->loop.post([feed] {
    {
      const std::lock_guard lock(feed->mutex);
      if (feed->ended) return;
    }
    feed->wake();
  });
}

}  // namespace limen::isolation
