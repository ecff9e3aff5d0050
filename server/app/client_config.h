// How a verb of the program reaches a running server: a kubeconfig (kubectl's v1 Config), read.
//
// Of the file's contexts the current one counts. Relative paths count from the file's folder. What
// would run a program or leave the server unverified is refused. A value; any thread.
#pragma once

#include <string>
#include <vector>

namespace limen::app {

struct ClientConfig {
  std::string server;            // https://HOST:PORT
  std::string server_name;       // of the server's certificate; empty: the server's host
  std::string authorities;       // PEM; empty: the system's trust store
  std::string certificate, key;  // PEM; empty: none
  std::string authorization;     // the header's value; empty: none
  std::string ns;                // of the context; "default" when it names none
};

// Throws std::runtime_error: "FILE: what is wrong", with nothing secret.
ClientConfig read_client_config(const std::string& path);

// `given` when it is not empty; else the first file of $KUBECONFIG that exists, else
// ~/.kube/config, else the one that `limen init` writes by default. Throws std::runtime_error that
// names the places when there is none.
std::string find_kubeconfig(const std::string& given);

}  // namespace limen::app
