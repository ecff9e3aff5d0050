#include "app/transport_options.h"

namespace limen::app {

namespace {

// Values come from options.cpp's table, whose bounds are positive.
std::size_t size_of(std::int64_t value) { return static_cast<std::size_t>(value); }

std::chrono::milliseconds whole(config::Duration value) {
  return std::chrono::ceil<std::chrono::milliseconds>(value);
}

}  // namespace

transport::ServerOptions transport_options(const config::ServerConfiguration& configuration,
                                           const CertificateFiles& certificate) {
  transport::ServerOptions out;
  const config::SecureListener& secure = configuration.secure;
  out.secure.emplace();
  out.secure->address = secure.bind_address;
  out.secure->port = static_cast<std::uint16_t>(secure.port);
  out.secure->cert_file = certificate.certificate;
  out.secure->key_file = certificate.key;
  out.secure->client_ca_file = secure.client_ca_file;
  for (const config::SniCertificate& one : secure.sni_certificates) {
    out.secure->sni_certificates.push_back({one.cert_file, one.key_file, one.names});
  }
  out.secure->min_version = secure.tls_min_version;
  out.secure->cipher_suites = secure.tls_cipher_suites;
  out.secure->curve_preferences = secure.tls_curve_preferences;
  out.secure->http2 = secure.http2;
  const config::LocalListener& local = configuration.local;
  if (local.enabled) {
    out.local.emplace();
    out.local->address = local.bind_address;
    out.local->port = static_cast<std::uint16_t>(local.port);
    out.local->allow_non_loopback = local.allow_non_loopback;
  }
  const config::Limits& limits = configuration.limits;
  out.limits.request_line_bytes = size_of(limits.max_request_line_bytes);
  out.limits.header_bytes = size_of(limits.max_header_bytes);
  out.limits.header_count = size_of(limits.max_header_count);
  out.limits.pipelined_bytes = size_of(limits.max_pipelined_bytes);
  out.limits.max_connections = size_of(limits.max_connections);
  out.limits.max_streams = size_of(limits.max_streams_per_connection);
  out.limits.handshake = whole(limits.handshake_timeout);
  out.limits.header_read = whole(limits.header_timeout);
  out.limits.body_read = whole(limits.body_timeout);
  out.limits.idle = whole(limits.idle_timeout);
  out.limits.write_stall = whole(limits.write_timeout);
  out.io_threads = size_of(configuration.threads.io);
  return out;
}

std::vector<std::string> tls_files(const config::SecureListener& secure,
                                   const CertificateFiles& certificate) {
  std::vector<std::string> files = {certificate.certificate, certificate.key};
  if (!secure.client_ca_file.empty()) files.push_back(secure.client_ca_file);
  for (const config::SniCertificate& one : secure.sni_certificates) {
    files.push_back(one.cert_file);
    files.push_back(one.key_file);
  }
  return files;
}

}  // namespace limen::app
