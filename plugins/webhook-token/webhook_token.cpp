// webhook-token: bearer tokens that a webhook judges with a TokenReview, as kube-apiserver's
// --authentication-token-webhook-config-file (row A33).
#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/digest.h"
#include "common/expiring_cache.h"
#include "common/review_webhook.h"
#include "token_review.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::ExpiringCache;
using limen::plugins::ReviewWebhook;
using limen::plugins::TokenVerdict;
using limen::plugins::WebhookAnswer;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["kubeconfig"],
  "properties": {
    "kubeconfig": {
      "type": "string",
      "minLength": 1,
      "description": "Kubeconfig whose current context leads to the webhook. A change is in force within a second."
    },
    "version": {
      "type": "string",
      "enum": ["v1", "v1beta1"],
      "default": "v1",
      "description": "Version of authentication.k8s.io that the webhook speaks."
    },
    "audiences": {
      "type": "array",
      "items": {"type": "string", "minLength": 1},
      "minItems": 1,
      "default": ["https://kubernetes.default.svc.cluster.local"],
      "description": "Audiences of this API: what requests ask for, and what a token is good for whose audiences the webhook does not name."
    },
    "successSeconds": {
      "type": "integer", "minimum": 0, "maximum": 86400, "default": 120,
      "description": "How long a token that was accepted is not asked about again; 0: never remembered."
    },
    "failureSeconds": {
      "type": "integer", "minimum": 0, "maximum": 86400, "default": 120,
      "description": "How long a token that was not accepted is not asked about again; 0: never remembered."
    },
    "cacheEntries": {
      "type": "integer", "minimum": 1, "maximum": 1048576, "default": 4096,
      "description": "How many accepted tokens, and how many others, are remembered at most."
    },
    "timeoutSeconds": {
      "type": "integer", "minimum": 1, "maximum": 300, "default": 30,
      "description": "Of one attempt. The instance's own timeout bounds all attempts together."
    },
    "maxResponseBytes": {
      "type": "integer", "minimum": 1024, "maximum": 16777216, "default": 1048576,
      "description": "A longer answer is an error."
    }
  }
})json";

// The webhook's own words, fit for a log: not the token, no more than a few lines of it.
std::string loggable(std::string words, std::string_view token) {
  for (std::size_t at = words.find(token); at != std::string::npos; at = words.find(token, at)) {
    words.replace(at, token.size(), "<token>");
    at += 7;
  }
  constexpr std::size_t kMaxWords = 512;
  if (words.size() > kMaxWords) words = words.substr(0, kMaxWords) + "...";
  return words;
}

