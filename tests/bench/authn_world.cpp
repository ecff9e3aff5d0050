#include "authn_world.h"

#include <crypt.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <ctime>
#include <fstream>
#include <future>
#include <stdexcept>

#include "common/base64.h"
#include "common/jose/jwk.h"
#include "object/canonical.h"
#include "support/key_maker.h"
#include "support/memory_driver.h"

namespace limen::bench {

namespace {

namespace json = boost::json;
using plugins::test::Certificate;
using plugins::test::CertificateSpec;
using plugins::test::KeyKind;

constexpr const char* kAudience = "https://kubernetes.default.svc.cluster.local";
constexpr const char* kPassword = "correct horse battery staple";
constexpr const char* kToken = "31ada4fd-adec-460c-809a-9e56ceb75269";
constexpr const char* kWebhookToken = "9b1c6a52-3f0e-4f6b-9d55-0b3c8f1d7e21";
constexpr const char* kBootstrapId = "abcdef";
constexpr const char* kBootstrapSecret = "0123456789abcdef";

Certificate make_certificate(std::vector<plugins::test::NameEntry> subject, const char* usage,
                             const Certificate* issuer, const char* names = "") {
  const std::int64_t now = std::time(nullptr);
  CertificateSpec spec;
  spec.subject = std::move(subject);
  spec.usage = usage;
  spec.not_before = now - 3600;
  spec.not_after = now + 24 * 3600;
  spec.authority = issuer == nullptr;
  spec.names = names;
  return Certificate(spec, issuer);
}

plugins::jose::SigningKey signer_of(const plugins::test::PemPair& pair,
                                    plugins::jose::Algorithm algorithm) {
  return {plugins::jose::read_pem_keys(pair.private_key).at(0).key, algorithm};
}

std::string hash_of(const char* password) {
  const auto data = std::make_unique<crypt_data>();
  const char* const hash = crypt_r(password, "$6$rounds=1000$limenbenchmarks", data.get());
  if (hash == nullptr || hash[0] == '*') throw std::runtime_error("crypt(3) knows no SHA-512");
  return hash;
}

std::string basic(const std::string& user, const std::string& password) {
  return "Basic " + plugins::base64_encode(user + ":" + password);
}

modules::RuntimeOptions runtime_options(const std::filesystem::path& folder) {
  modules::RuntimeOptions options;
  options.folder = folder;
  return options;
}

modules::ModuleSpec module(const std::string& name, const std::string& file,
                           const json::object& config = {}) {
  modules::ModuleSpec made;
  made.name = name;
  made.module = file;
  made.position = "bench:1:1";
  if (!config.empty()) made.config = object::Document(json::value(config));
  return made;
}

}  // namespace

PresentedPtr Presented::with(Headers headers, std::vector<std::string> certificates) {
  PresentedPtr made(new Presented);
  made->headers_ = std::move(headers);
  made->head_.method = "GET";
  made->head_.target = "/api/v1/namespaces/default/configmaps/settings";
  made->head_.headers = {{"Host", "127.0.0.1:6443"},
                         {"User-Agent", "kubectl/v1.36.0 (linux/amd64) kubernetes/0000000"},
                         {"Accept", "application/json"},
                         {"Accept-Encoding", "gzip"}};
  for (const auto& [name, value] : made->headers_) made->head_.headers.push_back({name, value});
  made->peer_.source_ip = "127.0.0.1";
  made->peer_.tls_version = "TLSv1.3";
  made->peer_.certificates_der = std::move(certificates);
  authn::Credentials& credentials = made->credentials_;
  credentials.method = made->head_.method;
  credentials.path = made->head_.target;
  credentials.head = &made->head_;
  credentials.peer = &made->peer_;
  return made;
}

PresentedPtr Presented::with_token(const std::string& token) {
  PresentedPtr made = with({{"Authorization", "Bearer " + token}});
  made->token_ = token;
  made->credentials_.bearer_token = made->token_;
  return made;
}

AuthnWorld::AuthnWorld(const std::filesystem::path& modules, const std::filesystem::path& stand_in)
    : authority_(make_certificate({{"CN", "clients"}}, "", nullptr)),
      client_(make_certificate({{"O", "developers"}, {"CN", "ada"}}, "clientAuth", &authority_)),
      proxy_authority_(make_certificate({{"CN", "proxies"}}, "", nullptr)),
      proxy_(make_certificate({{"CN", "front-proxy-client"}}, "clientAuth", &proxy_authority_)),
      stand_in_authority_(make_certificate({{"CN", "stand-ins"}}, "", nullptr)),
      stand_in_certificate_(make_certificate({{"CN", "stand-in"}}, "serverAuth",
                                             &stand_in_authority_, "DNS:localhost")),
      p256_pem_(plugins::test::make_key(KeyKind::p256)),
      rsa_pem_(plugins::test::make_key(KeyKind::rsa)),
      es256_(signer_of(p256_pem_, plugins::jose::Algorithm::es256)),
      rs256_(signer_of(rsa_pem_, plugins::jose::Algorithm::rs256)),
      store_(test::memory_store()),
      runtime_(runtime_options(modules)) {
  start_stand_in(stand_in);
  fill_store();
  runtime_.offer_objects(*store_);
  generation_ = runtime_.build(spec());
  runtime_.activate(generation_);
}

AuthnWorld::~AuthnWorld() = default;

std::string AuthnWorld::write(const std::string& name, const std::string& text) const {
  const std::string file = folder_ / name;
  std::ofstream(file, std::ios::binary) << text;
  ::chmod(file.c_str(), 0600);
  return file;
}

void AuthnWorld::publish_issuer(const std::string& name) const {
  const std::string url = stand_in_->url("/" + name);
  stand_in_->answer(
      "/" + name + "/.well-known/openid-configuration",
      json::serialize(json::object{{"issuer", url}, {"jwks_uri", stand_in_->url("/keys")}}));
}

void AuthnWorld::start_stand_in(const std::filesystem::path& program) {
  stand_in_.emplace(program, folder_ / "stand-in",
                    write("stand-in.crt", stand_in_certificate_.pem()),
                    write("stand-in.key", stand_in_certificate_.key_pem()));
  write("stand-in-ca.crt", stand_in_authority_.pem());
  const json::array keys{es256_.public_key().to_jwk(), rs256_.public_key().to_jwk()};
  stand_in_->answer("/keys", json::serialize(json::object{{"keys", keys}}));
  for (const char* name : {"staff", "partners", "suppliers"}) publish_issuer(name);
  stand_in_->answer(
      "/review", R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{)"
                 R"("authenticated":true,"user":{"username":"ada","uid":"7","groups":["dev"]}}})");
}

void AuthnWorld::fill_store() {
  const auto put = [this](const char* resource, const char* ns, const std::string& name,
                          json::object object) {
    object["metadata"] = json::object{{"name", name}, {"namespace", ns}, {"uid", name + "-uid"}};
    std::promise<storage::WriteStatus> done;
    store_->create({{"", resource}, ns, name}, object::canonical(json::value(object)),
                   [&done](const storage::WriteResult& result) { done.set_value(result.status); });
    if (done.get_future().get() != storage::WriteStatus::ok) {
      throw std::runtime_error(name + " was not stored");
    }
  };
  put("serviceaccounts", "default", "builder", {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}});
  put("secrets", "kube-system", std::string("bootstrap-token-") + kBootstrapId,
      {{"apiVersion", "v1"},
       {"kind", "Secret"},
       {"type", "bootstrap.kubernetes.io/token"},
       {"data", json::object{{"token-id", plugins::base64_encode(kBootstrapId)},
                             {"token-secret", plugins::base64_encode(kBootstrapSecret)},
                             {"usage-bootstrap-authentication", plugins::base64_encode("true")}}}});
}

