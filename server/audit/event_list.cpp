#include "audit/event_list.h"

#include <string_view>
#include <utility>

namespace limen::audit {

namespace {

constexpr std::string_view kBegin =
    R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[)";
constexpr std::string_view kEnd = "]}\n";

}  // namespace

std::optional<std::string> fitted(Event& event, std::size_t max_event,
                                  std::string (Event::*text)() const) {
  std::string made = (event.*text)();
  const auto too_large = [&] { return max_event != 0 && made.size() + 1 > max_event; };
  if (!too_large()) return made;
  if (event.request_object.empty() && event.response_object.empty()) return std::nullopt;
  event.truncate();
  made = (event.*text)();
  if (too_large()) return std::nullopt;
  return made;
}

std::vector<EventList> event_lists(const std::vector<Event*>& batch, const SizeLimits& limits) {
  std::vector<EventList> lists;
  std::size_t bytes = 0;  // of the events in the last one
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto item = fitted(*batch[i], limits.max_event, &Event::to_item);
    if (!item) continue;
    const bool full = limits.max_batch != 0 && bytes + item->size() > limits.max_batch;
    if (lists.empty() || full) {
      lists.push_back({std::string(kBegin), {}});
      bytes = 0;
    }
    EventList& list = lists.back();
    if (!list.events.empty()) list.body += ',';
    list.body += *item;
    list.events.push_back(i);
    bytes += item->size();
  }
  for (EventList& list : lists) list.body += kEnd;
  return lists;
}

}  // namespace limen::audit
