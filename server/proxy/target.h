// Where a request is sent on to: an address, and how the peer there is to be trusted.
//
// Plain data; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace limen::proxy {

// TLS towards a target. The chain is verified against `ca_pem` and the name against `server_name`
// (RFC 9525) unless `skip_verify`. An empty `server_name` is never fit to be verified: the
// connection then fails.
struct TlsTrust {
  std::string ca_pem;  // empty: the system's
  std::string server_name;
  std::string client_cert_pem, client_key_pem;  // empty: no client certificate is shown
  bool skip_verify = false;
};

// Which addresses may be connected to. What a name was looked up to is checked, not what it is
// looked up to at some other time, and only the checked address is connected to.
enum class Reach : std::uint8_t {
  anywhere,
  // Neither the server's own machine nor its link: no unspecified, loopback, link-local, multicast
  // or broadcast address, whichever way it is written.
  global_unicast,
};

struct Target {
  std::string host;  // an IP address, or a name that a worker looks up
  std::uint16_t port = 0;
  std::optional<TlsTrust> tls;  // none: plain
  std::string host_header;      // "name" or "name:port"
  std::string path;             // path and query as they go over the wire
  Reach reach = Reach::anywhere;
};

}  // namespace limen::proxy