modules::ModuleSpec AuthnWorld::issuer(const std::string& name) const {
  const auto claim = [](const char* of) {
    return json::object{{"claim", of}, {"prefix", "oidc:"}};
  };
  const json::object one{
      {"url", stand_in_->url("/" + name)},
      {"certificateAuthorityFile", folder_ / "stand-in-ca.crt"},
      {"audiences", json::array{"limen"}},
      {"claimMappings", json::object{{"username", claim("sub")}, {"groups", claim("groups")}}}};
  return module(name, "jwt", {{"issuers", json::array{one}}});
}

modules::GenerationSpec AuthnWorld::spec() const {
  const auto tokens = [this](const std::string& name, const std::string& token) {
    return module(name, "token-file",
                  {{"path", write(name + ".csv", token + ",ada,1001,\"developers\"\n")}});
  };
  const std::string passwords = write(
      "passwords.csv", std::string(kPassword) + ",ada,1001\n" + hash_of(kPassword) + ",bob,1002\n");
  const std::string kubeconfig =
      write("webhook.kubeconfig",
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
            "clusters: [{name: c, cluster: {server: \"" +
                stand_in_->url("/review") +
                "\", certificate-authority: stand-in-ca.crt}}]\nusers: [{name: u, user: {}}]\n");
  modules::GenerationSpec all;
  all.authenticators = {
      module("anonymous", "anonymous"),
      module("x509", "x509", {{"clientCAFile", write("ca.crt", authority_.pem())}}),
      module("request-header", "request-header",
             {{"clientCAFile", write("proxy-ca.crt", proxy_authority_.pem())},
              {"allowedNames", json::array{"front-proxy-client"}}}),
      module("passwords", "password-file", {{"path", passwords}, {"rememberSeconds", 3600}}),
      tokens("tokens", kToken),
      tokens("more-tokens", "another-token-of-somebody-else"),
      tokens("other-tokens", "a-third-token-of-somebody-else"),
      module("bootstrap-token", "bootstrap-token"),
      module("service-account", "service-account",
             {{"issuers", json::array{kAudience}},
              {"signingKeyFile", write("sa.key", p256_pem_.private_key)},
              {"keyFiles", json::array{write("sa-rsa.pub", rsa_pem_.public_key)}}}),
      issuer("staff"),
      issuer("partners"),
      issuer("suppliers"),
      module("webhook-token", "webhook-token", {{"kubeconfig", kubeconfig}}),
  };
  return all;
}

