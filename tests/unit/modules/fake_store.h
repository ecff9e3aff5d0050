// A store in memory that keeps every event, for tests of object views. Compaction and loss of a
// watch are by command.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>

#include "storage/store.h"

namespace limen::modules::test {

class FakeStore final : public storage::Store {
 public:
  using Callback = std::function<void(storage::WriteResult)>;

  storage::Revision revision() const override {
    const std::lock_guard lock(mutex_);
    return revision_;
  }
  storage::Revision compacted() const override { return 0; }

  storage::ObjectPtr get(const storage::Key& key) const override {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path(key));
    return found == objects_.end() ? nullptr : found->second;
  }

  storage::ListResult list(const storage::ResourceId& id,
                           const storage::ListOptions& options) const override {
    const std::lock_guard lock(mutex_);
    storage::ListResult result;
    result.revision = revision_;
    for (const auto& [where, object] : objects_) {
      if (where[0] != id.group || where[1] != id.resource) continue;
      if (!options.ns.empty() && where[2] != options.ns) continue;
      if (options.filter && !options.filter(*object)) continue;
      result.objects.push_back(object);
    }
    return result;
  }
  std::size_t count(const storage::ResourceId& id) const override {
    return list(id, {}).objects.size();
  }

  void create(storage::Key, std::string, Callback done) override { done({}); }
  void update(storage::Key, storage::Revision, std::string, Callback done) override { done({}); }
  void remove(storage::Key, storage::Revision, Callback done) override { done({}); }

  std::unique_ptr<storage::Watch> watch(const storage::ResourceId& id, const std::string&,
                                        storage::Revision from, base::Executor& loop,
                                        std::function<void()> wake,
                                        storage::ReadStatus& status) override {
    const std::lock_guard lock(mutex_);
    status = storage::ReadStatus::ok;
    auto feed = std::make_shared<Feed>(Feed{id, from, &loop, std::move(wake)});
    for (const auto& [of, event] : log_) {
      if (of == id && event->revision > from) feed->events.push_back(event);
    }
    if (!feed->events.empty()) loop.post(feed->wake);
    feeds_.push_back(feed);
    return std::make_unique<FakeWatch>(*this, feed);
  }

  // Puts `json` at (group, resource, ns, name) and tells watchers.
  void put(const std::string& group, const std::string& resource, const std::string& ns,
           const std::string& name, std::string json,
           std::vector<std::pair<std::string, std::string>> labels = {}) {
    const std::lock_guard lock(mutex_);
    storage::ObjectPtr& slot = objects_[{group, resource, ns, name}];
    auto object = std::make_shared<storage::StoredObject>();
    object->ns = ns;
    object->name = name;
    object->revision = ++revision_;
    object->create_revision = slot == nullptr ? revision_ : slot->create_revision;
    object->labels = std::move(labels);
    object->json = std::move(json);
    const storage::ObjectPtr previous = std::exchange(slot, object);
    add_event({group, resource},
              previous == nullptr ? storage::EventType::added : storage::EventType::modified,
              object, previous);
  }
  void erase(const std::string& group, const std::string& resource, const std::string& ns,
             const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find({group, resource, ns, name});
    if (found == objects_.end()) return;
    const storage::ObjectPtr last = found->second;
    objects_.erase(found);
    ++revision_;
    add_event({group, resource}, storage::EventType::deleted, last, last);
  }
  std::size_t watches() const {
    const std::lock_guard lock(mutex_);
    return feeds_.size();
  }
  // Every running watch has lost its place; events while `mute` are not kept for watches.
  void lose_watches(bool mute) {
    const std::lock_guard lock(mutex_);
    muted_ = mute;
    if (mute) return;
    for (const auto& feed : feeds_) {
      feed->lost = true;
      feed->loop->post(feed->wake);
    }
    feeds_.clear();
  }

 private:
  using Path = std::array<std::string, 4>;
  static Path path(const storage::Key& key) {
    return {key.id.group, key.id.resource, key.ns, key.name};
  }
  struct Feed {
    storage::ResourceId id;
    storage::Revision position;
    base::Executor* loop;
    std::function<void()> wake;
    std::vector<storage::EventPtr> events = {};
    bool lost = false;
  };
  class FakeWatch final : public storage::Watch {
   public:
    FakeWatch(FakeStore& store, std::shared_ptr<Feed> feed)
        : store_(store), feed_(std::move(feed)) {}
    ~FakeWatch() override {
      const std::lock_guard lock(store_.mutex_);
      std::erase(store_.feeds_, feed_);
    }
    std::vector<storage::EventPtr> take(std::size_t) override {
      const std::lock_guard lock(store_.mutex_);
      return std::exchange(feed_->events, {});
    }
    bool lost() const override {
      const std::lock_guard lock(store_.mutex_);
      return feed_->lost;
    }
    storage::Revision position() const override { return feed_->position; }

   private:
    FakeStore& store_;
    std::shared_ptr<Feed> feed_;
  };

  void add_event(const storage::ResourceId& id, storage::EventType type, storage::ObjectPtr object,
                 storage::ObjectPtr previous) {
    if (muted_) return;
    auto event = std::make_shared<storage::Event>();
    event->type = type;
    event->revision = revision_;
    event->object = std::move(object);
    event->previous = std::move(previous);
    log_.emplace_back(id, event);
    for (const auto& feed : feeds_) {
      if (!(feed->id == id)) continue;
      feed->events.push_back(event);
      if (feed->events.size() == 1) feed->loop->post(feed->wake);
    }
  }

  mutable std::mutex mutex_;
  storage::Revision revision_ = 1;
  std::map<Path, storage::ObjectPtr> objects_;
  std::vector<std::shared_ptr<Feed>> feeds_;
  std::vector<std::pair<storage::ResourceId, storage::EventPtr>> log_;
  bool muted_ = false;
};

}  // namespace limen::modules::test
