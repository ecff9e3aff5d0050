// Authenticator: who does a request come from?
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "limen/authenticator.h"
#include "limen/cpp/call.hpp"
#include "limen/cpp/plugin_base.hpp"

namespace limen {

// One request to be authenticated. Views live until the call is complete.
class AuthnCall final : public detail::CallOf<AuthnCall> {
 public:
  AuthnCall(const Host* host, limen_call* call, const limen_authn_input* input,
            const limen_authn_reply* reply)
      : CallOf(host, call), input_(input), reply_(reply) {}

  std::string_view method() const { return to_view(input_->method); }
  std::string_view path() const { return to_view(input_->path); }
  std::string_view query() const { return to_view(input_->query); }
  std::string_view source_ip() const { return to_view(input_->source_ip); }
  std::string_view sni() const { return to_view(input_->sni); }
  // Empty when the request has none.
  std::string_view bearer_token() const { return to_view(input_->bearer_token); }
  // Leaf first, DER; possession of the leaf's key is proven, nothing else is.
  TextList peer_certificates() const { return {input_->peer_certs_der, input_->peer_cert_count}; }
  // The audiences of which the credential must be good for one; empty: the server's own.
  TextList audiences() const { return {input_->audiences, input_->audience_count}; }
  // The first value of a header (name in lower case); empty when there is none.
  std::string_view header(std::string_view lower_case_name) const {
    return to_view(input_->header(call_, to_abi(lower_case_name)));
  }
  std::uint32_t header_count() const { return input_->header_count; }
  std::pair<std::string_view, std::string_view> header_at(std::uint32_t index) const {
    limen_pair pair{};
    if (input_->header_at(call_, index, &pair) != LIMEN_OK) return {};
    return {to_view(pair.key), to_view(pair.value)};
  }

  // Names the user: the call succeeds unless an error is returned. Not called: no opinion.
  AuthnCall& accept(std::string_view name, std::string_view uid = {}) {
    accepted_ = true;
    reply_->set_user(call_, to_abi(name), to_abi(uid));
    return *this;
  }
  AuthnCall& group(std::string_view group) {
    reply_->add_group(call_, to_abi(group));
    return *this;
  }
  AuthnCall& extra(std::string_view key, std::string_view value) {
    reply_->add_extra(call_, to_abi(key), to_abi(value));
    return *this;
  }
  AuthnCall& audience(std::string_view audience) {
    reply_->add_audience(call_, to_abi(audience));
    return *this;
  }
  // How long the host may reuse the success for the same credential.
  AuthnCall& cache_for(std::chrono::nanoseconds time) {
    reply_->cache_for(call_, time.count());
    return *this;
  }
  // A WWW-Authenticate value for the 401, should nobody succeed.
  AuthnCall& challenge(std::string_view text) {
    reply_->add_challenge(call_, to_abi(text));
    return *this;
  }

  // For the client, in a Warning header, and for the audit log; only with a success.
  AuthnCall& warn(std::string_view message) {
    reply_->warn(call_, to_abi(message));
    return *this;
  }
  AuthnCall& annotate(std::string_view key, std::string_view value) {
    reply_->annotate(call_, to_abi(key), to_abi(value));
    return *this;
  }

  limen_status success() const { return accepted_ ? LIMEN_OK : LIMEN_NO_OPINION; }

 private:
  const limen_authn_input* input_;
  const limen_authn_reply* reply_;
  bool accepted_ = false;
};

class Authenticator : public Plugin {
 public:
  // accept() and return {}: authenticated. Return {} alone: no credential of my kind, ask the next.
  // Return an Error: there is one and it is bad. Any thread, many at once.
  virtual Result<void> authenticate(AuthnCall& call) = 0;
};

}  // namespace limen
