#include "app/default_config.h"

#include "base/json_text.h"

namespace limen::app {

namespace {

std::string quoted(const std::string& text) {
  std::string out;
  base::append_json_string(out, text);
  return out;
}

}  // namespace

std::string encryption_file(const std::string& state) { return state + "/encryption.yaml"; }

std::string default_config_text(const DefaultConfig& config) {
  const std::string pki = config.state + "/pki";
  std::string out =
      "# Made by `limen init`. conf/limen.yaml of the distribution shows every option; `limen "
      "check\n"
      "# --config FILE` says what is wrong with this file without starting.\n"
      "apiVersion: config.limen.io/v1\n"
      "kind: ServerConfiguration\n"
      "\n"
      "secure:\n"
      "  bindAddress: " +
      quoted(config.bind_address) +
      "\n"
      "  port: " +
      std::to_string(config.port) +
      "\n"
      "  tlsCertFile: " +
      quoted(pki + "/apiserver.crt") +
      "\n"
      "  tlsPrivateKeyFile: " +
      quoted(pki + "/apiserver.key") +
      "\n"
      "  clientCAFile: " +
      quoted(pki + "/ca.crt") +
      "\n"
      "  certDir: " +
      quoted(pki) +
      "\n"
      "\n";
  if (!config.module_path.empty()) out += "modulePath: " + quoted(config.module_path) + "\n\n";
  out +=
      "# Who are you: the first that knows the caller wins.\n"
      "authenticators:\n"
      "  - name: x509\n"
      "    config: {clientCAFile: " +
      quoted(pki + "/ca.crt") +
      "}\n"
      "  - name: service-account\n"
      "    config:\n"
      "      issuers: [\"https://kubernetes.default.svc.cluster.local\"]\n"
      "      signingKeyFile: " +
      quoted(pki + "/sa.key") +
      "\n"
      "      jwksURI: " +
      quoted(config.url + "/openid/v1/jwks") +
      "\n"
      "  - name: anonymous\n"
      "\n"
      "# May you: the first that allows or denies wins.\n"
      "authorizers:\n"
      "  - name: rbac\n"
      "\n"
      "# Is this object acceptable: the plugins that kube-apiserver has on by default, in its "
      "order. "
      "More of them\n"
      "# are named under enable, as NodeRestriction for kubelets; `limen check` shows what comes "
      "of "
      "it.\n"
      "admissionPlugins:\n"
      "  enable: []\n"
      "  disable: []\n"
      "# Modules of others, and what one of kube-apiserver's plugins is to have other than usual.\n"
      "admission:\n"
      "#  - {name: PodSecurity, config: {defaults: {enforce: baseline}}}\n"
      "\n"
      "storage:\n"
      "  module: sqlite\n"
      "  config: {path: " +
      quoted(config.state + "/limen.db") +
      "}\n"
      "  # Which resources are encrypted in the store, and with which keys: keep a copy of this "
      "file "
      "apart from\n"
      "  # those of the store, without it they cannot be read.\n"
      "  encryption: " +
      quoted(encryption_file(config.state)) + "\n";
  return out;
}

}  // namespace limen::app
