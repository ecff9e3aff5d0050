// Credentials: how this server makes itself known to webhooks, as an operator says in a kubeconfig
// (kubeConfigFile, Kubernetes' WebhookAdmissionConfiguration).
//
// Its users are named after those they are for: HOST:PORT, HOST where the port is 443, the same
// with *. instead of the host's first labels, or *. A service's host is NAME.NAMESPACE.svc. Where
// no name fits, the user of the current context counts; where there is none, nobody is told who
// asks. A file that changes is in force within a second; one that cannot be used leaves the last
// good one in force. Any thread.
#pragma once

#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "common/kubeconfig.h"

namespace limen::webhooks {

// The user for a webhook; null: none. Borrowed from `users`.
const plugins::KubeconfigUser* find_user(const plugins::KubeconfigUsers& users,
                                         std::string_view host_port);

class Credentials {
 public:
  // Throws ConfigError.
  Credentials(Host& host, const Node& config);
  static void check_config(const Node& config, Findings& findings);

  Result<void> start() { return users_ ? users_->start() : Result<void>(); }

  // Adds what the webhook at `host_port` is to know this server by.
  void add_to(HttpRequest& request, std::string_view host_port) const;

 private:
  std::unique_ptr<Reloaded<plugins::KubeconfigUsers>> users_;  // null: no file
};

}  // namespace limen::webhooks
