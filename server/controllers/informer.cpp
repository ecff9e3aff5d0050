#include "controllers/informer.h"

#include <utility>

namespace limen::controllers {

Informer::Informer(storage::Store& store, base::Executor& loop, storage::ResourceId id,
                   Changed changed, std::string ns)
    : store_(store),
      loop_(loop),
      id_(std::move(id)),
      changed_(std::move(changed)),
      ns_(std::move(ns)) {}

void Informer::start() {
  watch_.reset();
  // Compaction may come between list and watch; then the list was of no use.
  while (!watch_) {
    storage::ListOptions options;
    options.ns = ns_;
    const storage::ListResult list = store_.list(id_, options);
    storage::ReadStatus status{};
    watch_ = store_.watch(
        id_, ns_, list.revision, loop_, [this] { take(); }, status);
    if (!watch_) continue;
    tell_all(list.objects);
  }
}

void Informer::tell_all(const std::vector<storage::ObjectPtr>& objects) {
  std::map<Place, storage::ObjectPtr> before = std::exchange(told_, {});
  for (const storage::ObjectPtr& object : objects) {
    const auto known = before.find({object->ns, object->name});
    // One that has come in the place of another goes on as that one unless it is told.
    if (known != before.end() && known->second->create_revision == object->create_revision) {
      before.erase(known);
    }
  }
  for (const auto& [place, object] : before) changed_(*object, true);
  for (const storage::ObjectPtr& object : objects) tell(object, false);
}

void Informer::tell(const storage::ObjectPtr& object, bool gone) {
  if (gone) {
    told_.erase({object->ns, object->name});
  } else if (store_.shared()) {
    told_[{object->ns, object->name}] = object;
  }
  changed_(*object, gone);
}

void Informer::take() {
  if (!watch_) return;
  // Events that were lost are made up for by looking at everything again.
  if (watch_->lost()) return start();
  for (const storage::EventPtr& event : watch_->take(0)) {
    tell(event->object, event->type == storage::EventType::deleted);
  }
}

}  // namespace limen::controllers
