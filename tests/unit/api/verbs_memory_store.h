// A store for tests: a map, a list of all events, and knobs for what goes wrong.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "object/canonical.h"
#include "object/metadata.h"
#include "storage/store.h"

namespace limen::test {

class MemoryStore final : public storage::Store {
 public:
  using Place = std::pair<std::string, std::string>;  // namespace, name
  struct Logged {
    storage::ResourceId id;
    storage::EventPtr event;
  };

  using Store::create;
  using Store::remove;
  using Store::update;

  storage::Revision forgotten = 0;     // what compacted() says
  std::function<void()> before_write;  // runs once before the next update or remove
  storage::WriteStatus fail_with = storage::WriteStatus::ok;
  int writes = 0;

  storage::Revision revision() const override { return revision_; }
  storage::Revision compacted() const override { return forgotten; }

  storage::ObjectPtr get(const storage::Key& key) const override {
    const auto& table = objects_[key.id.group + "/" + key.id.resource];
    const auto at = table.find({key.ns, key.name});
    return at == table.end() ? nullptr : at->second;
  }

  storage::ListResult list(const storage::ResourceId& id,
                           const storage::ListOptions& options) const override {
    storage::ListResult result;
    result.revision = options.revision == 0 ? revision_ : options.revision;
    if (result.revision > revision_) result.status = storage::ReadStatus::too_new;
    if (options.revision != 0 && options.revision <= forgotten) {
      result.status = storage::ReadStatus::too_old;
    }
    if (result.status != storage::ReadStatus::ok) return result;
    const Place start{options.start_ns, options.start_name};
    const bool from_start = options.start_name.empty();
    std::int64_t beyond = 0;
    for (const auto& [place, object] : state_at(id, result.revision)) {
      if (!options.ns.empty() && place.first != options.ns) continue;
      if (!from_start && place <= start) continue;
      if (options.filter && !options.filter(*object)) continue;
      if (options.limit != 0 && result.objects.size() == options.limit) {
        ++beyond;
        continue;
      }
      result.objects.push_back(object);
      result.last_ns = place.first;
      result.last_name = place.second;
    }
    result.more = beyond > 0;
    result.remaining = beyond;
    return result;
  }
  std::size_t count(const storage::ResourceId& id) const override {
    return objects_[id.group + "/" + id.resource].size();
  }

  void create(storage::Key key, std::string json,
              std::function<void(storage::WriteResult)> done) override {
    write(key, 0, &json, done);
  }
  void update(storage::Key key, storage::Revision expected, std::string json,
              std::function<void(storage::WriteResult)> done) override {
    write(key, expected, &json, done);
  }
  void remove(storage::Key key, storage::Revision expected,
              std::function<void(storage::WriteResult)> done) override {
    write(key, expected, nullptr, done);
  }

  std::unique_ptr<storage::Watch> watch(const storage::ResourceId& id, const std::string& ns,
                                        storage::Revision from, base::Executor& loop,
                                        std::function<void()> wake,
                                        storage::ReadStatus& status) override {
    status = storage::ReadStatus::ok;
    if (from < forgotten) status = storage::ReadStatus::too_old;
    if (from > revision_) status = storage::ReadStatus::too_new;
    if (status != storage::ReadStatus::ok) return nullptr;
    auto watcher = std::make_unique<Watcher>(*this, id, ns, from);
    watchers_.push_back({&loop, std::move(wake)});
    return watcher;
  }
  // Makes every running watch one that fell behind.
  bool lose_watches = false;

  // Stores without any checks, as a test's starting point.
  storage::ObjectPtr put(const storage::ResourceId& id, std::string_view json) {
    const object::Json value = boost::json::parse(json);
    const storage::Key key{id, std::string(object::ns(value)), std::string(object::name(value))};
    const auto old = get(key);
    std::string text = object::canonical(value);
    storage::WriteResult out;
    write(key, old ? old->revision : 0, &text, [&](storage::WriteResult result) { out = result; });
    return out.object;
  }

