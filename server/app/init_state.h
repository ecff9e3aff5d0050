// What `limen init` makes: everything a first start needs, in one state folder.
//
//   STATE/pki/ca.crt, ca.key                 certificate authority
//   STATE/pki/apiserver.crt, apiserver.key   serving certificate
//   STATE/pki/admin.crt, admin.key           client certificate of kubernetes-admin, system:masters
//   STATE/pki/sa.key, sa.pub                 key that signs service account tokens
//   STATE/admin.kubeconfig                   for kubectl, holds the client key
//   STATE/encryption.yaml                    what is encrypted in the store, and the key; when the
//                                            configuration names it
//   STATE/limen.yaml                         configuration (elsewhere with `config_file`)
//
// What exists is kept: running it again changes nothing, except certificates of this authority that
// end within 30 days, which are renewed, and the kubeconfig, which follows certificates and
// address. Half a pair, or a pair that does not fit, is an error: nothing of the operator's is
// overwritten.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace limen::app {

inline constexpr std::chrono::hours kRenewBefore{24 * 30};

struct InitOptions {
  std::string state;        // folder; made when missing, 0700
  std::string config_file;  // empty: STATE/limen.yaml
  std::string module_path;  // empty: not written, the default of the program holds
  std::string bind_address = "0.0.0.0";
  std::uint16_t port = 6443;
  std::string server_host = "127.0.0.1";  // how the kubeconfig reaches the server
  std::chrono::hours renew_before = kRenewBefore;
  std::vector<std::string> extra_names;  // more names for the serving certificate
};

struct InitStep {
  enum class Action { created, kept, renewed };
  Action action;
  std::string path;
  std::string what;
};

struct InitResult {
  std::vector<InitStep> steps;
  std::string config_file, kubeconfig;  // absolute
};

// Throws std::runtime_error with one sentence.
InitResult init_state(const InitOptions& options);

// The configuration init_state would write where there is none; makes nothing.
std::string init_config_text(const InitOptions& options);

// "created", "kept", "renewed".
std::string action_name(InitStep::Action action);

}  // namespace limen::app
