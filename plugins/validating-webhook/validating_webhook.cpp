// validating-webhook: other services may refuse what is about to be stored
// (ValidatingAdmissionWebhook, rows W1 to W10).
#include <atomic>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/admission_webhook/dispatcher.h"

namespace {

using limen::webhooks::Dispatcher;
using limen::webhooks::Facts;
using limen::webhooks::Questions;
using limen::webhooks::Refusal;
using limen::webhooks::Reply;
using limen::webhooks::Webhook;
using WebhookPtr = std::shared_ptr<const Webhook>;

constexpr const char* kFailedOpen =
    "failed-open.validating.webhook.admission.k8s.io/round_0_index_";

// The questions of one call, all asked at once. The last reply ends it.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(const Dispatcher& dispatcher, limen::AdmissionCall& call, std::vector<WebhookPtr> webhooks)
      : dispatcher_(dispatcher),
        webhooks_(std::move(webhooks)),
        replies_(webhooks_.size()),
        open_(webhooks_.size()),
        later_(call.defer()) {}

  void ask() {
    const Questions questions(*later_);
    const std::string object = later_->object().to_json();
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
      dispatcher_.caller().ask(*later_, webhooks_[i], questions, object,
                               [self = shared_from_this(), i](Reply reply) {
                                 self->replies_[i] = std::move(reply);
                                 if (--self->open_ == 0) self->finish();
                               });
    }
  }

 private:
  // All are judged, the first refusal in the order of the webhooks is told.
  void finish() {
    std::optional<Refusal> first;
    std::size_t refuser = 0;
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
      auto refusal =
          dispatcher_.judge(*later_, *webhooks_[i], replies_[i], kFailedOpen + std::to_string(i));
      if (!refusal || first) continue;
      first = std::move(refusal);
      refuser = i;
    }
    if (first && !replies_[refuser].answer) tell_times(*first, refuser);
    later_.complete(first ? refuse(*later_, *first) : limen::Result<void>());
  }

  // Who failed is told already; the others were asked at the same time.
  void tell_times(Refusal& refusal, std::size_t refuser) const {
    for (std::size_t i = 0; i < webhooks_.size(); ++i) {
      if (i == refuser) continue;
      refusal.causes.push_back(dispatcher_.time_of(*webhooks_[i], replies_[i]));
    }
  }

  const Dispatcher& dispatcher_;
  const std::vector<WebhookPtr> webhooks_;
  std::vector<Reply> replies_;
  std::atomic<std::size_t> open_;
  limen::Deferred<limen::AdmissionCall> later_;
};

class ValidatingWebhook final : public limen::Admission {
 public:
  ValidatingWebhook(limen::Host& host, limen::Node config)
      : dispatcher_(host, config, Dispatcher::Kind::validating) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::webhooks::Credentials::check_config(config, findings);
  }

  limen::Result<void> start() override { return dispatcher_.start(); }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const Facts facts(call);
    if (limen::webhooks::is_exempt(facts.subject)) {
      dispatcher_.warn_of_lock_outs(call);
      return {};
    }
    const auto all = dispatcher_.webhooks();
    if (all == nullptr) {
      return limen::Error{"the webhook configurations are not read yet", LIMEN_E_UNAVAILABLE};
    }
    std::vector<WebhookPtr> asked;
    for (const WebhookPtr& webhook : *all) {
      if (!dispatcher_.concerns(call, facts.subject, *webhook)) continue;
      const Dispatcher::Choice choice = dispatcher_.choose(call, facts, *webhook);
      if (choice.refusal) return refuse(call, *choice.refusal);
      if (choice.asked) asked.push_back(webhook);
    }
    if (!asked.empty()) std::make_shared<Round>(dispatcher_, call, std::move(asked))->ask();
    return {};
  }

 private:
  Dispatcher dispatcher_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<ValidatingWebhook>({
    .id = "validating-webhook",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Asks the webhooks of ValidatingWebhookConfigurations about what is to be stored.",
    .config_schema = limen::webhooks::kConfigSchema,
    .required = {LIMEN_OBJECTS, LIMEN_HTTP, LIMEN_EXECUTOR},
    .operations = limen::kCreate | limen::kUpdate | limen::kDelete | limen::kConnect,
}))
