#include "modules/abi_token_issuer.h"

#include <utility>

#include "base/strings.h"
#include "modules/host_scope.h"

namespace limen::modules {

namespace {

// The inputs, with the table in front: it is not the instance's main one.
struct IssueInput {
  const limen_token_issuer* table;
  limen_token_request request;
};
struct DocumentInput {
  const limen_token_issuer* table;
  std::int32_t which;
};

limen_status call_issue(const ModuleInstance& instance, limen_call* call,
                        const void* input) noexcept {
  const auto* issue = static_cast<const IssueInput*>(input);
  return issue->table->issue(instance.plugin(), call, &issue->request, &token_reply_table());
}

limen_status call_document(const ModuleInstance& instance, limen_call* call,
                           const void* input) noexcept {
  const auto* document = static_cast<const DocumentInput*>(input);
  return document->table->document(instance.plugin(), call, document->which,
                                   &document_reply_table());
}

const limen_str* copy_list(Arena& arena, const std::vector<std::string>& texts) {
  auto* out = arena.array<limen_str>(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) out[i] = arena.copy(texts[i]);
  return out;
}

const IssueInput* make_input(Arena& arena, const limen_token_issuer& table,
                             const authn::TokenOrder& order) {
  auto* out = arena.array<IssueInput>(1);
  out->table = &table;
  limen_token_request& request = out->request;
  request.struct_size = sizeof(limen_token_request);
  request.ns = arena.copy(order.ns);
  request.service_account = arena.copy(order.service_account);
  request.service_account_uid = arena.copy(order.service_account_uid);
  request.audiences = copy_list(arena, order.audiences);
  request.audience_count = static_cast<std::uint32_t>(order.audiences.size());
  request.api_audiences = copy_list(arena, order.api_audiences);
  request.api_audience_count = static_cast<std::uint32_t>(order.api_audiences.size());
  request.bound_kind = arena.copy(order.bound_kind);
  request.bound_name = arena.copy(order.bound_name);
  request.bound_uid = arena.copy(order.bound_uid);
  request.node_name = arena.copy(order.node_name);
  request.node_uid = arena.copy(order.node_uid);
  request.expiration_seconds = order.expiration_seconds;
  return out;
}

// The module's own names for the API; a text that is no UTF-8 is left out.
std::vector<std::string> audiences_of(const ModuleInstance& instance,
                                      const limen_token_issuer& table) {
  std::vector<std::string> all;
  if (table.audiences == nullptr) return all;
  table.audiences(
      instance.plugin(),
      [](void* arg, limen_str audience) {
        const std::string_view text = to_view(audience);
        if (!text.empty() && base::is_valid_utf8(text)) {
          static_cast<std::vector<std::string>*>(arg)->emplace_back(text);
        }
      },
      &all);
  return all;
}

// A document the module does not publish: an answer, not a failure.
bool is_absent(const Call& call) {
  return call.kind == CallKind::issuer_document && call.status == LIMEN_E_NOT_FOUND &&
         call.violation.empty();
}

authn::IssuedToken refused(std::string error) {
  authn::IssuedToken result;
  result.error = std::move(error);
  return result;
}

}  // namespace

std::shared_ptr<AbiTokenIssuer> AbiTokenIssuer::of(std::shared_ptr<ModuleInstance> instance) {
  const auto* table =
      static_cast<const limen_token_issuer*>(instance->extension(LIMEN_TOKEN_ISSUER));
  if (!LIMEN_HAS(limen_token_issuer, table, audiences) || table->issue == nullptr ||
      table->document == nullptr) {
    return nullptr;
  }
  return std::shared_ptr<AbiTokenIssuer>(new AbiTokenIssuer(std::move(instance), *table));
}

AbiTokenIssuer::AbiTokenIssuer(std::shared_ptr<ModuleInstance> instance,
                               const limen_token_issuer& table)
    : instance_(std::move(instance)), table_(table), audiences_(audiences_of(*instance_, table)) {}

// Makes the call and waits for its end. What went wrong; empty when the reply counts.
base::Task<std::string> AbiTokenIssuer::run(CallLease& call, request::CallScope& scope,
                                            ModuleInstance::Invoke function, const void* input) {
  const base::Deadline began = base::SteadyClock::now();
  const bool here = instance_->call_here(*call, function, input);
  Ended ended = Ended::completed;
  if (!here) ended = co_await instance_->wait_for(*call, scope, function, input);
  const CallTime time{began, base::SteadyClock::now()};
  if (!instance_->settle(call, ended, here, time)) co_return instance_->deadline_error();
  if (is_absent(*call)) {
    instance_->record(Outcome::no_opinion, time);
    co_return std::string();
  }
  std::string error = instance_->error_of(*call);
  instance_->record(error.empty() ? Outcome::yes : Outcome::error, time);
  co_return error;
}

base::Task<authn::IssuedToken> AbiTokenIssuer::issue(const authn::TokenOrder& order,
                                                     request::CallScope& scope) {
  CallLease call = instance_->open(CallKind::issue_token, scope, base::SteadyClock::now());
  if (!call) co_return refused(call.refusal());
  const IssueInput* input = make_input(call->inputs, table_, order);
  std::string error = co_await run(call, scope, call_issue, input);
  if (!error.empty()) co_return refused(std::move(error));
  TokenReply& reply = call->token;
  if (call->status != LIMEN_OK || reply.issued.token.empty()) {
    co_return refused("the module broke its contract: it succeeded without granting a token");
  }
  if (reply.issued.expiration_seconds > order.expiration_seconds) {
    co_return refused("the module broke its contract: it granted " +
                      std::to_string(reply.issued.expiration_seconds) + " seconds where " +
                      std::to_string(order.expiration_seconds) + " were wanted");
  }
  for (std::string& warning : reply.warnings) scope.warnings.push_back(std::move(warning));
  for (auto& annotation : reply.annotations) scope.annotations.push_back(std::move(annotation));
  co_return std::move(reply.issued);
}

base::Task<authn::IssuerText> AbiTokenIssuer::document(authn::IssuerDocument which,
                                                       request::CallScope& scope) {
  authn::IssuerText result;
  CallLease call = instance_->open(CallKind::issuer_document, scope, base::SteadyClock::now());
  if (!call) {
    result.error = call.refusal();
    co_return result;
  }
  auto* input = call->inputs.array<DocumentInput>(1);
  input->table = &table_;
  input->which =
      which == authn::IssuerDocument::keys ? LIMEN_ISSUER_KEYS : LIMEN_ISSUER_CONFIGURATION;
  result.error = co_await run(call, scope, call_document, input);
  if (!result.error.empty() || is_absent(*call)) co_return result;
  if (!call->token.document) {
    result.error = "the module broke its contract: it succeeded without giving a document";
  }
  result.json = std::move(call->token.document);
  co_return result;
}

}  // namespace limen::modules
