// How many seats a request takes: one, but for lists of many objects and for writes that many
// watch.
#include <algorithm>

#include "fairness/fairness.h"

namespace limen::fairness {

namespace {

// A write is told to this many watches on one seat in this time.
constexpr std::int64_t kWatchesPerSeat = 10;
constexpr std::chrono::milliseconds kTelling{5};

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

std::int64_t limit_of(const request::Query& query) {
  std::int64_t limit = 0;
  for (const char digit : query.get("limit")) {
    if (digit < '0' || digit > '9' || limit > 1'000'000'000) return 0;
    limit = limit * 10 + (digit - '0');
  }
  return limit;
}

// What a list reads: all there are when it selects, no more than its limit when it does not.
std::int64_t objects_read(const request::RequestInfo& info, std::int64_t there_are) {
  if (!info.name.empty()) return 1;
  const std::int64_t limit = limit_of(info.query);
  const bool selects = !info.label_selector.empty() || !info.field_selector.empty();
  return limit > 0 && !selects ? std::min(limit, there_are) : there_are;
}

bool writes(const request::RequestInfo& info) {
  const std::string& verb = info.verb;
  if (verb != "create" && verb != "update" && verb != "patch" && verb != "delete") return false;
  return info.resource != "serviceaccounts" || info.subresource != "token";  // nothing is stored
}

}  // namespace

Work Fairness::estimate(const request::RequestInfo& info, const Flow& flow) const {
  Work work;
  if (!info.is_resource) return work;
  const bool lists =
      info.verb == "list" || (info.verb == "watch" && is_true(info.query.get("sendInitialEvents")));
  if (lists && options_.count_objects) {
    const auto there_are =
        static_cast<std::int64_t>(options_.count_objects(info.group, info.resource));
    const std::int64_t seats =
        (objects_read(info, there_are) + kObjectsPerSeat - 1) / kObjectsPerSeat;
    work.seats = std::clamp<std::int64_t>(seats, 1, flow.widest);
  } else if (writes(info)) {
    const auto watches = static_cast<std::int64_t>(watches_.concerned(info));
    if (watches < kWatchesPerSeat) return work;
    const std::int64_t seats = (watches + kWatchesPerSeat - 1) / kWatchesPerSeat;
    // Fewer seats are taken for longer.
    work.final_seats = std::min(seats, flow.widest);
    work.linger = kTelling * seats / work.final_seats;
  }
  return work;
}

}  // namespace limen::fairness
