#include "modules/abi_authorizer.h"

#include <utility>

#include "modules/host_scope.h"
#include "modules/inputs.h"

namespace limen::modules {

namespace {

limen_status call_authorize(const ModuleInstance& instance, limen_call* call,
                            const void* input) noexcept {
  return static_cast<const limen_authorizer*>(instance.table())
      ->authorize(instance.plugin(), call, static_cast<const limen_attributes*>(input),
                  &authz_reply_table());
}

// The input of rules_for, with the table in front: it is not the instance's main one.
struct RulesInput {
  const limen_authorizer_rules* table;
  limen_rules_input input;
};

limen_status call_rules(const ModuleInstance& instance, limen_call* call,
                        const void* input) noexcept {
  const auto* rules = static_cast<const RulesInput*>(input);
  return rules->table->rules_for(instance.plugin(), call, &rules->input, &rules_reply_table());
}

authz::Result failed(std::string text) {
  authz::Result result;
  result.error = std::move(text);
  return result;
}

// Null when the module said nothing of it, or broke the rules while it did.
std::shared_ptr<const authz::Basis> take_basis(Call& call) {
  if (!call.violation.empty()) return nullptr;
  if (call.rule_id.empty() && call.authz_causes.empty()) return nullptr;
  authz::Basis basis{std::move(call.rule_id), std::move(call.authz_causes)};
  return std::make_shared<const authz::Basis>(std::move(basis));
}

authz::Rules incomplete(std::string text) {
  authz::Rules rules;
  rules.incomplete = true;
  rules.error = std::move(text);
  return rules;
}

}  // namespace

AbiAuthorizer::AbiAuthorizer(std::shared_ptr<ModuleInstance> instance)
    : instance_(std::move(instance)) {
  const auto* table =
      static_cast<const limen_authorizer_rules*>(instance_->extension(LIMEN_AUTHORIZER_RULES));
  if (LIMEN_HAS(limen_authorizer_rules, table, rules_for) && table->rules_for != nullptr) {
    rules_ = table;
  }
}

authz::Result AbiAuthorizer::take_result(Call& call, const CallTime& time) {
  std::string error = instance_->error_of(call);
  if (error.empty() && call.status == LIMEN_NO_OPINION) {
    // A verdict of an authorizer is given by decide(), and this status is not one.
    error = "the module broke its contract: it answered with LIMEN_NO_OPINION";
  }
  if (!error.empty()) {
    instance_->record(Outcome::error, time);
    return failed(std::move(error));
  }
  authz::Result result = std::move(call.authz);
  if (!result.error.empty() && result.verdict != authz::Verdict::allow) {
    instance_->record(Outcome::error, time);
    return result;
  }
  switch (result.verdict) {
    case authz::Verdict::allow:
      instance_->record(Outcome::yes, time);
      break;
    case authz::Verdict::deny:
      instance_->record(Outcome::no, time);
      break;
    case authz::Verdict::no_opinion:
      instance_->record(Outcome::no_opinion, time);
      break;
  }
  return result;
}

base::Task<authz::Result> AbiAuthorizer::authorize(const authz::Attributes& attributes,
                                                   request::CallScope& scope) {
  const bool counted = !attributes.explain;
  const base::Deadline began = base::SteadyClock::now();
  CallLease call = instance_->open(CallKind::authorize, scope, began);
  if (!call) {
    instance_->record(Outcome::refused, {began, began, counted});
    co_return failed(call.refusal());
  }
  call->counted = counted;
  const limen_attributes* input = make_attributes(call->inputs, attributes);
  const bool here = instance_->call_here(*call, call_authorize, input);
  Ended ended = Ended::completed;
  if (!here) ended = co_await instance_->wait_for(*call, scope, call_authorize, input);
  const CallTime time{began, base::SteadyClock::now(), counted};
  if (!instance_->settle(call, ended, here, time)) co_return failed(instance_->deadline_error());
  authz::Result result = take_result(*call, time);
  if (attributes.explain) result.basis = take_basis(*call);
  co_return result;
}

authz::Rules AbiAuthorizer::take_rules(Call& call, const CallTime& time) {
  const std::string error = instance_->error_of(call);
  instance_->record(error.empty() ? Outcome::yes : Outcome::error, time);
  if (!call.violation.empty()) return incomplete(name() + ": " + error);
  authz::Rules rules = std::move(call.rules);
  if (!error.empty()) {
    rules.incomplete = true;
    rules.error = name() + ": " + error;
  }
  return rules;
}

base::Task<authz::Rules> AbiAuthorizer::rules_for(const request::Identity& user,
                                                  const std::string& ns,
                                                  request::CallScope& scope) {
  if (rules_ == nullptr) {
    co_return incomplete(name() + " authorizer does not support user rule resolution");
  }
  const base::Deadline began = base::SteadyClock::now();
  CallLease call = instance_->open(CallKind::rules, scope, began);
  if (!call) {
    instance_->record(Outcome::refused, {began, began});
    co_return incomplete(name() + ": " + call.refusal());
  }
  auto* input = call->inputs.array<RulesInput>(1);
  input->table = rules_;
  input->input.struct_size = sizeof(limen_rules_input);
  input->input.user = make_user(call->inputs, user);
  input->input.ns = call->inputs.copy(ns);
  const bool here = instance_->call_here(*call, call_rules, input);
  Ended ended = Ended::completed;
  if (!here) ended = co_await instance_->wait_for(*call, scope, call_rules, input);
  const CallTime time{began, base::SteadyClock::now()};
  if (instance_->settle(call, ended, here, time)) co_return take_rules(*call, time);
  co_return incomplete(name() + ": " + instance_->deadline_error());
}

}  // namespace limen::modules
