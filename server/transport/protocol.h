// A connection's two halves: the carrier, which has the socket, and the protocol it carries.
//
// The carrier moves bytes, keeps the one deadline and ends the connection; the protocol makes
// requests of the bytes: HTTP/1.1, or HTTP/2 when ALPN chose it.
//
// Thread rule: the loop's own thread. Lifetime: the carrier owns its protocol.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "base/executor.h"
#include "transport/http.h"
#include "transport/out_queue.h"

namespace limen::transport {

// How a connection ends once all that is queued has been sent.
enum class Ending {
  finish,  // properly; the peer is given time to read it all
  cut,     // without TLS's close_notify
  reset,   // by a TCP reset: what has not arrived is lost
};

class Carrier {
 public:
  static constexpr base::Deadline kNever = base::Deadline::max();

  virtual ~Carrier() = default;
  // What is to be sent; after adding to it, flush_later().
  virtual OutQueue& out() = 0;
  virtual void flush_later() = 0;
  // Bytes queued or enciphered that the socket has not taken.
  virtual std::size_t unsent() const = 0;
  // Whether the socket is read. It is, at first.
  virtual void want_input(bool wanted) = 0;
  // Replaces the deadline after which the protocol's on_deadline runs once.
  virtual void set_deadline(base::Deadline when) = 0;
  // How long the peer may take no byte of what waits for it; Limits::write_stall at first.
  virtual void set_stall_limit(std::chrono::milliseconds limit) = 0;
  // Ends the connection after what is queued; nothing more is given to the protocol but on_closed.
  virtual void close(Ending ending) = 0;
  virtual const std::shared_ptr<const PeerInfo>& peer() const = 0;
  virtual Listener listener() const = 0;
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  // Bytes from the peer, valid during the call.
  virtual void on_data(std::string_view bytes) = 0;
  // The peer sends no more; it may still read.
  virtual void on_peer_end() = 0;
  virtual void on_deadline() = 0;
  // Called before queued bytes are sent: the last moment to add to them.
  virtual void before_flush() = 0;
  // Some queued bytes have been sent, or all.
  virtual void on_sent() = 0;
  // The server drains: end as soon as is polite.
  virtual void on_drain() = 0;
  // The connection is gone; the carrier must not be used any more.
  virtual void on_closed() = 0;
};

}  // namespace limen::transport
