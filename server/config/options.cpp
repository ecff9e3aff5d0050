#include "config/options.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <re2/re2.h>

#include <limits>

#include "base/address_range.h"
#include "base/port_range.h"
#include "observability/log.h"

namespace limen::config {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string any_text(const std::string&) { return {}; }

std::string non_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : std::string();
}

std::string ip_address(const std::string& text) {
  return is_ip_address(text) ? std::string() : "must be an IP address such as 0.0.0.0 or ::1";
}

std::string no_or_outer_address(const std::string& text) {
  if (text.empty()) return {};
  if (!is_ip_address(text)) return "must be an IP address such as 192.0.2.10";
  const bool everywhere = text == "0.0.0.0" || text == "::";
  if (is_loopback_address(text) || everywhere) {
    return "must be an address at which others reach this server, not a loopback or unspecified "
           "one";
  }
  return {};
}

std::string port_range(const std::string& text) {
  return base::PortRange::parse(text) ? std::string() : "must be two ports such as 30000-32767";
}

std::string tls_version(const std::string& text) {
  for (const std::string_view known :
       {"VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"}) {
    if (text == known) return {};
  }
  return "is an unknown tls version: write VersionTLS12 or VersionTLS13";
}

std::string log_level(const std::string& text) {
  const bool known = text == "debug" || text == "info" || text == "warn" || text == "error";
  return known ? std::string() : "must be debug, info, warn or error";
}

std::string log_format(const std::string& text) {
  return text == "text" || text == "json" ? std::string() : "must be text or json";
}

// SOURCE=LEVEL
std::string source_level(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos) return "must be a source and its level, such as authn=debug";
  const std::string problem = log::name_problem(text.substr(0, equals));
  if (!problem.empty()) return problem;
  return log_level(text.substr(equals + 1));
}

std::string delivery_mode(const std::string& text) {
  const bool known = text == "batch" || text == "blocking" || text == "blocking-strict";
  return known ? std::string() : "must be batch, blocking or blocking-strict";
}

std::string drop_or_refuse(const std::string& text) {
  return text == "drop" || text == "refuse" ? std::string() : "must be drop or refuse";
}

// An expression that is found anywhere in an origin would let others add to both ends of a host's
// name.
std::string origin_pattern(const std::string& text) {
  const re2::RE2 pattern(text, re2::RE2::Quiet);
  if (!pattern.ok()) return "is no regular expression: " + pattern.error();
  const bool starts = text.find('^') != std::string::npos || text.find("//") != std::string::npos;
  const bool ends = text.find('$') != std::string::npos || text.find(':') != std::string::npos;
  if (starts && ends) return {};
  return "must pin both ends of the host in an origin, as ^https://example\\.com$ does";
}

std::string transport_directive(const std::string& text) {
  constexpr std::string_view kAge = "max-age=";
  const bool age = text.starts_with(kAge) && text.size() > kAge.size() &&
                   text.find_first_not_of("0123456789", kAge.size()) == std::string::npos;
  if (age || text == "includeSubDomains" || text == "preload") return {};
  return "must be max-age=SECONDS, includeSubDomains or preload";
}

constexpr std::int64_t kMebi = 1024 * 1024;

void add_listeners(std::vector<Option>& out, ServerConfiguration& c) {
  out.push_back({"secure", "bindAddress", TextOption{&c.secure.bind_address, ip_address}});
  out.push_back({"secure", "port", IntegerOption{&c.secure.port, 1, 65535}});
  out.push_back(
      {"secure", "advertiseAddress", TextOption{&c.secure.advertise_address, no_or_outer_address}});
  out.push_back({"secure", "tlsCertFile", TextOption{&c.secure.tls_cert_file, any_text}});
  out.push_back(
      {"secure", "tlsPrivateKeyFile", TextOption{&c.secure.tls_private_key_file, any_text}});
  out.push_back({"secure", "clientCAFile", TextOption{&c.secure.client_ca_file, any_text}});
  out.push_back({"secure", "certDir", TextOption{&c.secure.cert_dir, non_empty}});
  out.push_back({"secure", "tlsMinVersion", TextOption{&c.secure.tls_min_version, tls_version}});
  out.push_back(
      {"secure", "tlsCipherSuites", TextListOption{&c.secure.tls_cipher_suites, non_empty}});
  out.push_back({"secure", "tlsCurvePreferences",
                 TextListOption{&c.secure.tls_curve_preferences, non_empty}});
  out.push_back({"secure", "http2", BooleanOption{&c.secure.http2}});
  out.push_back({"local", "enabled", BooleanOption{&c.local.enabled}});
  out.push_back({"local", "bindAddress", TextOption{&c.local.bind_address, ip_address}});
  out.push_back({"local", "port", IntegerOption{&c.local.port, 1, 65535}});
  out.push_back({"local", "allowNonLoopback", BooleanOption{&c.local.allow_non_loopback}});
}

