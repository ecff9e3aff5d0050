#include "common/admission_webhook/credentials.h"

#include <utility>

#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using plugins::KubeconfigUser;
using plugins::KubeconfigUsers;

constexpr std::string_view kDefaultPort = ":443";

std::string path_in(const Node& config) { return config["kubeConfigFile"].string_or(""); }

// Empty when it may be read.
std::string fault_of(const Node& config) {
  const std::string path = path_in(config);
  if (!config["kubeConfigFile"] || path.starts_with('/')) return {};
  return "Invalid value: " + plugins::go_quote(path) + ": must be an absolute file path";
}

const KubeconfigUser* named(const KubeconfigUsers& users, std::string_view name) {
  const auto found = users.by_name.find(name);
  return found == users.by_name.end() ? nullptr : &found->second;
}

// By the whole name, or with fewer and fewer of its last labels.
const KubeconfigUser* fitting(const KubeconfigUsers& users, std::string_view name) {
  if (const KubeconfigUser* user = named(users, name)) return user;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    if (const auto* user = named(users, "*" + std::string(name.substr(dot)))) return user;
  }
  return nullptr;
}

}  // namespace

const KubeconfigUser* find_user(const KubeconfigUsers& users, std::string_view host_port) {
  if (const KubeconfigUser* user = fitting(users, host_port)) return user;
  if (host_port.ends_with(kDefaultPort)) {
    std::string_view host = host_port.substr(0, host_port.size() - kDefaultPort.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (const KubeconfigUser* user = fitting(users, host)) return user;
  }
  if (const KubeconfigUser* user = named(users, "*")) return user;
  return users.current.empty() ? nullptr : named(users, users.current);
}

Credentials::Credentials(Host& host, const Node& config) {
  if (const std::string fault = fault_of(config); !fault.empty()) {
    throw ConfigError("kubeConfigFile: " + fault);
  }
  const std::string path = path_in(config);
  if (path.empty()) return;
  std::vector<std::string> files;
  try {
    files = plugins::read_kubeconfig_users(path).files;
  } catch (const std::exception& error) {
    throw ConfigError(error.what());
  }
  users_ = std::make_unique<Reloaded<KubeconfigUsers>>(
      host, "kubeConfigFile", std::move(files),
      [path] { return plugins::read_kubeconfig_users(path); });
}

void Credentials::check_config(const Node& config, Findings& findings) {
  std::string fault = fault_of(config);
  if (fault.empty() && config["kubeConfigFile"]) {
    try {
      plugins::read_kubeconfig_users(path_in(config));
    } catch (const std::exception& error) {
      fault = error.what();
    }
  }
  if (!fault.empty()) findings.error("/kubeConfigFile", fault);
}

void Credentials::add_to(HttpRequest& request, std::string_view host_port) const {
  if (!users_) return;
  const auto users = users_->get();
  if (const KubeconfigUser* user = find_user(*users, host_port)) user->add_to(request);
}

}  // namespace limen::webhooks
