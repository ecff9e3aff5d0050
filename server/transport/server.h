// The Server: two listeners, a few I/O loops, and the connections they carry.
//
// POCO's HTTPServer binds and accepts; each accepted socket is handed, round robin, to one of the
// loops, which speak TLS and HTTP/1.1 or HTTP/2 on it and call the Handler on their own thread. A
// connection never changes its loop.
//
// Thread rule: one thread calls start, stop_accepting, drain and stop, in this order; the counts,
// offer_authorities and reload_certificate are for any thread. Lifetime: the loops, being
// Executors, live as long as the Server; whatever was posted to them and did not run before stop()
// is dropped with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "transport/http.h"
#include "transport/server_options.h"

namespace limen::transport {

// Gauges and totals since the start.
struct ServerCounts {
  std::uint64_t open_connections = 0;
  std::uint64_t in_flight_requests = 0;  // handed to the Handler, answer not complete
  std::uint64_t accepted_connections = 0;
  std::uint64_t refused_connections = 0;  // over max_connections
  std::uint64_t failed_handshakes = 0;
  std::uint64_t requests = 0;            // handed to the Handler
  std::uint64_t malformed_requests = 0;  // answered by the transport itself
};

class Server {
 public:
  // Makes the loops; opens nothing yet. Throws std::runtime_error when the system refuses a loop.
  Server(ServerOptions options, Handler handler);
  // Stops at once when still running.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Loads the certificate, binds both listeners and serves. Throws std::runtime_error with one
  // sentence when something is unfit ("cannot listen on 0.0.0.0:6443: Address already in use");
  // nothing is left half-started then.
  void start();

  // The ports in use; 0 for a listener that is not on.
  std::uint16_t secure_port() const;
  std::uint16_t local_port() const;

  // Closes the listening sockets. Connections live on.
  void stop_accepting();

  // Ends the connections: idle ones now, others when their answer is complete (which then says
  // "Connection: close"); streams are cancelled (Exchange::on_cancel). Waits for that, at most
  // `grace`; what is left is cut. Accepting stops, too.
  void drain(std::chrono::milliseconds grace);

  // Cuts what is left and ends the threads. Idempotent.
  void stop();

  // The loops, one an I/O thread, in a fixed order; never empty.
  std::vector<base::Executor*> loops();

  ServerCounts counts() const;

  // Reads certificate, key and client CA files again, for connections accepted from now on. Throws
  // as start() does; the old ones stay in use then.
  void reload_certificate();

  // The subjects of these certificates (PEM), too, are told to clients as the issuers of acceptable
  // certificates, from start() or the next reload_certificate() on. When all of them together are
  // more than a handshake can carry, none are told.
  void offer_authorities(std::string authorities);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limen::transport
