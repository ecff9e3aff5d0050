// request-header: users named by a front proxy in request headers, as kube-apiserver's
// --requestheader-client-ca-file.
//
// The proxy proves who it is with a client certificate of an authority of its own; only then do its
// headers count.

#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/certificates/client_certificates.h"
#include "proxy_headers.h"

namespace {

using limen::plugins::HeaderList;
using limen::plugins::ProxiedUser;
using limen::plugins::ProxyHeaderNames;
using limen::plugins::VerdictPtr;

const std::string kSchema = limen::plugins::trust_schema(R"json(
    "allowedNames": {
      "type": "array",
      "items": {"type": "string", "minLength": 1},
      "description": "Common names of the certificates of proxies. None: every certificate of the authorities."
    },
    "usernameHeaders": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
      "default": ["X-Remote-User"],
      "description": "Headers with the user name; the first that has a value counts."
    },
    "groupHeaders": {
      "type": "array",
      "items": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
      "default": ["X-Remote-Group"],
      "description": "Headers with groups; all of them count."
    },
    "extraHeaderPrefixes": {
      "type": "array",
      "items": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
      "default": ["X-Remote-Extra-"],
      "description": "Beginnings of headers with extra information; the rest of the name is the key, in lower case and percent-encoded."
    },
    "uidHeaders": {
      "type": "array",
      "items": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
      "default": ["X-Remote-Uid"],
      "description": "Headers with the UID; the first that has a value counts."
    })json");

std::vector<std::string> names_of(limen::Node list, const char* otherwise) {
  std::vector<std::string> names = list ? list.strings() : std::vector<std::string>{otherwise};
  for (std::string& name : names) name = limen::plugins::to_lower(name);
  return names;
}

class RequestHeader final : public limen::Authenticator {
 public:
  RequestHeader(limen::Host& host, limen::Node config)
      : certificates_(host, limen::plugins::trust_files_of(config)),
        allowed_(config["allowedNames"].strings()),
        names_{names_of(config["usernameHeaders"], "X-Remote-User"),
               names_of(config["groupHeaders"], "X-Remote-Group"),
               names_of(config["extraHeaderPrefixes"], "X-Remote-Extra-"),
               names_of(config["uidHeaders"], "X-Remote-Uid")} {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::plugins::check_trust_files(config, findings);
  }

  limen::Result<void> start() override { return certificates_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const limen::TextList presented = call.peer_certificates();
    if (presented.empty() || !names_somebody(call)) return {};
    const VerdictPtr proxy = certificates_.judge(presented);
    if (!proxy->error.empty()) return limen::Error{proxy->error, LIMEN_E_INVALID};
    if (!is_allowed(proxy->identity.name)) {
      return limen::Error{"the certificate of \"" + proxy->identity.name +
                              "\" does not speak for others: allowedNames does not list it",
                          LIMEN_E_INVALID};
    }
    try {
      accept(call, limen::plugins::user_of(headers_of(call), names_));
    } catch (const std::runtime_error& error) {
      return limen::Error{error.what(), LIMEN_E_INVALID};
    }
    return {};
  }

 private:
  // Most requests are not a proxy's; they cost no more than this look at their headers.
  bool names_somebody(const limen::AuthnCall& call) const {
    for (std::uint32_t i = 0; i < call.header_count(); ++i) {
      const auto [key, value] = call.header_at(i);
      if (value.empty()) continue;
      const std::string name = limen::plugins::to_lower(key);
      if (std::find(names_.user.begin(), names_.user.end(), name) != names_.user.end()) return true;
    }
    return false;
  }

  bool is_allowed(const std::string& common_name) const {
    return allowed_.empty() ||
           std::find(allowed_.begin(), allowed_.end(), common_name) != allowed_.end();
  }

  static HeaderList headers_of(const limen::AuthnCall& call) {
    HeaderList headers;
    headers.reserve(call.header_count());
    for (std::uint32_t i = 0; i < call.header_count(); ++i) headers.push_back(call.header_at(i));
    return headers;
  }

  static void accept(limen::AuthnCall& call, const ProxiedUser& user) {
    call.accept(user.name, user.uid);
    for (const std::string& group : user.groups) call.group(group);
    for (const auto& [key, value] : user.extra) call.extra(key, value);
  }

  limen::plugins::ClientCertificates certificates_;
  const std::vector<std::string> allowed_;
  const ProxyHeaderNames names_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<RequestHeader>({
    .id = "request-header",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Users named by a front proxy in request headers.",
    .config_schema = kSchema.c_str(),
}))