class WebhookToken final : public limen::Authenticator {
 public:
  WebhookToken(limen::Host& host, limen::Node config)
      : host_(host),
        version_(config["version"].string_or("v1")),
        own_audiences_(audiences_of(config["audiences"])),
        success_time_(seconds(config["successSeconds"].int_or(120))),
        failure_time_(seconds(config["failureSeconds"].int_or(120))),
        successes_(static_cast<std::size_t>(config["cacheEntries"].int_or(4096))),
        failures_(static_cast<std::size_t>(config["cacheEntries"].int_or(4096))),
        reviews_(host.metrics().family<limen::Counter>(
            "reviews_total", "Questions to the webhook by what came of them.", {"outcome"})),
        remembered_(host.metrics().family<limen::Counter>(
            "remembered_total", "Tokens that were not asked about again.", {"outcome"})),
        webhook_(host, config, [this] { forget(); }) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    ReviewWebhook::check_config(config, findings);
  }

  limen::Result<void> start() override { return webhook_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view token = call.bearer_token();
    if (token.empty()) return {};
    std::vector<std::string> wanted;
    for (const std::string_view audience : call.audiences()) wanted.emplace_back(audience);
    if (wanted.empty()) wanted = own_audiences_;
    const Digest key = key_of(token, wanted);
    const nanoseconds now = host_.clock().monotonic();
    if (const auto known = successes_.find(key, now)) {
      remembered_.with({"authenticated"}).add();
      accept(call, *known, now);
      return {};
    }
    if (failures_.find(key, now)) {
      remembered_.with({"unauthenticated"}).add();
      return {};
    }
    ask(call, key, std::move(wanted));
    return {};
  }

 private:
  using Later = limen::Deferred<limen::AuthnCall>;

  static std::vector<std::string> audiences_of(limen::Node list) {
    if (!list) return {"https://kubernetes.default.svc.cluster.local"};
    return list.strings();
  }

  Digest key_of(std::string_view token, const std::vector<std::string>& wanted) const {
    std::string text = std::to_string(webhook_.epoch()) + ":" + std::to_string(token.size()) + ":";
    text += token;
    for (const std::string& audience : wanted) {
      text += std::to_string(audience.size()) + ":" + audience;
    }
    const Digest key = digest_(text);
    limen::plugins::wipe(text);
    return key;
  }

  void forget() {
    successes_.clear();
    failures_.clear();
  }

  void ask(limen::AuthnCall& call, const Digest& key, std::vector<std::string> wanted) {
    std::string question = limen::plugins::token_review(version_, call.bearer_token(), wanted);
    const auto later = std::make_shared<Later>(call.defer());
    webhook_.ask(std::move(question), **later,
                 [this, later, key, wanted = std::move(wanted)](const WebhookAnswer& answer,
                                                                const std::string& server) {
                   finish(*later, server, key, wanted, answer);
                 });
  }

  void finish(Later& later, const std::string& server, const Digest& key,
              const std::vector<std::string>& wanted, const WebhookAnswer& answer) {
    if (!answer.ok()) return fail(later, kNoVerdict, answer.error());
    auto verdict = std::make_shared<TokenVerdict>();
    try {
      *verdict = limen::plugins::parse_token_review(version_, *answer);
    } catch (const std::exception& error) {
      return fail(later, kNoVerdict, {server + ": " + error.what(), LIMEN_E_INVALID});
    }
    if (!verdict->authenticated && !verdict->error.empty()) {
      const std::string words = loggable(verdict->error, later->bearer_token());
      return fail(later, "the webhook could not judge a token", {"the webhook says: " + words});
    }
    narrow(*verdict, wanted);
    const nanoseconds now = host_.clock().monotonic();
    const bool good = verdict->authenticated;
    verdict->until = now + (good ? success_time_ : failure_time_);
    if (verdict->until > now) (good ? successes_ : failures_).store(key, verdict, verdict->until);
    reviews_.with({good ? "authenticated" : "unauthenticated"}).add();
    if (good) accept(*later, *verdict, now);
    later.complete();
  }

  static constexpr const char* kNoVerdict = "the webhook gave no verdict on a token";

  void fail(Later& later, const char* what, const limen::Error& error) {
    reviews_.with({"error"}).add();
    // Nobody asked for a call that was given up.
    if (error.status != LIMEN_E_CANCELLED) host_.log().warn(what, {{"error", error.message}});
    later.complete(error);
  }

  // Leaves those of the token's audiences that are wanted; a token with none of them is no good. A
  // webhook that names none knows nothing of audiences: its tokens are for this API.
  void narrow(TokenVerdict& verdict, const std::vector<std::string>& wanted) const {
    if (verdict.audiences.empty()) verdict.audiences = own_audiences_;
    std::erase_if(verdict.audiences, [&](const std::string& audience) {
      return std::find(wanted.begin(), wanted.end(), audience) == wanted.end();
    });
    if (verdict.audiences.empty()) verdict.authenticated = false;
  }

  static void accept(limen::AuthnCall& call, const TokenVerdict& verdict, nanoseconds now) {
    call.accept(verdict.name, verdict.uid);
    for (const std::string& group : verdict.groups) call.group(group);
    for (const auto& [key, values] : verdict.extra)
      for (const std::string& value : values) call.extra(key, value);
    for (const std::string& audience : verdict.audiences) call.audience(audience);
    call.cache_for(verdict.until - now);
  }

  limen::Host& host_;
  const std::string version_;
  const std::vector<std::string> own_audiences_;
  const nanoseconds success_time_, failure_time_;
  const limen::plugins::KeyedDigest digest_;
  ExpiringCache<TokenVerdict> successes_, failures_;
  limen::Family<limen::Counter> reviews_;
  limen::Family<limen::Counter> remembered_;
  ReviewWebhook webhook_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<WebhookToken>({
    .id = "webhook-token",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Bearer tokens that a webhook judges with a TokenReview.",
    .config_schema = kSchema,
    .required = {LIMEN_HTTP, LIMEN_EXECUTOR},
    .by_token = true,
}))
