// mutating-webhook: other services may change or refuse what is about to be stored
// (MutatingAdmissionWebhook, rows W1 to W10).
#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/admission_webhook/dispatcher.h"
#include "common/admission_webhook/json_patch.h"
#include "common/digest.h"
#include "first_rounds.h"
#include "mutation.h"

namespace {

using limen::ObjectVersion;
using limen::plugins::Digest;
using limen::webhooks::Answer;
using limen::webhooks::Dispatcher;
using limen::webhooks::Facts;
using limen::webhooks::FirstRound;
using limen::webhooks::FirstRounds;
using limen::webhooks::Mutation;
using limen::webhooks::Questions;
using limen::webhooks::Refusal;
using limen::webhooks::Reply;
using limen::webhooks::RequestVersions;
using limen::webhooks::Subject;
using limen::webhooks::Webhook;
using ListPtr = std::shared_ptr<const Dispatcher::List>;

// A longer patch is not in the audit event: all that a call says has a limit.
constexpr std::size_t kMaxPatchAnnotation = 65'536;

Digest digest_of(const Mutation& mutation) {
  return limen::plugins::sha256({mutation.canonical()});
}

// A webhook of the list, and the version it is asked in.
struct Concerned {
  std::size_t index;
  ObjectVersion version;
};

// One call: the webhooks one after another. Those that want to see what later ones changed are
// asked once more when the chain comes again; where it will not because of these changes, at once.
class Run : public std::enable_shared_from_this<Run> {
 public:
  // The first round.
  Run(const Dispatcher& dispatcher, FirstRounds& rounds, limen::AdmissionCall& call, ListPtr list,
      std::vector<Concerned> concerned, const ObjectVersion& request, Mutation mutation)
      : dispatcher_(dispatcher),
        rounds_(rounds),
        list_(std::move(list)),
        concerned_(std::move(concerned)),
        mutation_(std::move(mutation)),
        questions_(call, request),
        facts_(call),
        later_(call.defer()) {}
  // The second round.
  Run(const Dispatcher& dispatcher, FirstRounds& rounds, limen::AdmissionCall& call,
      FirstRound first, std::vector<Concerned> concerned, const ObjectVersion& request,
      Mutation mutation)
      : Run(dispatcher, rounds, call, first.list, std::move(concerned), request,
            std::move(mutation)) {
    round_ = 1;
    called_ = std::move(first.called);
    due_ = std::move(first.due);
  }

  void next() {
    while (at_ < concerned_.size()) {
      const Concerned& one = concerned_[at_++];
      if (round_ != 0 && due_.count(one.index) == 0) continue;
      const Dispatcher::Choice choice = dispatcher_.choose(*later_, facts_, webhook(one.index));
      if (choice.refusal) return end(refuse(*later_, *choice.refusal));
      if (choice.asked && !bring_and_ask(one)) return;
    }
    if (round_ == 0 && !due_.empty() && !later_->comes_again()) {
      round_ = 1;
      at_ = 0;
      return next();
    }
    finish();
  }

 private:
  // Who goes on after a question: whoever comes second, the reply or the return from asking. So a
  // reply inside ask() is taken when that has returned: the stack does not grow with the webhooks.
  enum class Turn : std::uint8_t { asking, waiting, arrived };

  // Asks once the object is there in the version that is wanted. False when it goes on elsewhere,
  // or the call has ended.
  bool bring_and_ask(const Concerned& one) {
    auto turn = mutation_.next_turn(one.version);
    if (!turn) return ask(one);
    start(*std::move(turn), [this, &one] {
      if (bring_and_ask(one)) next();
    });
    return false;
  }

  // Has the host turn the object, which takes a while. Then goes on, or ends the call.
  void start(Mutation::Turn turn, std::function<void()> go_on) {
    const std::string json = std::move(turn.json);
    const auto take = [self = shared_from_this(), turn,
                       go_on = std::move(go_on)](const limen::Converted& converted) {
      if (!converted.ok()) return self->give_up(converted.error);
      self->mutation_.take(turn, converted.object);
      go_on();
    };
    const auto sent = later_->convert(json, turn.to, take);
    if (!sent.ok()) give_up(sent.error().message);
  }
  void give_up(std::string_view why) { end(refuse(*later_, Dispatcher::no_conversion(why))); }

