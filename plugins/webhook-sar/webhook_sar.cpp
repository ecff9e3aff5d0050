// webhook-sar: requests that a webhook judges with a SubjectAccessReview, as the webhooks of
// kube-apiserver's AuthorizationConfiguration (rows Z12 to Z14).
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access_review.h"
#include "common/digest.h"
#include "common/expiring_cache.h"
#include "common/review_webhook.h"

namespace {

using limen::plugins::AccessVerdict;
using limen::plugins::Digest;
using limen::plugins::ExpiringCache;
using limen::plugins::ReviewError;
using limen::plugins::ReviewWebhook;
using limen::plugins::WebhookAnswer;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["kubeconfig", "failurePolicy"],
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
      "description": "Version of authorization.k8s.io that the webhook speaks."
    },
    "failurePolicy": {
      "type": "string",
      "enum": ["NoOpinion", "Deny"],
      "description": "What follows when the webhook does not answer or answers nonsense: NoOpinion asks the next authorizer, Deny ends the chain. Unless somebody allows it the request gets 500."
    },
    "authorizedSeconds": {
      "type": "integer", "minimum": 0, "maximum": 86400, "default": 300,
      "description": "How long a request that was allowed is not asked about again; 0: never remembered."
    },
    "unauthorizedSeconds": {
      "type": "integer", "minimum": 0, "maximum": 86400, "default": 30,
      "description": "How long a request that was not allowed is not asked about again; 0: never remembered."
    },
    "cacheEntries": {
      "type": "integer", "minimum": 1, "maximum": 1048576, "default": 8192,
      "description": "How many verdicts are remembered at most; the one used longest ago goes first."
    },
    "timeoutSeconds": {
      "type": "integer", "minimum": 1, "maximum": 30, "default": 30,
      "description": "Of one attempt. The instance's own timeout bounds all attempts together."
    },
    "maxResponseBytes": {
      "type": "integer", "minimum": 1024, "maximum": 16777216, "default": 1048576,
      "description": "A longer answer is an error."
    },
    "matchConditions": {
      "type": "array",
      "description": "Which requests the webhook is asked about. Not supported yet: leave it out or empty."
    }
  }
})json";

// A request whose own attributes are as long as this is not remembered, nor is a longer reason:
// what is remembered is to be bounded whatever requesters and the webhook write.
constexpr std::size_t kTooLongToRemember = 10'000;

// The webhook's own words, fit for a log.
std::string loggable(const std::string& words) {
  constexpr std::size_t kMaxWords = 512;
  return words.size() > kMaxWords ? words.substr(0, kMaxWords) + "..." : words;
}

// What a schema cannot say; empty: nothing is wrong. Here match conditions will be read one day.
std::string match_conditions_fault(limen::Node config) {
  if (config["matchConditions"].size() == 0) return {};
  return "this version of Limen has no expressions to match requests with: leave matchConditions "
         "out, and the webhook is asked about every request that reaches it";
}

class WebhookSar final : public limen::Authorizer, public limen::RuleLister {
 public:
  WebhookSar(limen::Host& host, limen::Node config)
      : host_(host),
        version_(config["version"].string_or("v1")),
        deny_on_error_(config["failurePolicy"].string_or("Deny") != "NoOpinion"),
        authorized_time_(seconds(config["authorizedSeconds"].int_or(300))),
        unauthorized_time_(seconds(config["unauthorizedSeconds"].int_or(30))),
        verdicts_(static_cast<std::size_t>(config["cacheEntries"].int_or(8192))),
        reviews_(host.metrics().family<limen::Counter>(
            "reviews_total", "Questions to the webhook by what came of them.", {"outcome"})),
        remembered_(host.metrics().family<limen::Counter>(
            "remembered_total", "Requests that were not asked about again.", {"outcome"})),
        failed_open_(host.metrics().counter(
            "failed_open_total", "Questions without an answer that were left to other modules.")),
        webhook_(host, config, [this] { verdicts_.clear(); }) {
    const std::string fault = match_conditions_fault(config);
    if (!fault.empty()) throw limen::ConfigError("matchConditions: " + fault);
  }

  static void check_config(limen::Node config, limen::Findings& findings) {
    const std::string fault = match_conditions_fault(config);
    if (!fault.empty()) findings.error("/matchConditions", fault);
    ReviewWebhook::check_config(config, findings);
  }

  limen::Result<void> start() override { return webhook_.start(); }

