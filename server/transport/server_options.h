// What a Server is told before it starts: where it listens, its certificate, its limits.
//
// Plain data, copied into the Server. Every limit stands here with its default and its unit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limen::transport {

// What a connection may ask for. Passing one ends the request, mostly the connection too.
struct Limits {
  std::size_t request_line_bytes = 64 * 1024;   // longer: 414
  std::size_t header_bytes = 1024 * 1024;       // request line and headers, all together: 431
  std::size_t header_count = 10'000;            // more: 431
  std::size_t trailer_bytes = 64 * 1024;        // after a chunked body; more: malformed
  std::size_t pipelined_bytes = 64 * 1024;      // kept unparsed while a request is handled;
                                                // then the socket is not read
  std::size_t drain_bytes = 256 * 1024;         // of a body nobody read; more: close
  std::size_t max_connections = 16'384;         // both listeners together; more are closed at once
  std::size_t max_streams = 100;                // of one HTTP/2 connection at a time; more: refused
  std::chrono::milliseconds handshake{10'000};  // TLS
  std::chrono::milliseconds header_read{32'000};  // from a head's first byte to its last
  std::chrono::milliseconds body_read{60'000};    // from read_body to the body's last byte
  std::chrono::milliseconds idle{90'000};         // between requests
  std::chrono::milliseconds write_stall{30'000};  // the client takes no byte of what waits for it
  // The same of tunnels and of answers that are passed on from elsewhere: somebody may have paused.
  std::chrono::milliseconds tunnel_stall{4 * 3'600'000};
};

// A certificate for clients that ask for certain names.
struct SniCertificateFiles {
  std::string cert_file, key_file;
  std::vector<std::string> names;  // "*.example.com" too; empty: those the certificate is for
};

// The listener with TLS.
struct SecureListenerOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 6443;  // 0: any free port
  std::string cert_file;      // PEM, leaf first, chain after it
  std::string key_file;       // PEM, not encrypted
  // PEM; its subjects are the hint sent to clients (RFC 8446 section 4.2.4), beside those of
  // Server::offer_authorities. Empty: none. A client certificate is asked for in either case and
  // never required; nothing is verified here.
  std::string client_ca_file;
  std::vector<SniCertificateFiles> sni_certificates;
  std::string min_version = "VersionTLS12";    // VersionTLS10 to VersionTLS13
  std::vector<std::string> cipher_suites;      // IANA names, of TLS 1.2; empty: the default
  std::vector<std::string> curve_preferences;  // numbers of the TLS registry; empty: the default
  bool http2 = true;                           // offered beside HTTP/1.1
};

// The listener without TLS, whose requests bypass authentication and authorization.
struct LocalListenerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;        // 0: any free port
  bool allow_non_loopback = false;  // else another address is refused at start
};

struct ServerOptions {
  std::optional<SecureListenerOptions> secure;
  std::optional<LocalListenerOptions> local;
  Limits limits;
  std::size_t io_threads = 0;  // 0: one a core
};

}  // namespace limen::transport
