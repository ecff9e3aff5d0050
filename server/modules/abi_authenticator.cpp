#include "modules/abi_authenticator.h"

#include <algorithm>

#include "modules/host_scope.h"

namespace limen::modules {

namespace {

limen_status call_module(const ModuleInstance& instance, limen_call* call,
                         const void* input) noexcept {
  return static_cast<const limen_authenticator*>(instance.table())
      ->authenticate(instance.plugin(), call, static_cast<const limen_authn_input*>(input),
                     &authn_reply_table());
}

const limen_authn_input* make_input(Call& call, const authn::Credentials& credentials) {
  Arena& arena = call.inputs;
  auto* out = arena.array<limen_authn_input>(1);
  const AuthnHeaders headers = authn_headers();
  out->struct_size = sizeof(limen_authn_input);
  out->method = arena.copy(credentials.method);
  out->path = arena.copy(credentials.path);
  out->query = arena.copy(credentials.query);
  out->bearer_token = arena.copy(credentials.bearer_token);
  out->header = headers.header;
  out->header_at = headers.header_at;
  if (credentials.peer != nullptr) {
    const transport::PeerInfo& peer = *credentials.peer;
    out->source_ip = arena.copy(peer.source_ip);
    out->sni = arena.copy(peer.sni);
    auto* certificates = arena.array<limen_str>(peer.certificates_der.size());
    for (std::size_t i = 0; i < peer.certificates_der.size(); ++i) {
      certificates[i] = arena.copy(peer.certificates_der[i]);
    }
    out->peer_certs_der = certificates;
    out->peer_cert_count = static_cast<std::uint32_t>(peer.certificates_der.size());
  }
  auto* audiences = arena.array<limen_str>(credentials.audiences.size());
  for (std::size_t i = 0; i < credentials.audiences.size(); ++i) {
    audiences[i] = arena.copy(credentials.audiences[i]);
  }
  out->audiences = audiences;
  out->audience_count = static_cast<std::uint32_t>(credentials.audiences.size());
  if (credentials.head != nullptr) {
    call.head.lend(credentials.head);
    out->header_count = static_cast<std::uint32_t>(credentials.head->headers.size());
  }
  return out;
}

authn::Result failed(std::string text) {
  authn::Result result;
  result.verdict = authn::Verdict::error;
  result.error = std::move(text);
  return result;
}

}  // namespace

AbiAuthenticator::AbiAuthenticator(std::shared_ptr<ModuleInstance> instance)
    : instance_(std::move(instance)) {}

authn::Result AbiAuthenticator::take_result(Call& call, const CallTime& time) {
  std::string error = instance_->error_of(call);
  authn::Result result = std::move(call.authn);
  if (error.empty() && call.status == LIMEN_OK && result.identity.name.empty()) {
    error = "the module broke its contract: it succeeded without naming a user";
  }
  if (!error.empty()) {
    result.verdict = authn::Verdict::error;
    result.identity = {};
    result.audiences.clear();
    result.error = std::move(error);
    instance_->record(Outcome::error, time);
  } else if (call.status == LIMEN_NO_OPINION) {
    result.identity = {};
    result.audiences.clear();
    instance_->record(Outcome::no_opinion, time);
  } else {
    result.verdict = authn::Verdict::authenticated;
    instance_->record(Outcome::yes, time);
  }
  return result;
}

base::Task<authn::Result> AbiAuthenticator::authenticate(const authn::Credentials& credentials,
                                                         request::CallScope& scope) {
  const base::Deadline began = base::SteadyClock::now();
  CallLease call = instance_->open(CallKind::authenticate, scope, began);
  if (!call) {
    instance_->record(Outcome::refused, {began, began});
    co_return failed(call.refusal());
  }
  const limen_authn_input* input = make_input(*call, credentials);
  const bool here = instance_->call_here(*call, call_module, input);
  Ended ended = Ended::completed;
  if (!here) ended = co_await instance_->wait_for(*call, scope, call_module, input);
  const CallTime time{began, base::SteadyClock::now()};
  if (instance_->settle(call, ended, here, time)) co_return take_result(*call, time);
  co_return failed(instance_->deadline_error());
}

}  // namespace limen::modules
