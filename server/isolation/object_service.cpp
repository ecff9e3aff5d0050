#include "isolation/object_service.h"

#include "isolation/codec.h"
#include "isolation/stored_json.h"
#include "observability/log.h"

namespace limen::isolation {

namespace {

constexpr std::size_t kEventsAtOnce = 256;

Message listed(const storage::ListResult& result) {
  Message out;
  out["status"] = static_cast<int>(result.status);
  out["revision"] = result.revision;
  boost::json::array objects;
  for (const storage::ObjectPtr& object : result.objects) objects.push_back(to_json(*object));
  out["objects"] = std::move(objects);
  out["more"] = result.more;
  out["lastNs"] = result.last_ns;
  out["lastName"] = result.last_name;
  out["remaining"] = result.remaining;
  return out;
}

}  // namespace

ObjectService::ObjectService(const modules::ObjectSource& source, base::Executor& executor,
                             std::function<std::shared_ptr<Peer>()> peer_of)
    : source_(source), executor_(executor), peer_of_(std::move(peer_of)) {}

bool ObjectService::answer(std::uint64_t id, const Message& question) {
  if (!text_of(question, "op").starts_with("store.")) return false;
  executor_.post([self = shared_from_this(), id, question] {
    if (self->ended_) return;
    try {
      self->handle(id, question);
    } catch (const std::exception& error) {
      log::error("a module process's question about objects failed", {{"error", error.what()}});
      Message failed;
      failed["gone"] = error.what();
      if (const auto peer = self->peer_of_()) peer->answer(id, std::move(failed));
    }
  });
  return true;
}

bool ObjectService::follows(const storage::ResourceId& id) const {
  const std::lock_guard lock(mutex_);
  return followed_.contains({id.group, id.resource});
}

void ObjectService::end() {
  ended_ = true;
  watches_.clear();
}

void ObjectService::handle(std::uint64_t id, const Message& question) {
  const std::string op = text_of(question, "op");
  if (op == "store.create" || op == "store.update" || op == "store.remove" || op == "store.make") {
    return write(id, op, question);
  }
  if (op == "store.unwatch") {
    const auto found = watches_.find(number_of(question, "watch"));
    if (found == watches_.end()) return;
    const std::lock_guard lock(mutex_);
    const auto one = followed_.find({found->second.id.group, found->second.id.resource});
    if (one != followed_.end()) followed_.erase(one);
    watches_.erase(found);
    return;
  }
  Message out = op == "store.watch" ? watch(question) : read(op, question);
  const auto peer = peer_of_();
  if (peer == nullptr) return;
  peer->answer(id, std::move(out));
  if (op == "store.watch") deliver(number_of(question, "watch"));
}

Message ObjectService::read(const std::string& op, const Message& question) const {
  Message out;
  const storage::Key key = key_of(question);
  if (op == "store.exists") {
    out["exists"] = !source_.exists || source_.exists(key.id.group, key.id.resource);
  } else if (op == "store.kind") {
    if (source_.resource_of == nullptr) return out;
    const modules::ServedResource found =
        source_.resource_of(key.id.group, text_of(question, "version"), text_of(question, "kind"));
    out["name"] = found.name;
    out["namespaced"] = found.namespaced;
  } else if (source_.store == nullptr) {
    out["none"] = true;
  } else if (op == "store.get") {
    if (const storage::ObjectPtr found = source_.store->get(key)) out["object"] = to_json(*found);
  } else if (op == "store.list") {
    storage::ListOptions options;
    options.ns = key.ns;
    options.start_ns = text_of(question, "startNs");
    options.start_name = text_of(question, "startName");
    options.limit = static_cast<std::size_t>(number_of(question, "limit"));
    options.revision = number_of(question, "revision");
    out = listed(source_.store->list(key.id, options));
  } else if (op == "store.state") {
    out["revision"] = source_.store->revision();
    out["compacted"] = source_.store->compacted();
    out["count"] = source_.store->count(key.id);
  }
  return out;
}

void ObjectService::write(std::uint64_t id, const std::string& op, const Message& question) {
  const auto self = shared_from_this();
  const auto tell = [self, id](Message answer) {
    if (const auto peer = self->peer_of_()) peer->answer(id, std::move(answer));
  };
  storage::Key key = key_of(question);
  std::string json = text_of(question, "json");
  const storage::Revision expected = number_of(question, "revision");
  const auto done = [tell](const storage::WriteResult& result) { tell(to_json(result)); };
  if (op == "store.make") {
    const auto made = [tell](storage::WriteStatus status) {
      Message out;
      out["status"] = static_cast<int>(status);
      tell(std::move(out));
    };
    if (source_.create == nullptr) return made(storage::WriteStatus::unavailable);
    return source_.create(std::move(key), boost::json::parse(json), made);
  }
  if (source_.store == nullptr) return done({});
  if (op == "store.create") {
    source_.store->create(std::move(key), std::move(json), done);
  } else if (op == "store.update") {
    source_.store->update(std::move(key), expected, std::move(json), done);
  } else {
    source_.store->remove(std::move(key), expected, done);
  }
}

Message ObjectService::watch(const Message& question) {
  Message out;
  const std::int64_t number = number_of(question, "watch");
  const storage::Key key = key_of(question);
  if (source_.store == nullptr) return out;
  storage::ReadStatus status = storage::ReadStatus::ok;
  const std::weak_ptr<ObjectService> weak = weak_from_this();
  auto made = source_.store->watch(
      key.id, key.ns, number_of(question, "revision"), executor_,
      [weak, number] {
        if (const auto self = weak.lock()) self->deliver(number);
      },
      status);
  out["status"] = static_cast<int>(status);
  if (made == nullptr) return out;
  out["watching"] = true;
  watches_[number] = {key.id, std::move(made)};
  const std::lock_guard lock(mutex_);
  followed_.insert({key.id.group, key.id.resource});
  return out;
}

void ObjectService::deliver(std::int64_t number) {
  const auto found = watches_.find(number);
  const auto peer = peer_of_();
  if (ended_ || found == watches_.end() || peer == nullptr) return;
  storage::Watch& watch = *found->second.watch;
  for (;;) {
    Message out;
    out["op"] = "events";
    out["watch"] = number;
    if (watch.lost()) {
      out["lost"] = true;
      peer->tell(out);
      return;
    }
    const std::vector<storage::EventPtr> events = watch.take(kEventsAtOnce);
    if (events.empty()) return;
    boost::json::array all;
    for (const storage::EventPtr& event : events) all.push_back(to_json(*event));
    out["events"] = std::move(all);
    out["position"] = watch.position();
    // One that does not read what it asked for decides by an old view: it is better started anew.
    if (!peer->tell(out)) {
      log::error("a module process does not take the events it follows; it is ended");
      return peer->hang_up();
    }
  }
}

}  // namespace limen::isolation
