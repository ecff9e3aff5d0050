#include "pipeline/impersonation_modes.h"

#include <optional>
#include <utility>
#include <vector>

#include "authz/refusal.h"
#include "pipeline/impersonation_questions.h"
#include "pipeline/request_metrics.h"

namespace limen::pipeline {

namespace {

using authz::Attributes;
using base::ApiError;
using request::Identity;
using Refusal = std::optional<ApiError>;

constexpr Mode kModes[] = {Mode::associated_node, Mode::arbitrary_node, Mode::service_account,
                           Mode::user_info, Mode::legacy};

// One mode's questions to the authorizers.
class Asking {
 public:
  Asking(Mode mode, const authz::Chain& authz, request::CallScope& scope)
      : mode_(mode), authz_(authz), scope_(scope) {}

  // An authorizer's error refuses too, and is part of the reason.
  base::Task<Refusal> ask(Attributes attributes) const {
    const auto begun = base::SteadyClock::now();
    const authz::Outcome outcome = co_await authz_.authorize(attributes, scope_);
    record_impersonation_question(name_of(mode_), outcome.allowed,
                                  base::SteadyClock::now() - begun);
    if (outcome.allowed) co_return std::nullopt;
    std::string reason = outcome.error;
    if (!reason.empty() && !outcome.reason.empty()) reason += ": ";
    co_return authz::forbidden_error(attributes, reason + outcome.reason);
  }

  base::Task<Refusal> ask_all(std::vector<Question> questions) const {
    for (Question& question : questions) {
      if (question.refused) co_return std::move(question.refused);
      if (question.at_once) {
        const Refusal refusal = co_await ask(*question.at_once);
        if (!refusal) continue;
      }
      for (Attributes& attributes : question.each) {
        Refusal refusal = co_await ask(std::move(attributes));
        if (refusal) co_return refusal;
      }
    }
    co_return std::nullopt;
  }

 private:
  const Mode mode_;
  const authz::Chain& authz_;
  request::CallScope& scope_;
};

base::Task<Refusal> try_mode(Mode mode, const Identity& wanted, Attributes attributes,
                             const authz::Chain& authz, request::CallScope& scope) {
  const Asking asking(mode, authz, scope);
  // In this mode authorizers see which extra keys the caller has, not which node it is on.
  Identity caller = *attributes.user;
  if (mode == Mode::associated_node) hide_node(caller);
  attributes.user = &caller;
  if (mode != Mode::legacy) {
    attributes.verb = "impersonate-on:" + std::string(name_of(mode)) + ":" + attributes.verb;
    Refusal refusal = co_await asking.ask(attributes);
    if (refusal) co_return refusal;
  }
  co_return co_await asking.ask_all(questions_of(mode, wanted, caller));
}

}  // namespace

base::Task<Impersonated> find_impersonated(const Identity& wanted, const Attributes& attributes,
                                           const authz::Chain& authz, request::CallScope& scope) {
  Refusal first;
  for (const Mode mode : kModes) {
    if (!applies(mode, wanted, *attributes.user)) continue;
    const auto begun = base::SteadyClock::now();
    Refusal refusal = co_await try_mode(mode, wanted, attributes, authz, scope);
    record_impersonation(name_of(mode), !refusal, base::SteadyClock::now() - begun);
    if (!refusal) {
      co_return Impersonated{
          identity_of(mode, wanted),
          mode == Mode::legacy ? std::string() : "impersonate:" + std::string(name_of(mode))};
    }
    if (!first) first = std::move(refusal);
  }
  throw std::move(*first);  // the old way applies to everybody, so somebody has refused
}

}  // namespace limen::pipeline
