#include <string_view>

#include "object/metadata.h"
#include "registry/conversion/shapes.h"

namespace limen::registry {

namespace {

struct Rename {
  std::string_view core, events;
};
constexpr Rename kRenames[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"reportingComponent", "reportingController"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
};

void rename(object::Json& object, std::string_view from, std::string_view to) {
  boost::json::object& members = object.get_object();
  const auto at = members.find(from);
  if (at == members.end()) return;
  object::Json value = std::move(at->value());
  members.erase(at);
  members[to] = std::move(value);
}

}  // namespace

void event_to_core(object::Json& event) {
  for (const Rename& row : kRenames) rename(event, row.events, row.core);
}

void event_from_core(object::Json& event) {
  for (const Rename& row : kRenames) rename(event, row.core, row.events);
}

}  // namespace limen::registry
