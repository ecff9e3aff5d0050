// A connection's bytes on their way between socket and protocol: enciphered or as they are.
//
// A channel does no input or output of its own: it is given what the socket brought and says what
// the socket should take. Thread rule: the loop's own thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "transport/http.h"

struct ssl_ctx_st;

namespace limen::transport {

// Buffers that all connections of a loop use in turn; nothing in them outlives one call.
struct Scratch {
  static constexpr std::size_t kReceiveBytes = 64 * 1024;
  // More than one receive can yield with what the cipher held back of the one before.
  static constexpr std::size_t kPlainBytes = kReceiveBytes + 32 * 1024;
  Scratch();
  std::unique_ptr<char[]> received;
  std::unique_ptr<char[]> plain;
  std::unique_ptr<char[]> record;  // kRecordBytes
  std::string out;                 // for the socket
};

class Channel {
 public:
  enum class Status {
    handshake,  // not yet open
    open,
    ended,   // the peer said that it sends no more
    failed,  // what is in `out` is still to be sent, then the connection is over
  };
  struct Received {
    Status status;
    std::string_view plain;  // in the scratch buffers or in `wire`; may be empty
  };

  virtual ~Channel() = default;

  // Takes all of `wire`. What is to be sent in turn is added to `out`.
  virtual Received receive(std::string_view wire, Scratch& scratch, std::string& out) = 0;
  // Adds `plain`, at most kRecordBytes, to `out` as it must go over the wire. False when broken.
  virtual bool send(std::string_view plain, std::string& out) = 0;
  // Adds to `out` what tells the peer of a proper end.
  virtual void finish(std::string& out) = 0;
  // Why it failed, in OpenSSL's words; for the log.
  virtual std::string_view failure() const { return {}; }
  // Fills in what the channel knows of the peer, once open.
  virtual void describe(PeerInfo& peer) const = 0;
  // The protocol both sides agreed on, by its ALPN name (RFC 7301); empty when none was named.
  virtual std::string_view protocol() const { return {}; }
};

std::unique_ptr<Channel> make_plain_channel();
// Null when out of memory. The context is referred to for the channel's life.
std::unique_ptr<Channel> make_tls_channel(ssl_ctx_st* context);
// The side that connects; it begins when it first receives, if only nothing. The context says which
// authorities are trusted, and whether that matters at all; the certificate must then be for
// `server_name`, a DNS name or an IP address (RFC 9525: subject alternative names only). A DNS name
// is told to the server (RFC 6066 section 3).
std::unique_ptr<Channel> make_tls_client_channel(ssl_ctx_st* context,
                                                 const std::string& server_name);

}  // namespace limen::transport