  bool ask(const Concerned& one) {
    turn_ = Turn::asking;
    dispatcher_.caller().ask(*later_, (*list_)[one.index], questions_,
                             {one.version, mutation_.json(), mutation_.old_in(one.version)},
                             [self = shared_from_this(), index = one.index](Reply reply) {
                               self->arrive(index, std::move(reply));
                             });
    if (turn_.exchange(Turn::waiting) != Turn::arrived) return false;  // goes on in arrive()
    return take(one.index, reply_);
  }

  const Webhook& webhook(std::size_t index) const { return *(*list_)[index]; }

  void arrive(std::size_t index, Reply reply) {
    reply_ = std::move(reply);
    if (turn_.exchange(Turn::arrived) == Turn::waiting && take(index, reply_)) next();
  }

  // False when the call has ended.
  bool take(std::size_t index, const Reply& reply) {
    const Webhook& one = webhook(index);
    const std::string place = "round_" + std::to_string(round_) + "_index_" + std::to_string(index);
    std::optional<Refusal> refusal = dispatcher_.judge(
        *later_, one, reply, "failed-open.mutation.webhook.admission.k8s.io/" + place);
    bool changed = false;
    // Who failed is told already; the time went to those before it as well.
    if (refusal && !reply.answer) {
      refusal->causes.insert(refusal->causes.end(), times_.begin(), times_.end());
    }
    times_.push_back(dispatcher_.time_of(one, reply));
    if (!refusal && reply.answer) refusal = apply(one, *reply.answer, place, changed);
    later_->annotate(
        "mutation.webhook.admission.k8s.io/" + place,
        boost::json::serialize(boost::json::object{
            {"configuration", one.configuration}, {"webhook", one.name}, {"mutated", changed}}));
    if (refusal) {
      end(refuse(*later_, *refusal));
      return false;
    }
    // Whoever was asked before it may want to see the change; in the second round, whoever comes
    // after it as well.
    if (changed) due_.insert(called_.begin(), called_.end());
    if (one.reinvocable && round_ == 0) called_.insert(index);
    if (round_ != 0) twice_.insert(index);
    return true;
  }

  std::optional<Refusal> apply(const Webhook& one, const Answer& answer, const std::string& place,
                               bool& changed) {
    if (answer.patch.empty()) return std::nullopt;
    boost::system::error_code error;
    const boost::json::value patch = limen::webhooks::parse_deep(answer.patch, error);
    if (error) return dispatcher_.internal_error(*later_, one, "the patch is not JSON");
    if (patch.is_array() && patch.get_array().empty()) return std::nullopt;
    if (!mutation_.has_object()) {
      return dispatcher_.internal_error(
          *later_, one,
          "admission webhook \"" + one.name +
              "\" attempted to modify the object, which is not supported for this operation");
    }
    try {
      changed = mutation_.apply(patch);
    } catch (const limen::webhooks::PatchError& problem) {
      return dispatcher_.internal_error(*later_, one, problem.what());
    }
    if (changed && facts_.object) facts_.object = mutation_.labels();
    std::string told =
        boost::json::serialize(boost::json::object{{"configuration", one.configuration},
                                                   {"webhook", one.name},
                                                   {"patch", shown(patch)},
                                                   {"patchType", "JSONPatch"}});
    if (told.size() <= kMaxPatchAnnotation) {
      later_->annotate("patch.webhook.admission.k8s.io/" + place, told);
    }
    return std::nullopt;
  }

  // What an audit event may hold of a patch: values of secrets and tokens are left out.
  boost::json::value shown(const boost::json::value& patch) const {
    const Subject& subject = facts_.subject;
    const bool confidential = subject.group == "authentication.k8s.io" ||
                              (subject.group.empty() &&
                               (subject.resource == "secrets" || subject.subresource == "token"));
    boost::json::value out = patch;
    if (!confidential) return out;
    for (boost::json::value& operation : out.get_array()) operation.as_object().erase("value");
    return out;
  }

