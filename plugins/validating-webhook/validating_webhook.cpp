// validating-webhook: other services may refuse what is about to be stored
// (ValidatingAdmissionWebhook, rows W1 to W10).
#include <atomic>
#include <limen/cpp/plugin.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/admission_webhook/dispatcher.h"

namespace {

using limen::ObjectVersion;
using limen::webhooks::Dispatcher;
using limen::webhooks::Facts;
using limen::webhooks::Questions;
using limen::webhooks::Refusal;
using limen::webhooks::Reply;
using WebhookPtr = std::shared_ptr<const limen::webhooks::Webhook>;

constexpr const char* kFailedOpen =
    "failed-open.validating.webhook.admission.k8s.io/round_0_index_";

// A webhook and the version it is asked in.
struct Asked {
  WebhookPtr webhook;
  ObjectVersion version;
};

// The questions of one call, all asked at once when the object is there in every version that is
// wanted. The last reply ends it.
class Round : public std::enable_shared_from_this<Round> {
 public:
  Round(const Dispatcher& dispatcher, limen::AdmissionCall& call, std::vector<Asked> asked,
        const ObjectVersion& request)
      : dispatcher_(dispatcher),
        asked_(std::move(asked)),
        replies_(asked_.size()),
        open_(asked_.size()),
        questions_(call, request),
        later_(call.defer()) {}

  void begin() {
    for (const Asked& one : asked_) {
      Texts& texts = texts_[one.version.kind_api_version()];
      if (texts.known) continue;
      texts.known = true;
      fetch(later_->object(), one.version, texts.object);
      fetch(later_->old_object(), one.version, texts.old_object);
    }
    fetched();
  }

 private:
  struct Texts {
    bool known = false;
    std::string object, old_object;  // empty: there is none
  };

  // The object as JSON of this version, there once `missing_` says so.
  void fetch(const limen::Node& node, const ObjectVersion& version, std::string& out) {
    if (!node) return;
    out = node.to_json();
    if (!limen::webhooks::differs(limen::webhooks::form_of(node), version)) return;
    ++missing_;
    const std::string json = std::move(out);
    const auto sent = later_->convert(
        json, version, [self = shared_from_this(), &out](const limen::Converted& converted) {
          if (converted.ok()) {
            out = converted.object.to_json();
          } else {
            self->note_obstacle(converted.error);
          }
          self->fetched();
        });
    if (sent.ok()) return;
    note_obstacle(sent.error().message);
    --missing_;  // begin() still holds one
  }

  void note_obstacle(std::string_view why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!obstacle_) obstacle_ = why;
  }

  void fetched() {
    if (--missing_ != 0) return;
    if (obstacle_) {
      later_.complete(refuse(*later_, Dispatcher::no_conversion(*obstacle_)));
      return;
    }
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      const ObjectVersion& version = asked_[i].version;
      const Texts& texts = texts_[version.kind_api_version()];
      dispatcher_.caller().ask(*later_, asked_[i].webhook, questions_,
                               {version, texts.object, texts.old_object},
                               [self = shared_from_this(), i](Reply reply) {
                                 self->replies_[i] = std::move(reply);
                                 if (--self->open_ == 0) self->finish();
                               });
    }
  }

  // All are judged, the first refusal in the order of the webhooks is told.
  void finish() {
    std::optional<Refusal> first;
    std::size_t refuser = 0;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      auto refusal = dispatcher_.judge(*later_, *asked_[i].webhook, replies_[i],
                                       kFailedOpen + std::to_string(i));
      if (!refusal || first) continue;
      first = std::move(refusal);
      refuser = i;
    }
    if (first && !replies_[refuser].answer) tell_times(*first, refuser);
    later_.complete(first ? refuse(*later_, *first) : limen::Result<void>());
  }

  // Who failed is told already; the others were asked at the same time.
  void tell_times(Refusal& refusal, std::size_t refuser) const {
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (i == refuser) continue;
      refusal.causes.push_back(dispatcher_.time_of(*asked_[i].webhook, replies_[i]));
    }
  }

  const Dispatcher& dispatcher_;
  const std::vector<Asked> asked_;
  std::map<std::string, Texts> texts_;  // by apiVersion; constant once all is there
  std::atomic<std::size_t> missing_{1};
  std::mutex mutex_;
  std::optional<std::string> obstacle_;
  std::vector<Reply> replies_;
  std::atomic<std::size_t> open_;
  const Questions questions_;
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
    const limen::webhooks::RequestVersions versions(call);
    std::vector<Asked> asked;
    for (const WebhookPtr& webhook : *all) {
      const auto version = limen::webhooks::asked_in(*webhook, facts.subject, versions);
      if (!version) continue;
      const Dispatcher::Choice choice = dispatcher_.choose(call, facts, *webhook);
      if (choice.refusal) return refuse(call, *choice.refusal);
      if (choice.asked) asked.push_back({webhook, *version});
    }
    if (asked.empty()) return {};
    std::make_shared<Round>(dispatcher_, call, std::move(asked), versions.request())->begin();
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
    .required = {LIMEN_OBJECTS, LIMEN_HTTP, LIMEN_EXECUTOR, LIMEN_VERSIONS},
    .operations = limen::kCreate | limen::kUpdate | limen::kDelete | limen::kConnect,
}))
