// One I/O thread with what its connections share: the loop, buffers, the clock's text, the set of
// the connections themselves.
//
// Thread rule: counters are for any thread; the rest for the loop's own. Lifetime: the Server owns
// the workers; limits, handler and counters outlive them.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "transport/channel.h"
#include "transport/event_loop.h"
#include "transport/http.h"
#include "transport/out_queue.h"
#include "transport/server_options.h"

namespace limen::transport {

class Connection;

struct Counters {
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> in_flight_requests{0};
  std::atomic<std::uint64_t> accepted_connections{0};
  std::atomic<std::uint64_t> refused_connections{0};
  std::atomic<std::uint64_t> failed_handshakes{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> malformed_requests{0};
};

class IoWorker {
 public:
  IoWorker(const Limits& limits, const Handler& handler, Counters& counters);
  ~IoWorker();

  EventLoop& loop() { return loop_; }
  const Limits& limits() const { return limits_; }
  const Handler& handler() const { return handler_; }
  Counters& counters() { return counters_; }
  Scratch& scratch() { return scratch_; }
  bool draining() const { return draining_; }

  // "Tue, 24 Nov 2026 03:05:55 GMT" (RFC 9110 section 5.6.7). Valid until the next call.
  std::string_view date();

  // Queues are lent while there is something to send, so that an idle connection has none.
  std::unique_ptr<OutQueue> borrow_queue();
  void give_back(std::unique_ptr<OutQueue> queue);

  // Takes a connection in; it starts to serve.
  void adopt(std::unique_ptr<Connection> connection);
  // Takes it out; it is destroyed at the end of the turn.
  void release(Connection* connection);
  std::size_t connections() const { return connections_.size(); }

  // Asks every connection, and those that come, to end when idle.
  void drain();
  // Ends every connection now.
  void cut_all();

 private:
  const Limits& limits_;
  const Handler& handler_;
  Counters& counters_;
  EventLoop loop_;
  Scratch scratch_;
  bool draining_ = false;
  std::time_t date_second_ = -1;
  std::string date_;
  std::vector<std::unique_ptr<OutQueue>> queues_;
  std::unordered_set<Connection*> connections_;
};

}  // namespace limen::transport