void add_limits(std::vector<Option>& out, Limits& l) {
  out.push_back({"limits", "maxRequestLineBytes",
                 IntegerOption{&l.max_request_line_bytes, 1024, 16 * kMebi}});
  out.push_back({"limits", "maxHeaderBytes", IntegerOption{&l.max_header_bytes, 4096, 64 * kMebi}});
  out.push_back({"limits", "maxRequestBodyBytes",
                 IntegerOption{&l.max_request_body_bytes, 1024, 1024 * kMebi}});
  out.push_back({"limits", "maxHeaderCount", IntegerOption{&l.max_header_count, 16, 1'000'000}});
  out.push_back({"limits", "maxConnections", IntegerOption{&l.max_connections, 1, 1'000'000}});
  out.push_back(
      {"limits", "maxPipelinedBytes", IntegerOption{&l.max_pipelined_bytes, 1024, 64 * kMebi}});
  out.push_back({"limits", "maxStreamsPerConnection",
                 IntegerOption{&l.max_streams_per_connection, 1, 10'000}});
  out.push_back(
      {"limits", "maxRequestsInFlight", IntegerOption{&l.max_requests_in_flight, 0, 1'000'000}});
  out.push_back({"limits", "maxMutatingRequestsInFlight",
                 IntegerOption{&l.max_mutating_requests_in_flight, 0, 1'000'000}});
  out.push_back({"limits", "fairness", BooleanOption{&l.fairness}});
  out.push_back({"limits", "handshakeTimeout",
                 DurationOption{&l.handshake_timeout, milliseconds(100), hours(1)}});
  out.push_back(
      {"limits", "headerTimeout", DurationOption{&l.header_timeout, milliseconds(100), hours(1)}});
  out.push_back(
      {"limits", "bodyTimeout", DurationOption{&l.body_timeout, milliseconds(100), hours(1)}});
  out.push_back(
      {"limits", "idleTimeout", DurationOption{&l.idle_timeout, milliseconds(100), hours(24)}});
  out.push_back(
      {"limits", "writeTimeout", DurationOption{&l.write_timeout, milliseconds(100), hours(1)}});
}

std::string address_type(const std::string& text) {
  for (const std::string_view known :
       {"Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"}) {
    if (text == known) return {};
  }
  return "must be Hostname, InternalDNS, InternalIP, ExternalDNS or ExternalIP";
}

void add_kubelets(std::vector<Option>& out, Kubelets& k) {
  out.push_back(
      {"kubelet", "clientCertificateFile", TextOption{&k.client_certificate_file, any_text}});
  out.push_back({"kubelet", "clientKeyFile", TextOption{&k.client_key_file, any_text}});
  out.push_back(
      {"kubelet", "certificateAuthorityFile", TextOption{&k.certificate_authority_file, any_text}});
  out.push_back({"kubelet", "insecureSkipTLSVerify", BooleanOption{&k.skip_tls_verify}});
  out.push_back(
      {"kubelet", "preferredAddressTypes", TextListOption{&k.address_types, address_type}});
  out.push_back({"kubelet", "port", IntegerOption{&k.port, 1, 65535}});
  out.push_back({"kubelet", "allowLocalAddresses", BooleanOption{&k.allow_local_addresses}});
}

void add_audit(std::vector<Option>& out, Audit& a) {
  out.push_back({"audit", "policyFile", TextOption{&a.policy_file, any_text}});
  out.push_back({"audit", "logPath", TextOption{&a.log_path, any_text}});
  out.push_back({"audit", "maxSize", IntegerOption{&a.max_size, 0, 1024 * 1024}});
  out.push_back({"audit", "maxBackups", IntegerOption{&a.max_backups, 0, 1'000'000}});
  out.push_back({"audit", "maxAge", IntegerOption{&a.max_age, 0, 36'500}});
  out.push_back({"audit", "compress", BooleanOption{&a.compress}});
  out.push_back({"audit", "maxEventSize", IntegerOption{&a.max_event_size, 0, 1024 * kMebi}});
  out.push_back({"audit", "bufferEvents", IntegerOption{&a.buffer_events, 1, 10'000'000}});
  out.push_back(
      {"audit", "bufferBytes", IntegerOption{&a.buffer_bytes, kMebi, 1024 * 1024 * kMebi}});
  out.push_back({"audit", "whenFull", TextOption{&a.when_full, drop_or_refuse}});
}

void add_audit_webhook(std::vector<Option>& out, AuditWebhook& w) {
  constexpr std::string_view kSection = "auditWebhook";
  out.push_back({kSection, "kubeconfig", TextOption{&w.kubeconfig, any_text}});
  out.push_back({kSection, "mode", TextOption{&w.mode, delivery_mode}});
  out.push_back({kSection, "bufferEvents", IntegerOption{&w.buffer_events, 1, 10'000'000}});
  out.push_back(
      {kSection, "bufferBytes", IntegerOption{&w.buffer_bytes, kMebi, 1024 * 1024 * kMebi}});
  out.push_back({kSection, "batchEvents", IntegerOption{&w.batch_events, 1, 100'000}});
  out.push_back({kSection, "batchWait", DurationOption{&w.batch_wait, milliseconds(1), hours(1)}});
  out.push_back({kSection, "throttle", BooleanOption{&w.throttle}});
  out.push_back({kSection, "throttleQPS", IntegerOption{&w.throttle_qps, 1, 1'000'000}});
  out.push_back({kSection, "throttleBurst", IntegerOption{&w.throttle_burst, 1, 1'000'000}});
  out.push_back({kSection, "initialBackoff",
                 DurationOption{&w.initial_backoff, milliseconds(1), minutes(10)}});
  out.push_back({kSection, "maxEventSize", IntegerOption{&w.max_event_size, 0, 1024 * kMebi}});
  out.push_back({kSection, "maxBatchSize", IntegerOption{&w.max_batch_size, 1024, 1024 * kMebi}});
}

}  // namespace

ServerConfiguration::ServerConfiguration() {
  storage.name = "sqlite";
  storage.module = "sqlite";
  storage.config = boost::json::object{{"path", "/var/lib/limen/limen.db"}};
}

std::vector<Option> options_of(ServerConfiguration& c) {
  std::vector<Option> out;
  add_listeners(out, c);
  add_limits(out, c.limits);
  out.push_back({"revocations", "path", TextOption{&c.revocations.path, any_text}});
  add_audit(out, c.audit);
  add_audit_webhook(out, c.audit_webhook);
  out.push_back({"controllers", "rootCAFile", TextOption{&c.root_ca_file, any_text}});
  out.push_back(
      {"controllers", "eventTTL", DurationOption{&c.event_ttl, seconds(1), hours(24 * 365)}});
  out.push_back({"services", "clusterIPRange",
                 TextOption{&c.services.cluster_ip_range, [](const std::string& text) {
                              return base::AddressRange::problem(text);
                            }}});
  out.push_back({"services", "nodePortRange", TextOption{&c.services.node_port_range, port_range}});
  add_kubelets(out, c.kubelets);
  out.push_back({"aggregation", "proxyClientCertFile",
                 TextOption{&c.aggregation.proxy_client_cert_file, any_text}});
  out.push_back({"aggregation", "proxyClientKeyFile",
                 TextOption{&c.aggregation.proxy_client_key_file, any_text}});
  out.push_back({"aggregation", "rejectForwardingRedirect",
                 BooleanOption{&c.aggregation.reject_forwarding_redirect}});
  out.push_back({"threads", "io", IntegerOption{&c.threads.io, 0, 1024}});
  out.push_back({"threads", "workers", IntegerOption{&c.threads.workers, 0, 4096}});
  out.push_back({"log", "level", TextOption{&c.log.level, log_level}});
  out.push_back({"log", "format", TextOption{&c.log.format, log_format}});
  out.push_back({"log", "levels", TextListOption{&c.log.levels, source_level}});
  out.push_back({"", "modulePath", TextOption{&c.module_path, non_empty}});
  out.push_back({"", "admissionConfigFile", TextOption{&c.admission_config_file, any_text}});
  out.push_back({"", "apiAudiences", TextListOption{&c.api_audiences, non_empty}});
  out.push_back(
      {"", "corsAllowedOrigins", TextListOption{&c.cors_allowed_origins, origin_pattern}});
  out.push_back({"", "strictTransportSecurity",
                 TextListOption{&c.strict_transport_security, transport_directive}});
  out.push_back({"", "requestTimeout", DurationOption{&c.request_timeout, seconds(1), hours(1)}});
  out.push_back(
      {"", "minRequestTimeout", DurationOption{&c.min_request_timeout, seconds(1), hours(24)}});
  out.push_back(
      {"", "historyRetention", DurationOption{&c.history_retention, seconds(1), hours(24 * 7)}});
  out.push_back({"", "shutdownDelay", DurationOption{&c.shutdown_delay, seconds(0), hours(1)}});
  out.push_back({"", "shutdownTimeout", DurationOption{&c.shutdown_timeout, seconds(0), hours(1)}});
  return out;
}

bool is_ip_address(const std::string& text) {
  in6_addr buffer{};
  return inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

bool is_loopback_address(const std::string& text) {
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace limen::config
