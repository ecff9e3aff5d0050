#include "storage/past.h"

#include <map>
#include <utility>

namespace limen::storage {

namespace {

using KeyView = std::pair<std::string_view, std::string_view>;
// What each key changed since was before; null: it was not there. Views belong to the events.
using Before = std::map<KeyView, ObjectPtr>;

Before changed_since(const watch::Log& log, watch::Sequence from, std::string_view ns,
                     KeyView start, std::vector<watch::EventPtr>& keep) {
  Before before;
  Revision last = 0;
  log.read(from, ns, 0, keep, last);
  for (const watch::EventPtr& event : keep) {
    const KeyView key(event->object->ns, event->object->name);
    // Only the first change since tells what was before all of them.
    if (key > start) before.try_emplace(key, event->previous);
  }
  return before;
}

}  // namespace

Range range_of(const ObjectTable& table, std::string_view ns, std::string_view start_ns,
               std::string_view start_name) {
  Range range{table.begin(), table.end()};
  if (!ns.empty()) {
    range = {table.lower_bound(ns, ""), table.end_of(ns)};
    if (start_ns < ns) return range;
  }
  if (!start_ns.empty() || !start_name.empty()) {
    range.begin = table.upper_bound(start_ns, start_name);
    // A start behind the namespace leaves nothing of it.
    if (table.rank(range.begin) > table.rank(range.end)) range.begin = range.end;
  }
  return range;
}

std::vector<ObjectPtr> objects_at(const ObjectTable& table, const watch::Log& log,
                                  Revision revision, std::string_view ns, std::string_view start_ns,
                                  std::string_view start_name) {
  std::vector<watch::EventPtr> keep;
  const watch::Sequence from = log.after(revision).value();
  const Before before = changed_since(log, from, ns, {start_ns, start_name}, keep);

  std::vector<ObjectPtr> objects;
  auto changed = before.begin();
  const auto take_changed_up_to = [&](const KeyView* key) {
    for (; changed != before.end() && (key == nullptr || changed->first < *key); ++changed) {
      if (changed->second) objects.push_back(changed->second);
    }
  };
  const Range range = range_of(table, ns, start_ns, start_name);
  for (auto place = range.begin; place != range.end; place = table.next(place)) {
    const ObjectPtr& object = table.at(place);
    const KeyView key(object->ns, object->name);
    take_changed_up_to(&key);
    if (changed != before.end() && changed->first == key) {
      if (changed->second) objects.push_back(changed->second);
      ++changed;
    } else {
      objects.push_back(object);
    }
  }
  take_changed_up_to(nullptr);
  return objects;
}

}  // namespace limen::storage
