#include "fairness/dump.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/utf8.h"

namespace limen::fairness {

namespace {

using Row = std::vector<std::string>;

constexpr std::string_view kFolder = "/debug/api_priority_and_fairness/";
constexpr std::size_t kNarrowest = 8;
// Of a level with more queues only those in use are shown.
constexpr std::uint32_t kMostIdleQueues = 1024;

// Comma-separated, and aligned for reading: every cell but the last of a row is padded.
std::string table(std::vector<Row> rows) {
  std::vector<std::size_t> widths;
  for (Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      row[i] += ',';
      if (widths.size() <= i) widths.push_back(kNarrowest);
      widths[i] = std::max(widths[i], row[i].size() + 1);
    }
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size(), ' ');
    }
    text += '\n';
  }
  return text;
}

template <class Number>
std::string number(Number value) {
  return std::to_string(value);
}

std::string truth(bool value) { return value ? "true" : "false"; }

std::string seat_seconds(double value) {
  constexpr std::int64_t kScale = 100'000'000;
  const std::int64_t scaled = std::llround(value * static_cast<double>(kScale));
  char text[64];
  std::snprintf(text, sizeof(text), "%lld.%08lldss", static_cast<long long>(scaled / kScale),
                static_cast<long long>(std::llabs(scaled % kScale)));
  return text;
}

// A moment of the steady clock by the calendar.
std::string calendar(base::Deadline moment) {
  if (moment == base::Deadline()) return "0001-01-01T00:00:00Z";
  const auto ago = base::SteadyClock::now() - moment;
  return base::format_micro_time(
      std::chrono::system_clock::now() -
      std::chrono::duration_cast<std::chrono::system_clock::duration>(ago));
}

std::string milliseconds(std::chrono::nanoseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return whole == 0 ? "0s" : number(whole) + "ms";
}

// Names that a client chose must not look like another cell or row.
std::string cell(std::string text) {
  for (char& byte : text) {
    if (byte == ',' || static_cast<unsigned char>(byte) < 0x20) byte = '_';
  }
  return text;
}

std::string dump_levels(const Fairness& fairness) {
  std::vector<Row> rows{{"PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing",
                         "WaitingRequests", "ExecutingRequests", "DispatchedRequests",
                         "RejectedRequests", "TimedoutRequests", "CancelledRequests"}};
  for (const Fairness::LevelState& state : fairness.dump(false)) {
    const LevelDump& level = state.dump;
    const auto active = std::count_if(level.active.begin(), level.active.end(),
                                      [](const QueueDump& queue) { return queue.waiting > 0; });
    rows.push_back({level.name, number(active), truth(level.waiting + level.executing == 0),
                    truth(state.quiescing), number(level.waiting), number(level.executing),
                    number(level.dispatched), number(level.rejected), number(level.timed_out),
                    number(level.cancelled)});
  }
  return table(std::move(rows));
}

Row queue_row(const std::string& level, const QueueDump& queue) {
  return {level,
          number(queue.index),
          number(queue.waiting),
          number(queue.executing),
          number(queue.seats),
          seat_seconds(queue.next_start),
          number(queue.initial_seats),
          number(queue.widths),
          seat_seconds(queue.work)};
}

std::string dump_queues(const Fairness& fairness) {
  std::vector<Row> rows{{"PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests",
                         "SeatsInUse", "NextDispatchR", "InitialSeatsSum", "MaxSeatsSum",
                         "TotalWorkSum"}};
  for (const Fairness::LevelState& state : fairness.dump(false)) {
    const LevelDump& level = state.dump;
    const std::uint32_t shown = level.queues <= kMostIdleQueues ? level.queues : 0;
    std::uint32_t next = 0;
    const auto idle_until = [&](std::uint32_t end) {
      for (; next < std::min(end, shown); ++next) {
        QueueDump idle;
        idle.index = next;
        rows.push_back(queue_row(level.name, idle));
      }
    };
    for (const QueueDump& queue : level.active) {
      idle_until(queue.index);
      rows.push_back(queue_row(level.name, queue));
      next = queue.index + 1;
    }
    idle_until(shown);
  }
  return table(std::move(rows));
}

Row request_row(const std::string& level, std::int64_t queue, const RequestDump& request,
                bool with_details) {
  Row row{level,
          request.schema,
          number(queue),
          number(request.index),
          cell(request.distinguisher),
          calendar(request.arrived),
          number(request.work.seats),
          number(request.work.final_seats),
          milliseconds(request.work.linger),
          calendar(request.started)};
  if (!with_details) return row;
  for (const std::string* detail :
       {&request.user, &request.verb, &request.path, &request.ns, &request.name,
        &request.group_version, &request.resource, &request.subresource}) {
    row.push_back(cell(*detail));
  }
  return row;
}

std::string dump_requests(const Fairness& fairness, bool with_details) {
  Row head{"PriorityLevelName", "FlowSchemaName", "QueueIndex",   "RequestIndexInQueue",
           "FlowDistingsher",   "ArriveTime",     "InitialSeats", "FinalSeats",
           "AdditionalLatency", "StartTime"};
  if (with_details) {
    for (const char* name : {"UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion",
                             "Resource", "SubResource"}) {
      head.emplace_back(name);
    }
  }
  std::vector<Row> rows{std::move(head)};
  for (const Fairness::LevelState& state : fairness.dump(with_details)) {
    const LevelDump& level = state.dump;
    for (const QueueDump& queue : level.active) {
      for (const RequestDump& request : queue.requests) {
        rows.push_back(request_row(level.name, queue.index, request, with_details));
      }
    }
    for (const RequestDump& request : level.queueless) {
      rows.push_back(request_row(level.name, -1, request, with_details));
    }
  }
  return table(std::move(rows));
}

}  // namespace

std::optional<std::string> dump_page(const Fairness& fairness, std::string_view path,
                                     bool with_details) {
  if (!path.starts_with(kFolder)) return std::nullopt;
  const std::string_view page = path.substr(kFolder.size());
  if (page == "dump_priority_levels") return dump_levels(fairness);
  if (page == "dump_queues") return dump_queues(fairness);
  if (page == "dump_requests") return dump_requests(fairness, with_details);
  return std::nullopt;
}

}  // namespace limen::fairness
