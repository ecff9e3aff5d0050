// Caller: asks one webhook about one object, over the host's HTTP.
//
// A redirect, an answer that is too long or no valid review, and none in time are failures. Nothing
// is asked twice. No thread waits. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limen/cpp/admission.hpp>
#include <limen/cpp/host.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/admission_webhook/credentials.h"
#include "common/admission_webhook/review.h"
#include "common/admission_webhook/webhook.h"
#include "common/digest.h"

namespace limen::webhooks {

struct Reply {
  std::optional<Answer> answer;
  std::string failure;       // when there is no answer: how the call failed
  int http_code = 0;         // 0: there was none
  bool out_of_time = false;  // the request as a whole has no time left
  std::chrono::nanoseconds took{0};
};

class Caller {
 public:
  using Told = std::function<void(Reply reply)>;

  // Config: maxResponseBytes, allowedHosts, kubeConfigFile. Throws ConfigError.
  Caller(Host& host, const Node& config, bool mutating);

  Result<void> start() { return credentials_.start(); }

  // `parent` lends its deadline and its cancellation, and must be open until `told`, which is
  // called once: inside this call when nothing can be sent, else on a worker thread.
  void ask(const Call& parent, std::shared_ptr<const Webhook> webhook, const Questions& questions,
           const Question& question, Told told) const;

 private:
  // Why the webhook is not asked at all; empty: it is.
  std::string obstacle(const Webhook& webhook) const;
  bool is_allowed(const std::string& url) const;
  std::string new_uid() const;

  Host& host_;
  const bool mutating_;
  std::uint64_t max_response_bytes_;
  std::vector<std::string> allowed_hosts_;  // empty: all
  Credentials credentials_;
  plugins::KeyedDigest random_;
  mutable std::atomic<std::uint64_t> asked_{0};
};

}  // namespace limen::webhooks
