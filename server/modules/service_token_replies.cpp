// The setters token issuers answer with.
//
// Each copies what it is given into the call and checks it there; a breach makes the whole call an
// error, never a part of an answer.
#include "modules/call.h"
#include "modules/host_scope.h"

namespace limen::modules {

namespace {

Call* answering_issue(limen_call* handle, std::string_view setter) {
  return answering(handle, setter, CallKind::issue_token);
}

void grant(limen_call* handle, limen_str token, std::int64_t expiration_seconds) noexcept {
  Call* call = answering_issue(handle, "grant");
  if (call == nullptr || !call->take_text(token, call->token.issued.token, "token")) return;
  if (call->token.issued.token.empty()) call->violate("granted an empty token");
  if (expiration_seconds <= 0) {
    call->violate("granted a token for " + std::to_string(expiration_seconds) + " seconds");
  }
  call->token.issued.expiration_seconds = expiration_seconds;
}

void add_audience(limen_call* handle, limen_str audience) noexcept {
  Call* call = answering_issue(handle, "add_audience");
  std::string text;
  if (call == nullptr || !call->take_text(audience, text, "audience")) return;
  call->token.issued.audiences.push_back(std::move(text));
}

void warn(limen_call* handle, limen_str message) noexcept {
  Call* call = answering_issue(handle, "warn");
  std::string text;
  if (call == nullptr || !call->take_text(message, text, "warning")) return;
  call->token.warnings.push_back(std::move(text));
}

void annotate(limen_call* handle, limen_str key, limen_str value) noexcept {
  Call* call = answering_issue(handle, "annotate");
  std::string name, text;
  if (call == nullptr || !call->take_text(key, name, "annotation key") ||
      !call->take_text(value, text, "annotation value")) {
    return;
  }
  call->token.annotations.emplace_back(std::move(name), std::move(text));
}

void set_text(limen_call* handle, limen_str text) noexcept {
  Call* call = answering(handle, "set_text", CallKind::issuer_document);
  std::string copy;
  if (call == nullptr || !call->take_text(text, copy, "document")) return;
  call->token.document = std::move(copy);
}

}  // namespace

const limen_token_reply& token_reply_table() {
  static constexpr limen_token_reply table = {
      sizeof(limen_token_reply), 0, grant, add_audience, warn, annotate};
  return table;
}

const limen_document_reply& document_reply_table() {
  static constexpr limen_document_reply table = {sizeof(limen_document_reply), 0, set_text};
  return table;
}

}  // namespace limen::modules
