#include "common/review_webhook.h"

#include <chrono>
#include <utility>

namespace limen::plugins {

ReviewWebhook::Settings ReviewWebhook::settings(const Node& config) {
  Settings out;
  out.kubeconfig = config["kubeconfig"].string_or("");
  out.options.timeout = std::chrono::seconds(config["timeoutSeconds"].int_or(30));
  out.options.max_response_bytes =
      static_cast<std::uint64_t>(config["maxResponseBytes"].int_or(1 << 20));
  return out;
}

ReviewWebhook::ReviewWebhook(Host& host, const Settings& settings, std::function<void()> changed)
    : host_(host),
      retries_(host.metrics().counter("retries_total", "Attempts after one that failed.")),
      options_(settings.options),
      webhook_(
          host, "kubeconfig", files_of(settings.kubeconfig),
          [path = settings.kubeconfig] { return read_kubeconfig(path); },
          [this, changed = std::move(changed)] {
            ++epoch_;
            changed();
          }) {
  options_.retrying = [this] { retries_.add(); };
}

void ReviewWebhook::check_kubeconfig(const std::string& path, const char* pointer,
                                     Findings& findings) {
  try {
    read_kubeconfig(path);
  } catch (const std::exception& error) {
    findings.error(pointer, error.what());
  }
}

std::vector<std::string> ReviewWebhook::files_of(const std::string& kubeconfig) {
  try {
    return read_kubeconfig(kubeconfig).files;
  } catch (const std::exception& error) {
    throw ConfigError(error.what());
  }
}

void ReviewWebhook::ask(std::string question, const Call& parent, Told told) const {
  const auto webhook = webhook_.get();
  ask_webhook(host_, webhook, std::move(question), options_, parent,
              [webhook, told = std::move(told)](const WebhookAnswer& answer) {
                told(answer, webhook->server);
              });
}

}  // namespace limen::plugins