  void finish() {
    if (auto turn = mutation_.turn_home()) return start(*std::move(turn), [this] { finish(); });
    const auto told = mutation_.tell(later_->patch());
    if (told.ok() && mutation_.has_object() && !later_->reinvocation()) remember();
    end(told);
  }
  void remember() {
    FirstRound round;
    round.list = list_;
    std::set_difference(called_.begin(), called_.end(), twice_.begin(), twice_.end(),
                        std::inserter(round.called, round.called.end()));
    if (round.called.empty()) return;
    if (round_ == 0) round.due = due_;
    round.left = digest_of(mutation_);
    rounds_.remember(later_->write(), std::move(round));
  }

  // The call's inputs are gone afterwards.
  void end(const limen::Result<void>& result) { later_.complete(result); }

  const Dispatcher& dispatcher_;
  FirstRounds& rounds_;
  const ListPtr list_;
  const std::vector<Concerned> concerned_;
  Mutation mutation_;
  const Questions questions_;
  Facts facts_;
  int round_ = 0;
  std::size_t at_ = 0;            // in concerned_
  std::set<std::size_t> called_;  // those to ask again when a later one changes the object
  std::set<std::size_t> due_;     // of them: it did
  std::set<std::size_t> twice_;   // those that were asked again
  std::vector<Answer::Cause> times_;
  std::atomic<Turn> turn_{Turn::asking};
  Reply reply_;  // to the last question
  limen::Deferred<limen::AdmissionCall> later_;
};

class MutatingWebhook final : public limen::Admission {
 public:
  MutatingWebhook(limen::Host& host, limen::Node config)
      : dispatcher_(host, config, Dispatcher::Kind::mutating) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::webhooks::Credentials::check_config(config, findings);
  }

  limen::Result<void> start() override { return dispatcher_.start(); }

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const limen::webhooks::Subject subject = limen::webhooks::Subject::of(call);
    if (limen::webhooks::is_exempt(subject)) return {};
    if (call.reinvocation()) {
      ask_again(call, subject);
      return {};
    }
    const ListPtr all = dispatcher_.webhooks();
    if (all == nullptr) {
      return limen::Error{"the webhook configurations are not read yet", LIMEN_E_UNAVAILABLE};
    }
    const RequestVersions versions(call);
    std::vector<Concerned> concerned;
    for (std::size_t i = 0; i < all->size(); ++i) {
      if (auto version = asked_in(*(*all)[i], subject, versions)) {
        concerned.push_back({i, *std::move(version)});
      }
    }
    if (concerned.empty()) return {};
    std::make_shared<Run>(dispatcher_, rounds_, call, all, std::move(concerned), versions.request(),
                          Mutation(call.object(), call.old_object()))
        ->next();
    return {};
  }

  // Only tells who writes a configuration what may become of it.
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    dispatcher_.warn_of_lock_outs(call);
    return {};
  }

 private:
  // The chain comes again: about an object that others have changed meanwhile all are asked that
  // were before and want to be, else those that have not seen what a later webhook changed.
  void ask_again(limen::AdmissionCall& call, const Subject& subject) {
    std::optional<FirstRound> first = rounds_.take(call.write());
    if (!first) return;
    Mutation mutation(call.object(), call.old_object());
    if (digest_of(mutation) != first->left) first->due = first->called;
    if (first->due.empty()) return;
    const RequestVersions versions(call);
    std::vector<Concerned> concerned;
    for (const std::size_t i : first->called) {
      if (auto version = asked_in(*(*first->list)[i], subject, versions)) {
        concerned.push_back({i, *std::move(version)});
      }
    }
    std::make_shared<Run>(dispatcher_, rounds_, call, *std::move(first), std::move(concerned),
                          versions.request(), std::move(mutation))
        ->next();
  }

  Dispatcher dispatcher_;
  FirstRounds rounds_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<MutatingWebhook>({
    .id = "mutating-webhook",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Lets the webhooks of MutatingWebhookConfigurations change what is to be stored.",
    .config_schema = limen::webhooks::kConfigSchema,
    .required = {LIMEN_OBJECTS, LIMEN_HTTP, LIMEN_EXECUTOR, LIMEN_VERSIONS},
    .operations = limen::kCreate | limen::kUpdate | limen::kDelete | limen::kConnect,
}))
