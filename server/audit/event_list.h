// Batches of events as bodies for a webhook (audit.k8s.io/v1 EventList), none too large (row U5).
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "audit/event.h"

namespace limen::audit {

struct SizeLimits {
  std::size_t max_event = 0;  // bytes of an event's line; 0: any
  std::size_t max_batch = 0;  // bytes of the events of one body; one alone may be larger; 0: any
};

// The event as `text` makes it of one, without its bodies when it is larger than `max_event` bytes
// with its newline; nothing when it is too large even so.
std::optional<std::string> fitted(Event& event, std::size_t max_event,
                                  std::string (Event::*text)() const);

struct EventList {
  std::string body;
  std::vector<std::size_t> events;  // which of the batch are in it
};

// Those that are too large are in none of them.
std::vector<EventList> event_lists(const std::vector<Event*>& batch, const SizeLimits& limits);

}  // namespace limen::audit
