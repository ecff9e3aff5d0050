// acme-signed-requests: programs that sign each request with a secret they share with the server.
//
// A secret never travels; a request that was listened to is good for nothing else and for no second
// time. README.md has the scheme.

#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>

#include "keys.h"
#include "replay_window.h"
#include "signature.h"

namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["keyFile"],
  "properties": {
    "keyFile": {
      "type": "string",
      "minLength": 1,
      "description": "Lines of NAME SECRET USER [GROUP]...; read again when it changes."
    },
    "maxSkewSeconds": {
      "type": "integer",
      "minimum": 1,
      "maximum": 900,
      "default": 120,
      "description": "How far the time of a signature may be from the server's, either way."
    },
    "maxRemembered": {
      "type": "integer",
      "minimum": 1,
      "maximum": 10000000,
      "default": 100000,
      "description": "Signed requests within twice that time; what comes beyond is refused."
    }
  }
})json";

class SignedRequests final : public limen::Authenticator {
 public:
  SignedRequests(limen::Host& host, limen::Node config)
      : clock_(host.clock()),
        skew_(config["maxSkewSeconds"].int_or(120)),
        window_(static_cast<std::size_t>(config["maxRemembered"].int_or(100000))),
        outcomes_(host.metrics().family<limen::Counter>(
            "signatures_total", "Signed requests by what came of them.", {"outcome"})),
        keys_(host, "keys", {config["keyFile"].string_or("")},
              [path = config["keyFile"].string_or("")] { return acme::read_keys(path); }) {}

  limen::Result<void> start() override { return keys_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view header = call.header("authorization");
    if (!acme::is_signed(header)) return {};
    const auto signature = acme::read_signature(header);
    if (!signature) return refuse(call, "malformed", "the Authorization header is not well-formed");
    return judge(call, *signature);
  }

 private:
  limen::Result<void> judge(limen::AuthnCall& call, const acme::Signature& signature) {
    const std::int64_t now = clock_.unix_seconds();
    if (signature.time < now - skew_ || signature.time > now + skew_) {
      return refuse(call, "skew", "the signature's time is too far from the server's");
    }
    const auto keys = keys_.get();
    const auto found = keys->find(signature.key);
    // A key that is not there takes as long as one that is.
    static const acme::Key kNobody{std::string(32, '\0'), {}, {}};
    const acme::Key& key = found == keys->end() ? kNobody : found->second;
    const std::string text =
        acme::text_to_sign(signature, {call.method(), call.path(), call.query()});
    const bool good = acme::same_bytes(acme::hmac_sha256(key.secret, text), signature.bytes);
    if (!good || found == keys->end()) return refuse(call, "bad", "the signature is not good");

    // Only now, so that nobody without a key fills the window.
    switch (window_.take(signature.key + ' ' + signature.nonce, signature.time + skew_, now)) {
      case acme::ReplayWindow::Outcome::replayed:
        return refuse(call, "replayed", "the nonce was used before");
      case acme::ReplayWindow::Outcome::full:
        return refuse(call, "full", "too many signed requests at once: raise maxRemembered");
      case acme::ReplayWindow::Outcome::fresh:
        break;
    }
    outcomes_.with({"good"}).add();
    call.accept(key.user).extra("acme.example/key", signature.key);
    for (const std::string& group : key.groups) call.group(group);
    return {};
  }

  limen::Result<void> refuse(limen::AuthnCall& call, std::string_view outcome, const char* why) {
    outcomes_.with({outcome}).add();
    call.challenge(std::string(acme::kScheme) + " realm=\"limen\"");
    return limen::Error{why};
  }

  const limen::Clock clock_;
  const std::int64_t skew_;
  acme::ReplayWindow window_;
  const limen::Family<limen::Counter> outcomes_;
  limen::Reloaded<acme::Keys> keys_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<SignedRequests>({
    .id = "acme-signed-requests",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Programs that sign their requests with HMAC-SHA256.",
    .config_schema = kSchema,
    .required = {LIMEN_EXECUTOR, LIMEN_CLOCK},
}))
