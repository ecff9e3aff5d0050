#include "transport/io_worker.h"

#include <array>
#include <cstdio>
#include <utility>

#include "transport/connection.h"

namespace limen::transport {
namespace {

constexpr std::size_t kQueuesKept = 64;

}  // namespace

IoWorker::IoWorker(const Limits& limits, const Handler& handler, Counters& counters)
    : limits_(limits), handler_(handler), counters_(counters) {}

IoWorker::~IoWorker() { cut_all(); }

std::string_view IoWorker::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    // Not strftime: the names must not follow a locale.
    constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   kMonths.at(static_cast<std::size_t>(parts.tm_mon)),
                                   parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    date_.assign(text.data(), static_cast<std::size_t>(size));
    date_second_ = now;
  }
  return date_;
}

std::unique_ptr<OutQueue> IoWorker::borrow_queue() {
  if (queues_.empty()) return std::make_unique<OutQueue>();
  std::unique_ptr<OutQueue> queue = std::move(queues_.back());
  queues_.pop_back();
  return queue;
}

void IoWorker::give_back(std::unique_ptr<OutQueue> queue) {
  queue->clear();
  if (queues_.size() < kQueuesKept) queues_.push_back(std::move(queue));
}

void IoWorker::adopt(std::unique_ptr<Connection> connection) {
  Connection* const adopted = connection.release();
  connections_.insert(adopted);
  counters_.accepted_connections.fetch_add(1, std::memory_order_relaxed);
  adopted->start();
  if (draining_) adopted->drain();
}

void IoWorker::release(Connection* connection) {
  connections_.erase(connection);
  counters_.open_connections.fetch_sub(1, std::memory_order_relaxed);
  loop_.dispose(std::unique_ptr<EventHandler>(connection));
}

void IoWorker::drain() {
  draining_ = true;
  const std::vector<Connection*> all(connections_.begin(), connections_.end());
  for (Connection* connection : all) {
    if (connections_.contains(connection)) connection->drain();
  }
}

void IoWorker::cut_all() {
  while (!connections_.empty()) (*connections_.begin())->die();
}

}  // namespace limen::transport
