// What the rest of the server sees of HTTP: a request's head, a response's head, and the Exchange
// that joins them. The transport room implements it; nothing outside it knows of sockets or TLS.
//
// Thread rule: an Exchange belongs to one I/O loop; every method is for that loop's thread except
// where it says otherwise. Lifetime: shared; the head's views live as long as the Exchange.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"

namespace limen::transport {

struct HeaderView {
  std::string_view name;   // as sent; compare case-insensitively
  std::string_view value;  // without surrounding white space
};

enum class Listener { secure, local };

// What TLS told about the peer. Shared by all requests of a connection; immutable.
struct PeerInfo {
  std::string source_ip;                      // textual, without port
  std::string sni;                            // empty when none was sent
  std::string tls_version;                    // "TLSv1.3"; empty on the local listener
  std::vector<std::string> certificates_der;  // as sent, leaf first; empty when none was presented
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  // exactly as sent: path, "?", query; or absolute-form
  std::vector<HeaderView> headers;
  bool http_1_0 = false;
  bool has_body = false;  // Content-Length > 0 or chunked
  std::optional<std::uint64_t> content_length;

  // The first value of a header, or empty. `has` tells a missing one from an empty one.
  std::string_view header(std::string_view name) const;
  bool has(std::string_view name) const;
};

// A response's status line and headers, kept as wire text while it grows. The transport adds Date,
// Content-Length or Transfer-Encoding, and Connection.
class ResponseHead {
 public:
  explicit ResponseHead(int status = 200) : status_(status) {}
  int status() const { return status_; }
  void set_status(int status) { status_ = status; }
  // Name and value must hold no CR, LF or NUL; such bytes are replaced by a space.
  void add(std::string_view name, std::string_view value);
  // The same, and whatever the field had before is gone.
  void replace(std::string_view name, std::string_view value);
  const std::string& wire() const { return wire_; }
  bool close_connection = false;  // sends "Connection: close" and closes after the answer
  // For Exchange::stream: how long the body will be, when that is known. Exactly as many bytes are
  // then written, or the stream is aborted.
  std::optional<std::uint64_t> content_length;
  // For Exchange::stream: the client may stop reading for as long as a person may look at a page
  // of it (Limits::tunnel_stall).
  bool patient = false;

 private:
  int status_;
  std::string wire_;
};

// A piece of a body: owned text, or a part of shared immutable text that is not copied until it is
// encrypted.
struct BodyPiece {
  std::shared_ptr<const std::string> shared;  // null: `text` is used
  std::string_view view;                      // into *shared, or static text when shared is null
  BodyPiece(std::shared_ptr<const std::string> owner, std::string_view part)
      : shared(std::move(owner)), view(part) {}
  explicit BodyPiece(std::string text)
      : shared(std::make_shared<const std::string>(std::move(text))), view(*shared) {}
};

enum class BodyStatus { complete, too_large, malformed, cancelled, timed_out };

// The body of a response that is sent as it comes to be (a watch). Loop thread only, except where
// said. After finish() or a lost connection writes are dropped.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  virtual void write(
      std::string_view bytes) = 0;  // copied; several writes in one turn of the loop leave as one
  virtual std::size_t pending_bytes() const = 0;        // accepted but not yet taken by the socket
  virtual void on_drain(std::function<void()> fn) = 0;  // called each time pending falls below the
                                                        // low-water mark (64 KiB)
  virtual void finish() = 0;                            // a proper end (last chunk)
  virtual void abort() = 0;  // an end the client can tell from a proper one
  virtual bool closed() const = 0;
};

// A connection that was taken over after a 101 (RFC 9110 section 7.8): bytes both ways, none of
// them HTTP's. Loop thread only. Lifetime: shared; may outlive the connection, and then does
// nothing. The exchange's on_cancel tells when the connection is lost or the server drains.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
  // Gives what the client sends to `fn`, in order, first what came right behind the request. Never
  // within this call. Until then, and while input is held, the client is not read.
  virtual void on_data(std::function<void(std::string_view)> fn) = 0;
  // Calls `fn` once all is given that the client has sent and it sends no more.
  virtual void on_end(std::function<void()> fn) = 0;
  virtual void hold_input(bool held) = 0;
  virtual void write(std::string_view bytes) = 0;       // copied
  virtual std::size_t pending_bytes() const = 0;        // accepted, not yet taken by the socket
  virtual void on_drain(std::function<void()> fn) = 0;  // as ResponseStream's
  virtual void finish() = 0;  // ends the connection after what was written
  virtual void abort() = 0;   // ends it so that the client can tell
  virtual bool closed() const = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& head() const = 0;
  virtual const PeerInfo& peer() const = 0;
  virtual Listener listener() const = 0;
  virtual base::Executor& loop() const = 0;

  // Calls `fn` once when the client has gone away or the server drains (a watch must end); at once
  // if that has happened. Replaces an earlier one; null forgets it.
  virtual void on_cancel(std::function<void()> fn) = 0;
  virtual bool cancelled() const = 0;  // any thread

  // Reads the whole body, answering Expect: 100-continue first. `done` runs on the loop, perhaps
  // within this call. At most once an exchange. Over `limit` bytes: too_large, and the connection
  // closes after the answer.
  using BodyCallback = std::function<void(BodyStatus, std::string body)>;
  virtual void read_body(std::size_t limit, BodyCallback done) = 0;

  // Answers, once. A body that was not read is drained or the connection closed, never parsed as a
  // request. For HEAD the body is counted and not sent.
  virtual void respond(ResponseHead head, std::string body) = 0;
  virtual void respond(ResponseHead head, std::vector<BodyPiece> body) = 0;
  virtual std::shared_ptr<ResponseStream> stream(ResponseHead head) = 0;
  virtual bool responded() const = 0;

  // Whether upgrade() can be: over HTTP/1.1, once there is no more of a body to read.
  virtual bool can_upgrade() const { return false; }
  // Answers, once, with 101 and the head's fields (Connection and Upgrade among them), and gives
  // the connection away. Null when it cannot be; nothing was answered then.
  virtual std::shared_ptr<Tunnel> upgrade(const ResponseHead& head);

  // The client has not said who it is. A connection that carries many requests at a time (HTTP/2)
  // then ends after the answers it owes; one that carries one after the other goes on.
  virtual void distrust_peer() {}
};

// Called on the connection's loop as soon as a request's head is complete and well-formed. Must not
// throw.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace limen::transport
