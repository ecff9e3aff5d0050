// jwt: users named by the tokens of OpenID Connect issuers (rows A31, A32).
//
// A token passes four questions: is it from one of our issuers (else another module may know it),
// is it signed with one of the issuer's keys by an allowed algorithm, is it meant for us and good
// now, and does it name a user. Nothing of it is believed before the second is answered.

#include <algorithm>
#include <chrono>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "claims.h"
#include "common/jose/jws.h"
#include "issuer.h"
#include "options.h"

namespace {

using namespace limen::plugins::jwt;
namespace jose = limen::plugins::jose;

class Jwt final : public limen::Authenticator {
 public:
  Jwt(limen::Host& host, limen::Node config) : host_(host) {
    for (IssuerOptions& options : read_issuers(config)) {
      const std::string url = options.url;
      issuers_.emplace(url, std::make_unique<Issuer>(host, std::move(options)));
    }
  }

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      read_issuers(config);
    } catch (const limen::ConfigError& error) {
      findings.error("/issuers", error.what());
    }
  }

  limen::Result<void> start() override {
    for (const auto& [url, issuer] : issuers_) {
      const limen::Result<void> started = issuer->start();
      if (!started.ok()) return started;
    }
    return {};
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view token = call.bearer_token();
    if (token.empty()) return {};
    const auto claimed = jose::unverified_issuer(token);
    const auto found = claimed ? issuers_.find(*claimed) : issuers_.end();
    if (found == issuers_.end()) return {};
    Issuer& issuer = *found->second;
    const jose::Jws jws = jose::parse_jws(token);  // what is wrong with it is thrown
    switch (issuer.verify(jws)) {
      case Verified::yes:
        return accept(call, jws, issuer);
      case Verified::no:
        return bad_signature();
      case Verified::unknown_key:
        return after_refetch(call, jws, issuer);
    }
    return bad_signature();
  }

 private:
  static limen::Error bad_signature() {
    return {"the token's signature is not one of its issuer's", LIMEN_E_INVALID};
  }

  limen::Result<void> accept(limen::AuthnCall& call, const jose::Jws& jws,
                             const Issuer& issuer) const {
    const std::int64_t now = host_.clock().unix_seconds();
    try {
      const User user = user_of(jose::claims_of(jws), issuer.options(), now);
      call.accept(user.name, user.uid);
      for (const std::string& group : user.groups) call.group(group);
      for (const auto& [key, value] : user.extra) call.extra(key, value);
      if (!user.token_id.empty()) {
        call.extra("authentication.kubernetes.io/credential-id", "JTI=" + user.token_id);
      }
      call.cache_for(std::chrono::seconds(std::min<std::int64_t>(user.expires - now, 10)));
      return {};
    } catch (const ClaimsError& error) {
      return limen::Error{error.what(), LIMEN_E_INVALID};
    }
  }

  // The issuer may have a new key, which is looked for now and then.
  limen::Result<void> after_refetch(limen::AuthnCall& call, const jose::Jws& jws, Issuer& issuer) {
    const auto later = std::make_shared<limen::Deferred<limen::AuthnCall>>(call.defer());
    const auto kept = std::make_shared<const jose::Jws>(jws);
    const limen::Result<void> waits = issuer.refetch([this, later, kept, &issuer] {
      const bool good = issuer.verify(*kept) == Verified::yes;
      later->complete(good ? accept(**later, *kept, issuer) : bad_signature());
    });
    if (!waits.ok()) later->complete(waits.error());
    return {};
  }

  limen::Host& host_;
  std::unordered_map<std::string, std::unique_ptr<Issuer>> issuers_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<Jwt>({
    .id = "jwt",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Users named by the tokens of OpenID Connect issuers.",
    .config_schema = kSchema,
    .required = {LIMEN_HTTP, LIMEN_EXECUTOR},
    .by_token = true,
}))
