// Kubeconfig: where a webhook is and how to speak to it, read from a kubeconfig (kubectl's v1
// Config) as kube-apiserver's webhooks take it.
//
// Of the file's contexts the current one counts: its cluster is the webhook, its user is this
// server. Relative paths count from the file's folder. Refused, with file, line and field: what
// would weaken TLS, run programs or send a credential two ways. A value; any thread.
#pragma once

#include <functional>
#include <limen/cpp/http.hpp>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace limen::plugins {

// "file:line: field: what is wrong", or "file: what is wrong"; without anything secret.
class KubeconfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a user of a kubeconfig is known by.
struct KubeconfigUser {
  std::string client_cert_pem, client_key_pem;  // empty: none
  std::string authorization;                    // the header's value; empty: none

  void add_to(HttpRequest& request) const;
};

struct Kubeconfig : KubeconfigUser {
  std::string server;              // https://...
  std::string tls_server_name;     // empty: the server's host
  std::string ca_pem;              // empty: the system's trust store
  std::vector<std::string> files;  // what it was read from, the kubeconfig first

  // A request to the server with all of this in it and the rest left open.
  HttpRequest request() const;
};

// All users of a kubeconfig, for one that names servers by its users' names.
struct KubeconfigUsers {
  std::map<std::string, KubeconfigUser, std::less<>> by_name;
  std::string current;             // the name of the current context's; empty: there is none
  std::vector<std::string> files;  // as above
};

// Throw KubeconfigError.
Kubeconfig read_kubeconfig(const std::string& path);
KubeconfigUsers read_kubeconfig_users(const std::string& path);

}  // namespace limen::plugins
