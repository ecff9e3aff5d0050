// TokenIssuer: an authenticator that also signs the tokens it verifies.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/call.hpp"
#include "limen/cpp/text.hpp"
#include "limen/token_issuer.h"

namespace limen {

// One token to be signed. Views live until the call is complete.
class TokenCall final : public detail::CallOf<TokenCall> {
 public:
  TokenCall(const Host* host, limen_call* call, const limen_token_request* request,
            const limen_token_reply* reply)
      : CallOf(host, call), request_(request), reply_(reply) {}

  std::string_view ns() const { return to_view(request_->ns); }
  std::string_view service_account() const { return to_view(request_->service_account); }
  std::string_view service_account_uid() const { return to_view(request_->service_account_uid); }
  // Whom the token is for; empty: the API's own audiences.
  TextList audiences() const { return {request_->audiences, request_->audience_count}; }
  // The API's own; empty: those of TokenIssuer::audiences.
  TextList api_audiences() const { return {request_->api_audiences, request_->api_audience_count}; }
  // "Pod", "Secret" or "Node", and which; empty when the token is bound to nothing.
  std::string_view bound_kind() const { return to_view(request_->bound_kind); }
  std::string_view bound_name() const { return to_view(request_->bound_name); }
  std::string_view bound_uid() const { return to_view(request_->bound_uid); }
  // Where the bound pod runs.
  std::string_view node_name() const { return to_view(request_->node_name); }
  std::string_view node_uid() const { return to_view(request_->node_uid); }
  std::chrono::seconds expiration() const {
    return std::chrono::seconds(request_->expiration_seconds);
  }

  // The signed token and for how long it is given. Not called: the call fails.
  TokenCall& grant(std::string_view token, std::chrono::seconds expiration) {
    granted_ = true;
    reply_->grant(call_, to_abi(token), expiration.count());
    return *this;
  }
  TokenCall& audience(std::string_view audience) {
    reply_->add_audience(call_, to_abi(audience));
    return *this;
  }
  TokenCall& warn(std::string_view message) {
    reply_->warn(call_, to_abi(message));
    return *this;
  }
  TokenCall& annotate(std::string_view key, std::string_view value) {
    reply_->annotate(call_, to_abi(key), to_abi(value));
    return *this;
  }

  limen_status success() const { return granted_ ? LIMEN_OK : LIMEN_E_INTERNAL; }

 private:
  const limen_token_request* request_;
  const limen_token_reply* reply_;
  bool granted_ = false;
};

// One document about the keys.
class DocumentCall final : public detail::CallOf<DocumentCall> {
 public:
  DocumentCall(const Host* host, limen_call* call, std::int32_t which,
               const limen_document_reply* reply)
      : CallOf(host, call), which_(which), reply_(reply) {}

  bool wants_configuration() const { return which_ == LIMEN_ISSUER_CONFIGURATION; }
  bool wants_keys() const { return which_ == LIMEN_ISSUER_KEYS; }

  // The document, JSON. Not called: there is none.
  DocumentCall& text(std::string_view json) {
    given_ = true;
    reply_->set_text(call_, to_abi(json));
    return *this;
  }

  limen_status success() const { return given_ ? LIMEN_OK : LIMEN_E_NOT_FOUND; }

 private:
  std::int32_t which_;
  const limen_document_reply* reply_;
  bool given_ = false;
};

// Derive from this as well as from Authenticator when the plugin signs tokens. Any thread, many at
// once.
class TokenIssuer {
 public:
  virtual ~TokenIssuer() = default;
  virtual Result<void> issue(TokenCall& call) = 0;
  virtual Result<void> document(DocumentCall& call) = 0;
  // The audiences that stand for the API where the server's config names none. Constant.
  virtual const std::vector<std::string>& audiences() const = 0;
};

}  // namespace limen
