#include "controllers/informer.h"

#include <utility>

namespace limen::controllers {

Informer::Informer(storage::Store& store, base::Executor& loop, storage::ResourceId id,
                   Changed changed)
    : store_(store), loop_(loop), id_(std::move(id)), changed_(std::move(changed)) {}

void Informer::start() {
  watch_.reset();
  // Compaction may come between list and watch; then the list was of no use.
  while (!watch_) {
    const storage::ListResult list = store_.list(id_, {});
    storage::ReadStatus status{};
    watch_ = store_.watch(
        id_, "", list.revision, loop_, [this] { take(); }, status);
    if (!watch_) continue;
    for (const storage::ObjectPtr& object : list.objects) changed_(*object, false);
  }
}

void Informer::take() {
  if (!watch_) return;
  // Events that were lost are made up for by looking at everything again.
  if (watch_->lost()) return start();
  for (const storage::EventPtr& event : watch_->take(0)) {
    changed_(*event->object, event->type == storage::EventType::deleted);
  }
}

}  // namespace limen::controllers
