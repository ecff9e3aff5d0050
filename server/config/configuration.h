// ServerConfiguration: what /etc/limen/limen.yaml and the command line say, checked and with every
// default filled in.
//
// A plain value: loaded once, then read by any thread. options.cpp holds the table of all scalar
// options with their bounds; conf/limen.yaml shows them to operators.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/document.h"

namespace limen::config {

using Duration = std::chrono::nanoseconds;

// Where something stands in the file; line and column count from 1, 0 when it stands nowhere (a
// default, a flag).
struct Position {
  int line = 0;
  int column = 0;
};

// A serving certificate for clients that ask for certain names (RFC 6066 section 3).
struct SniCertificate {
  std::string cert_file, key_file;  // PEM
  std::vector<std::string> names;   // domain names, "*.example.com" too; empty: those it is for
};

// The secure listener: TLS, authentication, authorization, admission.
struct SecureListener {
  std::string bind_address = "0.0.0.0";  // an IP address
  std::int64_t port = 6443;              // 1 to 65535
  // By which the cluster reaches the server; empty: see app/advertise_address.h.
  std::string advertise_address;
  std::string tls_cert_file;         // PEM chain, leaf first; both empty: self-signed, see cert_dir
  std::string tls_private_key_file;  // PEM
  std::string client_ca_file;  // PEM bundle offered to clients as acceptable issuers; empty: none
  std::string cert_dir =
      "/var/lib/limen/pki";  // where a self-signed pair is kept for the next start
  std::vector<SniCertificate> sni_certificates;
  // As kube-apiserver's flags of these names.
  std::string tls_min_version = "VersionTLS12";
  std::vector<std::string> tls_cipher_suites;      // IANA names, of TLS 1.2; empty: the default
  std::vector<std::string> tls_curve_preferences;  // numbers of the TLS registry; empty: default
  bool http2 = true;                               // offered to clients beside HTTP/1.1 (ALPN)
};

// The local listener: no TLS, no authentication, no authorization; admission still runs.
struct LocalListener {
  bool enabled = false;
  std::string bind_address = "127.0.0.1";
  std::int64_t port = 8080;
  bool allow_non_loopback = false;  // a deliberate yes to serving everybody without a question
};

// What one client, or all together, may use.
struct Limits {
  std::int64_t max_request_line_bytes = 64 * 1024;        // 414 beyond
  std::int64_t max_header_bytes = 1024 * 1024;            // 431 beyond, request line included
  std::int64_t max_request_body_bytes = 3 * 1024 * 1024;  // 413 beyond
  std::int64_t max_header_count = 10'000;                 // 431 beyond
  std::int64_t max_connections = 16'384;                  // of both listeners together
  std::int64_t max_pipelined_bytes = 64 * 1024;           // read ahead on one connection
  std::int64_t max_streams_per_connection = 100;          // HTTP/2 requests at a time on one
  std::int64_t max_requests_in_flight = 400;              // reads; 429 beyond; 0: no limit
  std::int64_t max_mutating_requests_in_flight = 200;     // writes; 429 beyond; 0: no limit
  // API Priority and Fairness divides the sum of the two, in the place of two plain limits.
  bool fairness = true;
  Duration handshake_timeout = std::chrono::seconds(10);
  Duration header_timeout = std::chrono::seconds(32);
  Duration body_timeout = std::chrono::seconds(60);
  Duration idle_timeout = std::chrono::seconds(90);
  Duration write_timeout = std::chrono::seconds(30);  // a reader that takes nothing for so long
};

// Credentials that are not good any more.
struct Revocations {
  std::string path;  // see authn/revocations.h; empty: none
};

// The addresses and ports that services get.
struct Services {
  std::string cluster_ip_range = "10.96.0.0/12";  // CIDR
  std::string node_port_range = "30000-32767";
};

// How the server reaches kubelets, and what proxies may reach.
struct Kubelets {
  std::string client_certificate_file, client_key_file;  // PEM; both empty: none is shown
  std::string certificate_authority_file;                // PEM; empty: no kubelet is trusted
  bool skip_tls_verify = false;  // a deliberate yes to any certificate of a kubelet
  std::vector<std::string> address_types = {"Hostname", "InternalDNS", "InternalIP", "ExternalDNS",
                                            "ExternalIP"};  // of a Node, the first there is
  std::int64_t port = 10250;                                // when the Node does not say
  bool allow_local_addresses = false;  // loopback and link-local ones may be connected to
};

// The API servers behind this one (APIServices).
struct Aggregation {
  // PEM; shown to them as a front proxy's; both empty: none.
  std::string proxy_client_cert_file, proxy_client_key_file;
  bool reject_forwarding_redirect = true;  // their answers of 3xx are refused
};

struct Threads {
  std::int64_t io = 0;       // I/O loops; 0: one a core
  std::int64_t workers = 0;  // for modules that may block; 0: four a core, at least eight
};

struct Log {
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // text, json
  // Of single sources, "SOURCE=LEVEL": a room of the server or module/NAME; see
  // observability/log.h.
  std::vector<std::string> levels;
};

// Who did what; off unless there is a policy and a log or a webhook to send it to.
struct Audit {
  std::string policy_file;              // audit.k8s.io/v1 Policy; reloaded when it changes
  std::string log_path;                 // JSON lines; "-" is standard output
  std::int64_t max_size = 100;          // MiB at which the file is rotated; 0: never
  std::int64_t max_backups = 100;       // rotated files kept; 0: all
  std::int64_t max_age = 366;           // days a rotated file is kept; 0: for ever
  bool compress = false;                // rotated files become .gz
  std::int64_t max_event_size = 0;      // bytes; a larger event loses its bodies; 0: none is
  std::int64_t buffer_events = 10'000;  // that may wait to be written
  std::int64_t buffer_bytes = 256 * 1024 * 1024;  // of waiting events together
  std::string when_full = "drop";                 // drop: events are lost; refuse: requests are
};

// The same for somebody else's server.
struct AuditWebhook {
  std::string kubeconfig;      // leads there; empty: there is none
  std::string mode = "batch";  // batch, blocking, blocking-strict; see audit/webhook_backend.h
  std::int64_t buffer_events = 10'000;            // that may wait to be sent
  std::int64_t buffer_bytes = 256 * 1024 * 1024;  // of those that wait or are on their way
  std::int64_t batch_events = 400;                // of one request
  Duration batch_wait =
      std::chrono::seconds(30);  // the longest until a batch goes that is not full
  bool throttle = true;
  std::int64_t throttle_qps = 10;  // batches a second
  std::int64_t throttle_burst = 15;
  Duration initial_backoff = std::chrono::seconds(10);  // after a first failure
  std::int64_t max_event_size = 0;                      // as the log's
  std::int64_t max_batch_size = 10 * 1024 * 1024;       // bytes
};

enum class FailurePolicy { fail, ignore };

// shadow: the module sees live traffic, and what it says is counted and never enforced.
enum class Mode { enforce, shadow };

// Whether a module runs in the server or in a process of its own.
enum class Isolation { none, process };

// One instance of a module in a list.
struct ModuleEntry {
  std::string name;    // of the instance: in logs, metrics, audit
  std::string module;  // the file in modulePath, without ".so"; the name when not given
  Duration timeout = std::chrono::seconds(10);  // of one call
  std::int64_t max_calls = 1024;                // of this instance at one time
  FailurePolicy failure_policy = FailurePolicy::fail;
  Mode mode = Mode::enforce;
  Isolation isolation = Isolation::none;
  std::int64_t memory_limit = 0;  // bytes, of an isolated module's process; 0: the default
  std::string sha256;             // of the file, lower-case hex; empty: any
  std::string signed_by;          // which of moduleKeys must have signed the file; empty: none
  std::string public_key;         // that key: ed25519, raw 32 bytes
  bool stale_reads = true;        // of storage: memory answers while a shared store is away
  object::Json config = nullptr;  // its own subtree; null when none was given
  Position position;              // of the entry
  // Where each value of `config` stands, by JSON pointer ("" is the whole), in file order.
  std::vector<std::pair<std::string, Position>> config_positions;
  // The file these positions are in; empty: that of the entry.
  std::string config_file;

