#include "common/admission_webhook/caller.h"

#include <algorithm>
#include <utility>

#include "common/admission_webhook/place.h"
#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Of the call's time, so much is left to say what follows from a webhook that did not answer.
nanoseconds end_of(const Host& host, const Call& parent) {
  const nanoseconds deadline = parent.deadline();
  const nanoseconds left = deadline - host.clock().monotonic();
  return deadline - std::min<nanoseconds>(std::chrono::milliseconds(100), left / 10);
}

std::string with_timeout(const std::string& url, nanoseconds time) {
  const auto whole = std::chrono::ceil<seconds>(time).count();
  return url + (url.find('?') == std::string::npos ? "?" : "&") +
         "timeout=" + std::to_string(whole) + "s";
}

// As Kubernetes' client words codes that are no success.
std::string code_text(int code) {
  switch (code) {
    case 401:
      return "the server has asked for the client to provide credentials";
    case 404:
      return "the server could not find the requested resource";
    case 429:
      return "the server has received too many requests and has asked us to try again later";
    case 500:
      return "an error on the server (\"unknown\") has prevented the request from succeeding";
    case 503:
      return "the server is currently unable to handle the request";
    case 504:
      return "the server was unable to return a response in the time allotted, but may still be "
             "processing the request";
    default:
      break;
  }
  if (code >= 300 && code < 400) {
    return "the answer is a redirect (" + std::to_string(code) + "), which is not followed";
  }
  return "the server responded with the status code " + std::to_string(code) +
         " but did not return more details";
}

// Empty for a success.
std::string problem_of(const HttpResponse& response, const std::string& url) {
  const std::string lead = "failed to call webhook: Post " + plugins::go_quote(url) + ": ";
  if (response.status == LIMEN_E_DEADLINE) return lead + "context deadline exceeded";
  if (response.status == LIMEN_E_CANCELLED) return lead + "context canceled";
  if (response.status != LIMEN_OK) {
    return lead + (response.error.empty() ? "the connection failed" : std::string(response.error));
  }
  if (response.code >= 200 && response.code <= 206) return {};
  return "failed to call webhook: " + code_text(response.code);
}

// Empty when the URL holds a user.
std::string host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), std::string_view("https://").size()));
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.find_first_of("@\\") != std::string_view::npos) return {};
  if (url.starts_with('[')) return std::string(url.substr(0, url.find(']') + 1));
  return std::string(url.substr(0, url.rfind(':')));
}

}  // namespace

Caller::Caller(Host& host, const Node& config, bool mutating)
    : host_(host),
      mutating_(mutating),
      max_response_bytes_(static_cast<std::uint64_t>(config["maxResponseBytes"].int_or(3 << 20))),
      allowed_hosts_(config["allowedHosts"].strings()),
      credentials_(host, config) {}

bool Caller::is_allowed(const std::string& url) const {
  if (url.empty() || allowed_hosts_.empty()) return true;
  const std::string host = host_of(url);
  return std::any_of(allowed_hosts_.begin(), allowed_hosts_.end(), [&](const std::string& one) {
    return one.starts_with("*.") ? host.ends_with(one.substr(1)) : host == one;
  });
}

std::string Caller::obstacle(const Webhook& webhook) const {
  if (webhook.has_conditions) {
    return "its matchConditions are not evaluated by this version of Limen";
  }
  if (webhook.review_version.empty()) {
    return "could not create admission objects: webhook does not accept known AdmissionReview "
           "versions (v1, v1beta1)";
  }
  if (!webhook.fault.empty()) return "could not get REST client: " + webhook.fault;
  if (!is_allowed(webhook.url)) {
    return "could not get REST client: the host of its url is not among allowedHosts in the "
           "configuration of the server";
  }
  return {};
}

std::string Caller::new_uid() const {
  std::string hex = plugins::to_hex(random_(std::to_string(++asked_))).substr(0, 32);
  hex[12] = '4';  // a random UUID (RFC 9562)
  hex[16] = "89ab"[hex[16] % 4];
  for (const std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, "-");
  return hex;
}

void Caller::ask(const Call& parent, std::shared_ptr<const Webhook> webhook,
                 const Questions& questions, const Question& question, Told told) const {
  const nanoseconds began = host_.clock().monotonic();
  Reply reply;
  const auto fail = [&](std::string why) {
    reply.failure = std::move(why);
    told(std::move(reply));
  };
  if (std::string why = obstacle(*webhook); !why.empty()) return fail(std::move(why));
  const auto place = place_of(host_, *webhook, static_cast<std::uint32_t>(asked_.load()));
  if (!place.ok()) return fail("failed to call webhook: " + place.error().message);

  const nanoseconds end = end_of(host_, parent);
  const nanoseconds time = std::min<nanoseconds>(seconds(webhook->timeout_seconds), end - began);
  const std::string shown = with_timeout(place->shown, std::max(time, nanoseconds(0)));
  if (time <= nanoseconds(0)) {
    reply.out_of_time = true;
    return fail("failed to call webhook: Post " + plugins::go_quote(shown) +
                ": context deadline exceeded");
  }
  const std::string uid = new_uid();
  HttpRequest request;
  request.method = "POST";
  request.url = with_timeout(place->url, time);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = questions.write(webhook->review_version, uid, question);
  request.ca_pem = webhook->ca_pem;
  request.tls_server_name = place->tls_server_name;
  credentials_.add_to(request, place->host_port);
  request.timeout = time;
  request.max_response_bytes = max_response_bytes_;
  const auto once = std::make_shared<Told>(std::move(told));
  const auto take = [this, parent, webhook, uid, shown, began, end,
                     once](const HttpResponse& response) {
    Reply got;
    got.took = host_.clock().monotonic() - began;
    got.http_code = response.status == LIMEN_OK ? response.code : 0;
    got.failure = problem_of(response, shown);
    got.out_of_time = host_.clock().monotonic() >= end || parent.cancelled();
    try {
      if (got.failure.empty()) {
        got.answer = read_answer(webhook->review_version, uid, mutating_, response.body);
      }
    } catch (const AnswerError& error) {
      got.failure = error.what();
    }
    (*once)(std::move(got));
  };
  const Result<void> sent = host_.http().send(request, parent.raw(), take);
  for (auto& [name, value] : request.headers) plugins::wipe(value);
  if (sent.ok()) return;
  reply.failure =
      "failed to call webhook: Post " + plugins::go_quote(shown) + ": " + sent.error().message;
  (*once)(std::move(reply));
}

}  // namespace limen::webhooks
