// Events as the tests of this room need them: the room itself never looks into one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "watch/log.h"

namespace limen::storage {
struct Event {
  std::int64_t revision;
  std::string ns;
};
}  // namespace limen::storage

namespace limen::watch {

inline Entry entry(std::int64_t revision, std::string ns, std::size_t bytes = 10) {
  auto event = std::make_shared<const storage::Event>(storage::Event{revision, std::move(ns)});
  Entry made;
  made.revision = revision;
  made.ns = event->ns;
  made.event = event;
  made.bytes = bytes;
  return made;
}

inline std::vector<std::int64_t> revisions(const std::vector<EventPtr>& events) {
  std::vector<std::int64_t> list;
  for (const EventPtr& event : events) list.push_back(event->revision);
  return list;
}

}  // namespace limen::watch
