// Kubeconfig: where a webhook is and how to speak to it, read from a kubeconfig (kubectl's v1
// Config) as kube-apiserver's webhooks take it.
//
// Of the file's contexts the current one counts: its cluster is the webhook, its user is this
// server. Relative paths count from the file's folder. Refused, with file, line and field: what
// would weaken TLS, run programs or send a credential two ways. A value; any thread.
#pragma once

#include <limen/cpp/http.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace limen::plugins {

// "file:line: field: what is wrong", or "file: what is wrong"; without anything secret.
class KubeconfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Kubeconfig {
  std::string server;                           // https://...
  std::string tls_server_name;                  // empty: the server's host
  std::string ca_pem;                           // empty: the system's trust store
  std::string client_cert_pem, client_key_pem;  // empty: none
  std::string authorization;                    // the header's value; empty: none
  std::vector<std::string> files;               // what it was read from, the kubeconfig first

  // A request to the server with all of this in it and the rest left open.
  HttpRequest request() const;
};

// Throws KubeconfigError.
Kubeconfig read_kubeconfig(const std::string& path);

}  // namespace limen::plugins