  // Where the value at `pointer` stands; of its nearest parent that stands somewhere otherwise.
  Position position_of(std::string_view pointer) const;
};

struct ServerConfiguration {
  std::string file;  // as given; empty: all defaults
  SecureListener secure;
  LocalListener local;
  std::string module_path;  // folder of the modules
  std::vector<ModuleEntry> authenticators;
  // What this API calls itself in tokens; empty: as the authenticators name it.
  std::vector<std::string> api_audiences;
  std::vector<ModuleEntry> authorizers;
  // The whole chain, in the order of asking; see config/admission_chain.h.
  std::vector<ModuleEntry> admission;
  std::string admission_config_file;  // AdmissionConfiguration; empty: none
  ModuleEntry storage;                // default: sqlite at /var/lib/limen/limen.db
  std::string storage_encryption;     // EncryptionConfiguration; empty: all is stored as it is
  Limits limits;
  Revocations revocations;
  Services services;
  Kubelets kubelets;
  Aggregation aggregation;
  Threads threads;
  Log log;
  Audit audit;
  AuditWebhook audit_webhook;
  std::vector<std::string> disabled_controllers;
  Duration event_ttl = std::chrono::hours(1);     // an event goes so long after it was last written
  std::vector<std::string> cors_allowed_origins;  // expressions; see pipeline/cross_origin.h
  std::vector<std::string> strict_transport_security;  // directives of the header (RFC 6797)
  std::string
      root_ca_file;  // PEM, of the serving certificate's authority; empty: see app/root_ca.h
  Duration request_timeout = std::chrono::seconds(60);      // of a request that is not a watch
  Duration min_request_timeout = std::chrono::minutes(30);  // a watch ends after 1 to 2 of it
  Duration history_retention = std::chrono::minutes(5);     // what can still be watched from
  Duration shutdown_delay = Duration::zero();  // not ready, still serving, before the stop
  Duration shutdown_timeout = std::chrono::seconds(30);  // for what runs at the stop

  ServerConfiguration();
};

// `file:line:column`, or `file` for a position that stands nowhere.
std::string to_string(const std::string& file, const Position& position);

}  // namespace limen::config
