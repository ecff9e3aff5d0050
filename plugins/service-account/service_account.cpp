// service-account: tokens of service accounts, verified and signed (rows A25 to A28, A30).
//
// A token passes three questions: is it from one of our issuers (else another module may know it),
// has one of our keys signed it, and does everything it rests on still exist. The answer to the
// second is remembered for a while, the third is asked every time.

#include <boost/json.hpp>
#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text_file.h"
#include "common/timestamp.h"
#include "issue.h"
#include "judge.h"
#include "keys.h"
#include "options.h"
#include "pod_admission.h"

namespace limen::plugins::service_account {

namespace json = boost::json;

namespace {

constexpr std::string_view kLegacyWarning =
    "Use tokens from the TokenRequest API or manually created secret-based tokens instead of "
    "auto-generated secret-based tokens.";

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

class ServiceAccount final : public Authenticator, public TokenIssuer {
 public:
  ServiceAccount(Host& host, Node config)
      : host_(host),
        options_(Options::read(config)),
        keys_(host, "service account keys", options_.files.all(), [this] { return read_keys(); }),
        judge_(host, options_.lookup),
        counters_(host.metrics()) {
    if (!options_.is_published()) {
      host.log().warn(
          "no OpenID configuration is published, because the first issuer is not an https URL",
          {{"issuer", options_.issuers.front()}});
    }
  }

  static void check_config(Node config, Findings& findings) {
    try {
      Keys(Options::read(config).files);
    } catch (const std::exception& error) {
      findings.error("", error.what());
    }
  }

  Result<void> start() override { return keys_.start(); }

  Result<void> authenticate(AuthnCall& call) override {
    const std::string_view token = call.bearer_token();
    if (token.empty()) return {};
    const auto keys = keys_.get();
    std::shared_ptr<const Claims> claims = keys->recall(token);
    if (claims == nullptr) {
      const auto issuer = jose::unverified_issuer(token);
      if (!issuer || !options_.accepts(*issuer)) return {};
      // What is wrong with it is thrown.
      claims = keys->verify(token, jose::parse_jws(token));
    }
    return judge(call, *claims);
  }

  Result<void> issue(TokenCall& call) override {
    // Signing takes about a millisecond, which is too long for the thread of a connection.
    auto later = std::make_shared<Deferred<TokenCall>>(call.defer());
    return host_.executor().post([this, later] {
      try {
        sign(**later);
        later->complete();
      } catch (const std::exception& error) {
        later->complete(Error{error.what()});
      }
    });
  }

  Result<void> document(DocumentCall& call) override {
    const auto keys = keys_.get();
    if (call.wants_keys()) call.text(key_set(*keys));
    if (call.wants_configuration() && options_.is_published()) call.text(configuration(*keys));
    return {};
  }

  const std::vector<std::string>& audiences() const override { return options_.audiences; }

 private:
  struct Counters {
    explicit Counters(Metrics metrics)
        : issued(metrics.counter("issued_tokens_total", "Tokens signed.")),
          valid(metrics.counter("valid_tokens_total",
                                "Uses of extended tokens before they should have been renewed.")),
          stale(metrics.counter("stale_tokens_total",
                                "Uses of extended tokens after they should have been renewed.")),
          legacy(metrics.counter("legacy_tokens_total", "Uses of tokens without audience.")),
          legacy_auto(metrics.counter("legacy_auto_token_uses_total",
                                      "Uses of tokens in Secrets that Kubernetes made by itself.")),
          legacy_manual(metrics.counter("legacy_manual_token_uses_total",
                                        "Uses of tokens in Secrets that somebody made.")),
          legacy_invalid(metrics.counter("invalid_legacy_auto_token_uses_total",
                                         "Uses of tokens in Secrets marked as invalid.")) {}
    Counter issued, valid, stale, legacy, legacy_auto, legacy_manual, legacy_invalid;
  };

  Keys read_keys() const {
    Keys keys(options_.files);
    if (is_world_readable(options_.files.signing)) {
      host_.log().warn("everybody on this machine can read the signing key",
                       {{"path", options_.files.signing}});
    }
    host_.log().debug("keys read", {{"signs", jose::name_of(keys.signing().algorithm())},
                                    {"kid", keys.signing().public_key().key_id()},
                                    {"verify", std::to_string(keys.verification().size())}});
    return keys;
  }

  Result<void> judge(AuthnCall& call, const Claims& claims) {
    if (!options_.accepts(claims.issuer)) {
      return Error{"the token's issuer is not accepted", LIMEN_E_INVALID};
    }
    if (claims.audiences.empty()) {
      call.annotate("authentication.k8s.io/legacy-token", claims.subject);
      counters_.legacy.add();
    }
    const std::vector<std::string> audiences = matching_audiences(call, claims);
    if (audiences.empty()) {
      return Error{"the token is for other audiences: " + joined(claims.audiences),
                   LIMEN_E_INVALID};
    }
    const std::int64_t now = host_.clock().unix_seconds();
    Result<void> good =
        claims.is_legacy() ? judge_legacy(call, claims, now) : judge_.bound(claims, now);
    if (!good.ok()) return good;
    note_age(call, claims, now);
    accept(call, claims);
    for (const std::string& audience : audiences) call.audience(audience);
    return {};
  }