std::shared_ptr<const authn::Chain> AuthnWorld::chain(
    const std::vector<std::string_view>& instances) const {
  std::vector<authn::Entry> entries;
  for (const std::string_view name : instances) {
    const auto& all = generation_->authenticators();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& one) { return one.instance->name() == name; });
    if (found == all.end()) throw std::logic_error("no instance " + std::string(name));
    entries.push_back({found->instance, found->module == authn::kAnonymousModule});
  }
  return std::make_shared<const authn::Chain>(std::move(entries));
}

PresentedPtr AuthnWorld::certificate() const { return Presented::with({}, {client_.der()}); }

PresentedPtr AuthnWorld::proxied() const {
  return Presented::with({{"X-Remote-User", "ada"}, {"X-Remote-Group", "developers"}},
                         {proxy_.der()});
}

PresentedPtr AuthnWorld::password() const {
  return Presented::with({{"Authorization", basic("ada", kPassword)}});
}

PresentedPtr AuthnWorld::hashed_password() const {
  return Presented::with({{"Authorization", basic("bob", kPassword)}});
}

PresentedPtr AuthnWorld::static_token() const { return Presented::with_token(kToken); }

PresentedPtr AuthnWorld::bootstrap_token() const {
  return Presented::with_token(std::string(kBootstrapId) + "." + kBootstrapSecret);
}

PresentedPtr AuthnWorld::webhook_token() const { return Presented::with_token(kWebhookToken); }

PresentedPtr AuthnWorld::sign(Signature signature, json::object claims) {
  const std::int64_t now = std::time(nullptr);
  claims["exp"] = now + 3600;
  claims["iat"] = now;
  claims["nbf"] = now;
  claims["jti"] = "token-" + std::to_string(++tokens_);
  return Presented::with_token(signer(signature).sign(json::serialize(claims)));
}

PresentedPtr AuthnWorld::service_account_token(Signature signature) {
  const json::object account{{"name", "builder"}, {"uid", "builder-uid"}};
  return sign(signature, {{"iss", kAudience},
                          {"sub", "system:serviceaccount:default:builder"},
                          {"aud", json::array{kAudience}},
                          {"kubernetes.io",
                           json::object{{"namespace", "default"}, {"serviceaccount", account}}}});
}

PresentedPtr AuthnWorld::issuer_token(const std::string& name, Signature signature) {
  return sign(signature, {{"iss", stand_in_->url("/" + name)},
                          {"sub", "ada"},
                          {"aud", "limen"},
                          {"groups", json::array{"developers"}}});
}

PresentedPtr AuthnWorld::staff_token(Signature signature) {
  return issuer_token("staff", signature);
}

PresentedPtr AuthnWorld::supplier_token(Signature signature) {
  return issuer_token("suppliers", signature);
}

}  // namespace limen::bench
