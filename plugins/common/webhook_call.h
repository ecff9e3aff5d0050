// One question to a webhook: a JSON document is posted, and asked again when that may help.
//
// A question without an answer (no connection, 5xx, 429) is repeated after 500 ms, then after 1.5
// times as long each time, five attempts in all, as long as the call that asks still has time. All
// is over shortly before that call's deadline, so that who asks says what follows from it, and not
// the host. Redirects are answers nobody asked for: failures. No thread waits meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limen/cpp/call.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "common/kubeconfig.h"

namespace limen::plugins {

struct WebhookOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // of one attempt
  std::uint64_t max_response_bytes = 1u << 20;
  int attempts = 5;
  std::chrono::nanoseconds first_delay = std::chrono::milliseconds(500);
  double growth = 1.5;
  // Of the call's time, so much is left for the one who asks: an answer that has not come by then
  // is none. A tenth of it when the call has little.
  std::chrono::nanoseconds reserve = std::chrono::milliseconds(100);
  std::function<void()> retrying{};  // told before each attempt but the first
};

// The answer's body, borrowed for the callback, or why there is none: for the log, without the
// question and without the answer.
using WebhookAnswer = Result<std::string_view>;

// Posts `body`, which may hold secrets and is wiped at the end. `parent` lends its deadline and its
// cancellation, and must be open until `told`, which is called once: inside this call when nothing
// can be sent, else on a worker thread. When the plugin stops first it is dropped uncalled. `host`
// outlives the exchange.
void ask_webhook(const Host& host, std::shared_ptr<const Kubeconfig> webhook, std::string body,
                 const WebhookOptions& options, const Call& parent,
                 std::function<void(const WebhookAnswer&)> told);

}  // namespace limen::plugins