  // Those the token is for among those that are wanted. A token without audience is for the API.
  std::vector<std::string> matching_audiences(const AuthnCall& call, const Claims& claims) const {
    const std::vector<std::string>& own =
        claims.audiences.empty() ? options_.audiences : claims.audiences;
    const TextList wanted = call.audiences();
    std::vector<std::string> matching;
    for (const std::string& audience : own) {
      const bool is_wanted = wanted.empty()
                                 ? std::find(options_.audiences.begin(), options_.audiences.end(),
                                             audience) != options_.audiences.end()
                                 : wanted.contains(audience);
      if (is_wanted) matching.push_back(audience);
    }
    return matching;
  }

  Result<void> judge_legacy(AuthnCall& call, const Claims& claims, std::int64_t now) const {
    LegacySecret secret;
    Result<void> good = judge_.legacy(claims, call.bearer_token(), now, secret);
    if (secret.invalidated) {
      call.annotate("authentication.k8s.io/legacy-token-invalidated",
                    secret.name + "/" + secret.ns);
      counters_.legacy_invalid.add();
    }
    if (!secret.name.empty()) note_use(secret, now);
    if (!good.ok() || secret.name.empty()) return good;
    if (secret.autogenerated) {
      call.warn(kLegacyWarning);
      call.annotate("authentication.k8s.io/legacy-token-autogenerated-secret", secret.name);
      counters_.legacy_auto.add();
    } else {
      call.annotate("authentication.k8s.io/legacy-token-manual-secret", secret.name);
      counters_.legacy_manual.add();
    }
    return {};
  }

  // The day is on the Secret, for those who clean up what nobody uses. Twice a day at most, because
  // the clock of another server may be in tomorrow already.
  void note_use(const LegacySecret& secret, std::int64_t now) const {
    constexpr std::int64_t kDay = 24 * 3600;
    const std::string today = format_day(now);
    if (secret.last_used == today || secret.last_used == format_day(now + kDay)) {
      return;
    }
    const auto set =
        host_.objects().set_label("", "secrets", secret.ns, secret.name, kLastUsedLabel, today);
    if (set.ok()) return;
    host_.log().warn(
        "the use of a legacy token was not noted on its secret",
        {{"namespace", secret.ns}, {"name", secret.name}, {"error", set.error().message}});
  }

  // Who still uses an extended token after its time has not read the renewed one.
  void note_age(AuthnCall& call, const Claims& claims, std::int64_t now) const {
    if (claims.warn_after == 0) return;
    if (now <= claims.warn_after) return counters_.valid.add();
    call.annotate("authentication.k8s.io/stale-token", "subject: " + claims.subject +
                                                           ", seconds after warning threshold: " +
                                                           std::to_string(now - claims.warn_after));
    counters_.stale.add();
  }

  static void accept(AuthnCall& call, const Claims& claims) {
    call.accept(user_name(claims.ns, claims.account.name), claims.account.uid);
    call.group("system:serviceaccounts").group("system:serviceaccounts:" + claims.ns);
    const auto extra = [&](std::string_view key, const std::string& value) {
      if (!value.empty()) call.extra("authentication.kubernetes.io/" + std::string(key), value);
    };
    if (!claims.id.empty()) extra("credential-id", "JTI=" + claims.id);
    if (claims.pod) {
      extra("pod-name", claims.pod->name);
      extra("pod-uid", claims.pod->uid);
    }
    if (claims.node) {
      extra("node-name", claims.node->name);
      extra("node-uid", claims.node->uid);
    }
  }

  void sign(TokenCall& call) const {
    const NewToken made = new_token(call, options_, host_.clock().unix_seconds());
    const std::string token = keys_.get()->signing().sign(write_claims(made.claims));
    if (made.shortened) {
      call.warn("requested expiration of " + std::to_string(call.expiration().count()) +
                " seconds shortened to " + std::to_string(made.granted) + " seconds");
    }
    for (const std::string& audience : made.claims.audiences) call.audience(audience);
    call.annotate("authentication.kubernetes.io/issued-credential-id", "JTI=" + made.claims.id);
    call.grant(token, std::chrono::seconds(made.granted));
    counters_.issued.add();
  }

  std::string configuration(const Keys& keys) const {
    const std::vector<std::string> algorithms = algorithm_names(keys);
    json::object document;
    document["issuer"] = options_.issuers.front();
    document["jwks_uri"] = options_.jwks_uri;
    document["response_types_supported"] = json::array{"id_token"};
    document["subject_types_supported"] = json::array{"public"};
    document["id_token_signing_alg_values_supported"] =
        json::array(algorithms.begin(), algorithms.end());
    return json::serialize(document);
  }

  Host& host_;
  const Options options_;
  Reloaded<Keys> keys_;
  const Judge judge_;
  const Counters counters_;
};

}  // namespace

}  // namespace limen::plugins::service_account

LIMEN_EXPORT_MODULE(limen::authenticator<limen::plugins::service_account::ServiceAccount>({
                        .id = "service-account",
                        .version = "1.0.0",
                        .vendor = "Limen",
                        .summary = "Tokens of service accounts, verified and signed.",
                        .config_schema = limen::plugins::service_account::kSchema,
                        .required = {LIMEN_OBJECTS, LIMEN_EXECUTOR},
                    }),
                    limen::admission<limen::plugins::service_account::PodAdmission>({
                        .id = "service-account",
                        .version = "1.0.0",
                        .vendor = "Limen",
                        .summary = "Gives pods their service account and its token, and refuses "
                                   "those without one.",
                        .required = {LIMEN_OBJECTS, LIMEN_EXECUTOR},
                        .operations = limen::kCreate | limen::kUpdate,
                    }))
