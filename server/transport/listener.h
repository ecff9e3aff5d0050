// One listening socket and the POCO server that accepts on it.
//
// POCO's HTTPServer keeps the socket and the accepting thread; its connection filter gives every
// accepted socket away, so that POCO itself never serves one.
//
// Thread rule: made and closed by one thread; `taker` runs on the accepting thread.
#pragma once

#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "transport/event_loop.h"

namespace limen::transport {

class PortListener {
 public:
  using Taker = std::function<void(Descriptor)>;

  // Binds and listens; accepts nothing yet. Throws std::runtime_error with one sentence.
  PortListener(const std::string& address, std::uint16_t port);
  ~PortListener();
  PortListener(const PortListener&) = delete;
  PortListener& operator=(const PortListener&) = delete;

  std::uint16_t port() const { return port_; }
  // Gives every socket accepted from now on to `taker`, not blocking and without delay.
  void accept(Taker taker);
  // Ends accepting and closes the port. Idempotent.
  void close();

 private:
  Poco::Net::ServerSocket socket_;
  std::uint16_t port_ = 0;
  Poco::ThreadPool unused_pool_;  // POCO wants one; nothing is ever run in it
  std::unique_ptr<Poco::Net::HTTPServer> server_;
};

// Whether `address` is an IP address of this machine's loopback.
bool is_loopback(const std::string& address);

}  // namespace limen::transport
