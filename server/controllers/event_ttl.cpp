#include "controllers/event_ttl.h"

#include <algorithm>

#include "base/time.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;
using std::chrono::nanoseconds;

const storage::ResourceId kEvents{"", "events"};

void take_later(base::SystemTime& latest, const Json* text) {
  if (!text || !text->is_string()) return;
  const auto time = base::parse_time({text->get_string().data(), text->get_string().size()});
  if (time) latest = std::max(latest, *time);
}

// When the event was last written, as far as it tells.
base::SystemTime last_written(const Json& event) {
  base::SystemTime latest{};
  take_later(latest, object::find(event, {"metadata", "creationTimestamp"}));
  take_later(latest, object::find(event, {"lastTimestamp"}));
  take_later(latest, object::find(event, {"series", "lastObservedTime"}));
  const Json* managers = object::find(event, {"metadata", "managedFields"});
  if (managers && managers->is_array()) {
    for (const Json& manager : managers->get_array()) {
      take_later(latest, object::member(manager, "time"));
    }
  }
  return std::min(latest, std::chrono::system_clock::now());
}

}  // namespace

EventTtl::EventTtl(Scope& scope, Objects& objects, nanoseconds ttl)
    : objects_(objects),
      ttl_(ttl),
      queue_(scope, kEventTtl, [this](std::string key) { return look(std::move(key)); }),
      events_(objects.store(), objects.loop(), kEvents,
              [this](const storage::StoredObject& object, bool gone) { told(object, gone); }) {}

std::string_view EventTtl::name() const { return kEventTtl; }

void EventTtl::start() {
  starting_ = true;
  events_.start();
  starting_ = false;
  arm();
}

void EventTtl::stop() {
  events_.stop();
  objects_.loop().cancel_timer(timer_);
  timer_ = 0;
}

void EventTtl::told(const storage::StoredObject& object, bool gone) {
  const std::string key = object.ns + "/" + object.name;
  if (gone) return forget(key);
  nanoseconds left = ttl_;
  if (starting_) {
    const object::Document document = object::Document::parse(object.json);
    left -= std::chrono::system_clock::now() - last_written(document.root());
  }
  set_due(key, base::SteadyClock::now() + std::chrono::duration_cast<base::SteadyClock::duration>(
                                              std::max(left, nanoseconds(0))));
  if (!starting_) arm();
}

void EventTtl::forget(const std::string& key) {
  const auto found = dues_.find(key);
  if (found == dues_.end()) return;
  order_.erase({found->second, key});
  dues_.erase(found);
}

void EventTtl::set_due(const std::string& key, Due due) {
  forget(key);
  dues_.emplace(key, due);
  order_.emplace(due, key);
}

// One timer, for the first that is due.
void EventTtl::arm() {
  if (order_.empty()) return;
  const Due first = order_.begin()->first;
  if (timer_ != 0 && armed_for_ <= first) return;
  if (timer_ != 0) objects_.loop().cancel_timer(timer_);
  armed_for_ = first;
  timer_ = objects_.loop().post_at(first, [this] {
    timer_ = 0;
    take_due();
    arm();
  });
}

void EventTtl::take_due() {
  const Due now = base::SteadyClock::now();
  while (!order_.empty() && order_.begin()->first <= now) {
    const std::string key = order_.begin()->second;
    forget(key);
    queue_.add(key);
  }
}

base::Task<bool> EventTtl::look(std::string key) {
  if (dues_.contains(key)) co_return true;  // written again meanwhile
  const std::size_t slash = key.find('/');
  storage::Key place{kEvents, key.substr(0, slash), key.substr(slash + 1)};
  const storage::ObjectPtr current = objects_.store().get(place);
  if (!current) co_return true;
  co_return co_await objects_.remove(std::move(place), current->revision);
}

}  // namespace limen::controllers
