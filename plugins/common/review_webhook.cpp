#include "common/review_webhook.h"

#include <chrono>
#include <utility>

namespace limen::plugins {

ReviewWebhook::ReviewWebhook(Host& host, Node config, std::function<void()> changed)
    : host_(host),
      retries_(host.metrics().counter("retries_total", "Attempts after one that failed.")),
      webhook_(
          host, "kubeconfig", files_of(config),
          [path = config["kubeconfig"].string_or("")] { return read_kubeconfig(path); },
          [this, changed = std::move(changed)] {
            ++epoch_;
            changed();
          }) {
  options_.timeout = std::chrono::seconds(config["timeoutSeconds"].int_or(30));
  options_.max_response_bytes =
      static_cast<std::uint64_t>(config["maxResponseBytes"].int_or(1 << 20));
  options_.retrying = [this] { retries_.add(); };
}

void ReviewWebhook::check_config(Node config, Findings& findings) {
  try {
    read_kubeconfig(config["kubeconfig"].string_or(""));
  } catch (const std::exception& error) {
    findings.error("/kubeconfig", error.what());
  }
}

std::vector<std::string> ReviewWebhook::files_of(Node config) {
  try {
    return read_kubeconfig(config["kubeconfig"].string_or("")).files;
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
