// image-policy-webhook: another service judges the images of pods with an ImageReview
// (ImagePolicyWebhook).
#include <chrono>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/digest.h"
#include "common/expiring_cache.h"
#include "common/review_answer.h"
#include "common/review_webhook.h"
#include "image_review.h"
#include "policy.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::ExpiringCache;
using limen::plugins::ImagePolicy;
using limen::plugins::ImageQuestion;
using limen::plugins::ImageVerdict;
using limen::plugins::ReviewWebhook;
using limen::plugins::WebhookAnswer;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["imagePolicy"],
  "additionalProperties": false,
  "properties": {
    "imagePolicy": {
      "type": "object",
      "required": ["kubeConfigFile"],
      "additionalProperties": false,
      "properties": {
        "kubeConfigFile": {"type": "string", "minLength": 1,
          "description": "Kubeconfig whose current context leads to the webhook. A change is in force within a second."},
        "allowTTL": {"type": "integer", "default": 0,
          "description": "How long images that were allowed are not asked about again, in seconds, 2 to 1800; 0: 300, -1: never remembered."},
        "denyTTL": {"type": "integer", "default": 0,
          "description": "The same for images that were denied; 0: 30."},
        "retryBackoff": {"type": "integer", "default": 0,
          "description": "Before a question is repeated, in milliseconds, up to 300000, then 1.5 times as long each time; 0: 500, -1: at once."},
        "defaultAllow": {"type": "boolean", "default": false,
          "description": "Whether pods are let in when the webhook gives no answer."}
      }
    }
  }
})json";

constexpr std::size_t kRemembered = 1024;
// A longer answer is not remembered: what is remembered is to be bounded whatever the webhook says.
constexpr std::size_t kTooLongToRemember = 10'000;
// The webhook is not asked again for so long after it gave no answer about the same images. A
// request comes here twice, and waits for a dead webhook once.
constexpr nanoseconds kFailureTime = seconds(1);

const std::string kAuditPrefix = "imagepolicywebhook.image-policy.k8s.io/";

// Mutating, to mark pods that are let in without an answer; validating, to judge.
enum class Step : std::uint8_t { mark, judge };

ReviewWebhook::Settings settings_of(const ImagePolicy& policy) {
  ReviewWebhook::Settings out;
  out.kubeconfig = policy.kubeconfig;
  out.options.first_delay = policy.retry_backoff;
  return out;
}