  limen::Result<void> authorize(limen::AuthzCall& call) override {
    std::string question;
    try {
      question = limen::plugins::access_review(version_, call.attributes());
    } catch (const ReviewError& error) {
      return fail(call, {error.what(), LIMEN_E_INVALID});
    }
    const Digest key = key_of(question);
    if (const auto known = verdicts_.find(key, host_.clock().monotonic())) {
      if (!call.attributes().explains()) remembered_.with({outcome_of(*known)}).add();
      call.cause("cache", "hit");
      return decide(call, *known);
    }
    ask(call, key, std::move(question));
    return {};
  }

  limen::Result<void> rules_for(limen::RulesCall& call) override {
    call.incomplete("webhook authorizer does not support user rule resolution");
    return {};
  }

 private:
  using Later = limen::Deferred<limen::AuthzCall>;

  Digest key_of(std::string_view question) const {
    return limen::plugins::sha256({std::to_string(webhook_.epoch()), ":", question});
  }

  void ask(limen::AuthzCall& call, const Digest& key, std::string question) {
    const auto later = std::make_shared<Later>(call.defer());
    webhook_.ask(std::move(question), **later,
                 [this, later, key](const WebhookAnswer& answer, const std::string& server) {
                   finish(*later, server, key, answer);
                 });
  }

  void finish(Later& later, const std::string& server, const Digest& key,
              const WebhookAnswer& answer) {
    if (!answer.ok()) return later.complete(fail(*later, answer.error()));
    auto verdict = std::make_shared<AccessVerdict>();
    try {
      *verdict = limen::plugins::parse_access_review(version_, *answer);
    } catch (const ReviewError& error) {
      return later.complete(fail(*later, {server + ": " + error.what(), LIMEN_E_INVALID}));
    }
    if (!later->attributes().explains()) reviews_.with({outcome_of(*verdict)}).add();
    if (!verdict->evaluation_error.empty()) {
      host_.log().warn("the webhook could not find out everything about a request",
                       {{"error", loggable(verdict->evaluation_error)}});
    }
    remember(later->attributes(), key, verdict);
    later.complete(decide(*later, *verdict));
  }

  void remember(const limen::Attributes& attributes, const Digest& key,
                const std::shared_ptr<const AccessVerdict>& verdict) {
    if (attributes.explains()) return;
    const nanoseconds time = verdict->allowed ? authorized_time_ : unauthorized_time_;
    if (time <= nanoseconds(0)) return;
    if (limen::plugins::requested_bytes(attributes) >= kTooLongToRemember) return;
    if (verdict->reason.size() + verdict->evaluation_error.size() > kTooLongToRemember) return;
    verdicts_.store(key, verdict, host_.clock().monotonic() + time);
  }

  // Denied beats allowed. Where the webhook gives no reason, what it could not find out is one.
  static limen::Result<void> decide(limen::AuthzCall& call, const AccessVerdict& verdict) {
    if (verdict.allowed && !verdict.denied) return call.allow(verdict.reason);
    const std::string& reason = verdict.reason.empty() ? verdict.evaluation_error : verdict.reason;
    if (!verdict.denied) return call.no_opinion(reason);
    if (verdict.allowed) {
      call.error("webhook subject access review returned both allow and deny response");
    }
    return call.deny(reason);
  }

  static const char* outcome_of(const AccessVerdict& verdict) {
    if (verdict.denied) return "denied";
    return verdict.allowed ? "allowed" : "no_opinion";
  }

  // There is no verdict: the failure policy's, with the error beside it.
  limen::Result<void> fail(limen::AuthzCall& call, const limen::Error& error) {
    const bool counts = !call.attributes().explains();
    if (counts) reviews_.with({"error"}).add();
    // Nobody asked for a call that was given up.
    if (error.status != LIMEN_E_CANCELLED) {
      if (!deny_on_error_ && counts) failed_open_.add();
      host_.log().warn("the webhook gave no verdict on a request", {{"error", error.message}});
    }
    call.error(error.message);
    return deny_on_error_ ? call.deny() : call.no_opinion();
  }

  limen::Host& host_;
  const std::string version_;
  const bool deny_on_error_;
  const nanoseconds authorized_time_, unauthorized_time_;
  ExpiringCache<AccessVerdict> verdicts_;
  limen::Family<limen::Counter> reviews_;
  limen::Family<limen::Counter> remembered_;
  limen::Counter failed_open_;
  ReviewWebhook webhook_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authorizer<WebhookSar>({
    .id = "webhook-sar",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Requests that a webhook judges with a SubjectAccessReview.",
    .config_schema = kSchema,
    .required = {LIMEN_HTTP, LIMEN_EXECUTOR},
}))
