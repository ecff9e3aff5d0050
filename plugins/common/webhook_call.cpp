#include "common/webhook_call.h"

#include <algorithm>
#include <utility>

#include "common/digest.h"

namespace limen::plugins {

namespace {

using std::chrono::nanoseconds;

class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(const Host& host, std::shared_ptr<const Kubeconfig> webhook, std::string body,
           const WebhookOptions& options, const Call& parent,
           std::function<void(const WebhookAnswer&)> told)
      : host_(host),
        options_(options),
        parent_(parent),
        request_(webhook->request()),
        told_(std::move(told)),
        end_(end_of(host, options, parent)),
        delay_(options.first_delay) {
    request_.method = "POST";
    request_.headers.emplace_back("Content-Type", "application/json");
    request_.headers.emplace_back("Accept", "application/json");
    request_.body = std::move(body);
    request_.max_response_bytes = options.max_response_bytes;
  }
  ~Exchange() {
    wipe(request_.body);
    for (auto& [name, value] : request_.headers) wipe(value);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void attempt() {
    ++attempts_;
    const nanoseconds left = end_ - host_.clock().monotonic();
    if (left <= nanoseconds(0)) return fail("no answer: there is no time left", LIMEN_E_DEADLINE);
    request_.timeout = std::min(options_.timeout, left);
    const Result<void> sent = host_.http().send(
        request_, parent_.raw(),
        [self = shared_from_this()](const HttpResponse& response) { self->take(response); });
    if (!sent.ok()) fail("no answer: " + sent.error().message, sent.error().status);
  }

 private:
  // When all attempts are over.
  static nanoseconds end_of(const Host& host, const WebhookOptions& options, const Call& parent) {
    const nanoseconds deadline = parent.deadline();
    return deadline - std::min(options.reserve, (deadline - host.clock().monotonic()) / 10);
  }

  void take(const HttpResponse& response) {
    if (response.status == LIMEN_OK && response.code >= 200 && response.code < 300) {
      told_(response.body);
      return;
    }
    const std::string problem = problem_of(response);
    const limen_status status = response.status == LIMEN_OK ? LIMEN_E_UNAVAILABLE : response.status;
    if (!may_pass(response) || attempts_ >= options_.attempts || !repeat()) fail(problem, status);
  }

  static std::string problem_of(const HttpResponse& response) {
    if (response.status != LIMEN_OK) {
      return "no answer: " +
             (response.error.empty() ? "the connection failed" : std::string(response.error));
    }
    const std::string code = std::to_string(response.code);
    if (response.code >= 300 && response.code < 400) {
      return "the answer is a redirect (" + code + "), which is not followed";
    }
    return "the answer is an error (" + code + ")";
  }

  static bool may_pass(const HttpResponse& response) {
    if (response.status != LIMEN_OK) return response.status == LIMEN_E_UNAVAILABLE;
    return response.code >= 500 || response.code == 429;
  }

  // Asks again after a while. False when that would be too late.
  bool repeat() {
    const nanoseconds delay = delay_;
    if (parent_.cancelled() || host_.clock().monotonic() + delay >= end_) return false;
    delay_ = std::chrono::duration_cast<nanoseconds>(delay * options_.growth);
    if (options_.retrying) options_.retrying();
    return host_.executor()
        .post_after(delay, [self = shared_from_this()] { self->attempt(); })
        .ok();
  }

  void fail(const std::string& problem, limen_status status) {
    std::string text = request_.url.substr(0, request_.url.find('?')) + ": " + problem;
    if (attempts_ > 1) text += " (" + std::to_string(attempts_) + " attempts)";
    told_(Error{std::move(text), status});
  }

  const Host& host_;
  const WebhookOptions options_;
  Call parent_;
  HttpRequest request_;
  const std::function<void(const WebhookAnswer&)> told_;
  const nanoseconds end_;
  nanoseconds delay_;
  int attempts_ = 0;
};

}  // namespace

void ask_webhook(const Host& host, std::shared_ptr<const Kubeconfig> webhook, std::string body,
                 const WebhookOptions& options, const Call& parent,
                 std::function<void(const WebhookAnswer&)> told) {
  std::make_shared<Exchange>(host, std::move(webhook), std::move(body), options, parent,
                             std::move(told))
      ->attempt();
}

}  // namespace limen::plugins