class ImagePolicyWebhook final : public limen::Admission {
 public:
  ImagePolicyWebhook(limen::Host& host, limen::Node config)
      : host_(host),
        policy_(limen::plugins::read_policy(config)),
        verdicts_(kRemembered),
        failures_(kRemembered),
        reviews_(host.metrics().family<limen::Counter>(
            "reviews_total", "Questions to the webhook by what came of them.", {"outcome"})),
        remembered_(host.metrics().counter("remembered_total",
                                           "Pods whose images were not asked about again.")),
        failed_open_(host.metrics().counter("failed_open_total",
                                            "Pods that were let in without an answer.")),
        webhook_(host, settings_of(policy_), [this] { forget(); }) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::plugins::check_policy(config, findings);
    ReviewWebhook::check_kubeconfig(config.at("/imagePolicy/kubeConfigFile").string_or(""),
                                    "/imagePolicy/kubeConfigFile", findings);
  }

  limen::Result<void> start() override { return webhook_.start(); }

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    // Only a pod itself has an annotation to be marked with.
    if (!policy_.default_allow || !call.attributes().subresource().empty()) return {};
    return concerns(call) ? consider(call, Step::mark) : limen::Result<void>();
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    return concerns(call) ? consider(call, Step::judge) : limen::Result<void>();
  }

 private:
  using Later = limen::Deferred<limen::AdmissionCall>;

  // Where an answer, or that there was none, is remembered.
  struct Keys {
    Digest verdict{}, failure{};
  };

  // A new pod, and one that changes what is asked about pods.
  static bool concerns(const limen::AdmissionCall& call) {
    if (!call.is("", "pods") && !call.is("", "pods", "ephemeralcontainers")) return false;
    return !call.is_update() || limen::plugins::image_question(call, call.object()) !=
                                    limen::plugins::image_question(call, call.old_object());
  }

  Digest key_of(std::string_view review) const {
    return limen::plugins::sha256({std::to_string(webhook_.epoch()), ":", review});
  }

  limen::Result<void> consider(limen::AdmissionCall& call, Step step) {
    ImageQuestion question = limen::plugins::image_question(call, call.object());
    std::string review = question.review();
    // The mark itself makes no other question of it.
    std::erase_if(question.annotations,
                  [](const auto& one) { return one.first == limen::plugins::kFailedOpen; });
    const Keys keys{key_of(review), key_of(question.review())};
    const nanoseconds now = host_.clock().monotonic();
    if (const auto known = verdicts_.find(keys.verdict, now)) {
      if (step == Step::judge) remembered_.add();
      return decide(call, step, *known);
    }
    if (failures_.find(keys.failure, now)) return let_in(call, step);
    ask(call, step, keys, std::move(review));
    return {};
  }

  void ask(limen::AdmissionCall& call, Step step, const Keys& keys, std::string review) {
    const auto later = std::make_shared<Later>(call.defer());
    webhook_.ask(std::move(review), **later,
                 [this, later, step, keys](const WebhookAnswer& answer, const std::string& server) {
                   later->complete(finish(**later, step, keys, answer, server));
                 });
  }

  limen::Result<void> finish(limen::AdmissionCall& call, Step step, const Keys& keys,
                             const WebhookAnswer& answer, const std::string& server) {
    if (!answer.ok()) return fail(call, step, keys, answer.error());
    auto verdict = std::make_shared<ImageVerdict>();
    try {
      *verdict = limen::plugins::parse_image_review(*answer);
    } catch (const limen::plugins::ReviewError& error) {
      return fail(call, step, keys, {server + ": " + error.what(), LIMEN_E_INVALID});
    }
    reviews_.with({verdict->allowed ? "allowed" : "denied"}).add();
    remember(keys.verdict, verdict);
    return decide(call, step, *verdict);
  }

  void remember(const Digest& key, const std::shared_ptr<const ImageVerdict>& verdict) {
    const nanoseconds time = verdict->allowed ? policy_.allow_ttl : policy_.deny_ttl;
    std::size_t size = verdict->reason.size();
    for (const auto& [name, value] : verdict->audit_annotations) size += name.size() + value.size();
    if (time <= nanoseconds(0) || size > kTooLongToRemember) return;
    verdicts_.store(key, verdict, host_.clock().monotonic() + time);
  }

  static limen::Result<void> decide(limen::AdmissionCall& call, Step step,
                                    const ImageVerdict& verdict) {
    // Later modules may still change the images: they are judged as they will be stored.
    if (step == Step::mark) return {};
    for (const auto& [name, value] : verdict.audit_annotations)
      call.annotate(kAuditPrefix + name, value);
    if (verdict.allowed) return {};
    if (verdict.reason.empty()) return call.deny("one or more images rejected by webhook backend");
    return call.deny("image policy webhook backend denied one or more images: " + verdict.reason);
  }

  limen::Result<void> fail(limen::AdmissionCall& call, Step step, const Keys& keys,
                           const limen::Error& error) {
    reviews_.with({"error"}).add();
    // Nobody asked for a call that was given up.
    if (error.status == LIMEN_E_CANCELLED) return error;
    host_.log().warn("the webhook gave no verdict on images", {{"error", error.message}});
    if (!policy_.default_allow) return call.deny(error.message);
    failures_.store(keys.failure, std::make_shared<bool>(true),
                    host_.clock().monotonic() + kFailureTime);
    return let_in(call, step);
  }

  limen::Result<void> let_in(limen::AdmissionCall& call, Step step) const {
    if (step == Step::mark) {
      return call.patch().set(
          "/metadata/annotations/" + limen::pointer_part(limen::plugins::kFailedOpen), "true");
    }
    failed_open_.add();
    call.annotate(kAuditPrefix + "failed-open", "true");
    return {};
  }

  void forget() {
    verdicts_.clear();
    failures_.clear();
  }

  limen::Host& host_;
  const ImagePolicy policy_;
  ExpiringCache<ImageVerdict> verdicts_;
  ExpiringCache<bool> failures_;
  limen::Family<limen::Counter> reviews_;
  limen::Counter remembered_;
  limen::Counter failed_open_;
  ReviewWebhook webhook_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<ImagePolicyWebhook>(
    {.id = "image-policy-webhook",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Asks another service whether the images of pods may run.",
     .config_schema = kSchema,
     .required = {LIMEN_HTTP, LIMEN_EXECUTOR},
     .operations = limen::kCreate | limen::kUpdate}))
