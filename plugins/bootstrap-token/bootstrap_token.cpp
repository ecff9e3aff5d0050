// bootstrap-token: tokens with which a node joins, kept in Secrets of kube-system, as
// kube-apiserver's --enable-bootstrap-token-auth (row A24).
#include <limen/cpp/plugin.hpp>
#include <string>

#include "token_secret.h"

namespace {

class BootstrapTokens final : public limen::Authenticator {
 public:
  BootstrapTokens(limen::Host& host, limen::Node) : host_(host) {}

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const auto token = limen::plugins::parse_bootstrap_token(call.bearer_token());
    if (!token) return {};
    const std::string name =
        std::string(limen::plugins::kBootstrapSecretPrefix) + std::string(token->id);
    const limen::Result<limen::SharedNode> secret =
        host_.objects().get("", "secrets", limen::plugins::kBootstrapNamespace, name);
    if (!secret.ok()) return secret.error();
    if (!*secret) return {};
    try {
      const auto groups =
          limen::plugins::bootstrap_groups(**secret, *token, host_.clock().unix_seconds());
      call.accept("system:bootstrap:" + std::string(token->id));
      for (const std::string& group : groups) call.group(group);
      return {};
    } catch (const limen::plugins::BootstrapRefusal& refusal) {
      return limen::Error{"Secret kube-system/" + name + ": " + refusal.what(), LIMEN_E_INVALID};
    }
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<BootstrapTokens>({
    .id = "bootstrap-token",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Bootstrap tokens from Secrets in kube-system.",
    .required = {LIMEN_OBJECTS},
}))