 private:
  class Watcher final : public storage::Watch {
   public:
    Watcher(const MemoryStore& store, storage::ResourceId id, std::string ns,
            storage::Revision from)
        : store_(store), id_(std::move(id)), ns_(std::move(ns)), position_(from) {}
    std::vector<storage::EventPtr> take(std::size_t limit) override {
      std::vector<storage::EventPtr> events;
      for (const Logged& logged : store_.log_) {
        if (logged.event->revision <= position_ || !(logged.id == id_)) continue;
        if (!ns_.empty() && logged.event->object->ns != ns_) continue;
        if (limit != 0 && events.size() == limit) return events;
        events.push_back(logged.event);
        position_ = logged.event->revision;
      }
      position_ = store_.revision_;
      return events;
    }
    bool lost() const override { return store_.lose_watches; }
    storage::Revision position() const override { return position_; }

   private:
    const MemoryStore& store_;
    storage::ResourceId id_;
    std::string ns_;
    storage::Revision position_;
  };
  struct Waker {
    base::Executor* loop;
    std::function<void()> wake;
  };

  static storage::ObjectPtr stored(const storage::Key& key, const std::string& json,
                                   storage::Revision revision, storage::Revision created) {
    const object::Json value = boost::json::parse(json);
    auto object = std::make_shared<storage::StoredObject>();
    object->ns = key.ns;
    object->name = key.name;
    object->uid = object::uid(value);
    object->labels = object::labels(value);
    object->revision = revision;
    object->create_revision = created;
    object->json = object::with_revision(json, revision);
    return object;
  }

  std::map<Place, storage::ObjectPtr> state_at(const storage::ResourceId& id,
                                               storage::Revision revision) const {
    std::map<Place, storage::ObjectPtr> state;
    for (const Logged& logged : log_) {
      if (logged.event->revision > revision || !(logged.id == id)) continue;
      const Place place{logged.event->object->ns, logged.event->object->name};
      if (logged.event->type == storage::EventType::deleted) {
        state.erase(place);
      } else {
        state[place] = logged.event->object;
      }
    }
    return state;
  }

  void write(const storage::Key& key, storage::Revision expected, const std::string* json,
             const std::function<void(storage::WriteResult)>& done) {
    if (auto hook = std::exchange(before_write, nullptr)) hook();
    ++writes;
    storage::WriteResult result;
    auto& slot = objects_[key.id.group + "/" + key.id.resource];
    const storage::ObjectPtr old = get(key);
    result.status = storage::WriteStatus::ok;
    if (fail_with != storage::WriteStatus::ok) {
      result.status = fail_with;
      result.error = "the disk is on fire";
    } else if (expected == 0 && old) {
      result.status = storage::WriteStatus::already_exists;
      result.current = old;
    } else if (expected != 0 && !old) {
      result.status = storage::WriteStatus::not_found;
    } else if (expected != 0 && old->revision != expected) {
      result.status = storage::WriteStatus::conflict;
      result.current = old;
    }
    if (result.status == storage::WriteStatus::ok) {
      ++revision_;
      auto event = std::make_shared<storage::Event>();
      event->revision = revision_;
      event->previous = old;
      event->type = !json ? storage::EventType::deleted
                    : old ? storage::EventType::modified
                          : storage::EventType::added;
      const std::string text = json ? *json : without_revision(*old);
      event->object = stored(key, text, revision_, old ? old->create_revision : revision_);
      const Place place{key.ns, key.name};
      if (json) {
        slot[place] = event->object;
      } else {
        slot.erase(place);
      }
      result.object = event->object;
      log_.push_back({key.id, event});
      for (const Waker& waker : watchers_) waker.loop->post(waker.wake);
    }
    done(std::move(result));
  }

  static std::string without_revision(const storage::StoredObject& object) {
    return object::canonical(boost::json::parse(object.json));
  }

  storage::Revision revision_ = 1;
  mutable std::map<std::string, std::map<Place, storage::ObjectPtr>> objects_;
  std::vector<Logged> log_;
  std::vector<Waker> watchers_;
};

}  // namespace limen::test
