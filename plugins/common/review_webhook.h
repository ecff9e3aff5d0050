// ReviewWebhook: the webhook that an instance asks, as its config names it, with what all such
// modules have in common: the kubeconfig that is read again when its files change, the time and
// size an answer may take, the count of repeated attempts.
//
// Config: kubeconfig, timeoutSeconds, maxResponseBytes (their schemas are the module's), or
// whatever else the module makes Settings of.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/kubeconfig.h"
#include "common/webhook_call.h"

namespace limen::plugins {

class ReviewWebhook {
 public:
  struct Settings {
    std::string kubeconfig{};  // a path
    WebhookOptions options{};  // without `retrying`
  };
  static Settings settings(const Node& config);

  // `changed` runs on a worker thread when another webhook is in force: what the last one said
  // counts no more. Registers the counter retries_total. Throws ConfigError.
  ReviewWebhook(Host& host, Node config, std::function<void()> changed)
      : ReviewWebhook(host, settings(config), std::move(changed)) {}
  ReviewWebhook(Host& host, const Settings& settings, std::function<void()> changed);

  static void check_config(Node config, Findings& findings) {
    check_kubeconfig(config["kubeconfig"].string_or(""), "/kubeconfig", findings);
  }
  // `pointer` is where the config names the file.
  static void check_kubeconfig(const std::string& path, const char* pointer, Findings& findings);

  Result<void> start() { return webhook_.start(); }

  // Another number for another webhook: as a part of the keys under which answers are remembered it
  // keeps apart what one said, or will yet say, from the words of the next. Any thread.
  std::uint64_t epoch() const { return epoch_.load(); }

  // The answer, and the webhook's own address for the texts of errors.
  using Told = std::function<void(const WebhookAnswer& answer, const std::string& server)>;

  // As ask_webhook: `parent` must be open until `told`. This outlives the exchange.
  void ask(std::string question, const Call& parent, Told told) const;

 private:
  static std::vector<std::string> files_of(const std::string& kubeconfig);

  Host& host_;
  Counter retries_;
  WebhookOptions options_;
  std::atomic<std::uint64_t> epoch_{0};
  Reloaded<Kubeconfig> webhook_;
};

}  // namespace limen::plugins
