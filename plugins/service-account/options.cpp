#include "options.h"

#include <algorithm>

namespace limen::plugins::service_account {

const char* const kSchema = R"json({
  "type": "object",
  "required": ["issuers", "signingKeyFile"],
  "properties": {
    "issuers": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "minLength": 1},
      "description": "Issuers (iss) whose tokens are accepted. The first is that of new tokens."
    },
    "signingKeyFile": {
      "type": "string",
      "minLength": 1,
      "description": "PEM file of the private key that signs. A change is in force within a second."
    },
    "keyFiles": {
      "type": "array",
      "items": {"type": "string", "minLength": 1},
      "description": "PEM files of more keys, public or private, whose signatures count: those that signed before."
    },
    "apiAudiences": {
      "type": "array",
      "minItems": 1,
      "items": {"type": "string", "minLength": 1},
      "description": "Audiences (aud) of tokens for this API where the server names none; the issuers when not given."
    },
    "maxExpirationSeconds": {
      "type": "integer",
      "minimum": 3600,
      "maximum": 4294967296,
      "description": "The longest a token may be asked for; more is shortened with a warning."
    },
    "extendExpiration": {
      "type": "boolean",
      "default": true,
      "description": "Let tokens of pods that ask for 3607 seconds live a year, for clients that do not read them again."
    },
    "lookup": {
      "type": "boolean",
      "default": true,
      "description": "Look legacy tokens up in their Secret, so that they end with it."
    },
    "jwksURI": {
      "type": "string",
      "pattern": "^https://.+",
      "description": "Where others find the keys, for the OpenID configuration; ISSUER/openid/v1/jwks when not given."
    }
  }
})json";

namespace {

void check_issuer(const std::string& issuer) {
  if (issuer == kLegacyIssuer) {
    throw ConfigError("issuers: \"" + issuer +
                      "\" is the issuer of legacy tokens, which are accepted anyway: remove it");
  }
  if (issuer.find(':') != std::string::npos && issuer.find("://") == std::string::npos) {
    throw ConfigError("issuers: \"" + issuer +
                      "\" has a colon and is no URL: write one such as https://issuer.example");
  }
}

}  // namespace

Options Options::read(Node config) {
  Options options;
  options.issuers = config["issuers"].strings();
  if (options.issuers.empty()) throw ConfigError("issuers: at least one is needed");
  for (const std::string& issuer : options.issuers) check_issuer(issuer);
  options.audiences = config["apiAudiences"].strings();
  if (options.audiences.empty()) options.audiences = options.issuers;
  options.files.signing = config["signingKeyFile"].string_or("");
  options.files.verification = config["keyFiles"].strings();
  options.max_expiration = config["maxExpirationSeconds"].int_or(0);
  options.extend_expiration = config["extendExpiration"].bool_or(true);
  options.lookup = config["lookup"].bool_or(true);
  std::string base = options.issuers.front();
  if (base.ends_with('/')) base.pop_back();
  options.jwks_uri = config["jwksURI"].string_or(base + "/openid/v1/jwks");
  return options;
}

bool Options::is_published() const {
  const std::string& issuer = issuers.front();
  return issuer.starts_with("https://") && issuer.find_first_of("?#") == std::string::npos;
}

bool Options::accepts(std::string_view issuer) const {
  return issuer == kLegacyIssuer ||
         std::find(issuers.begin(), issuers.end(), issuer) != issuers.end();
}

}  // namespace limen::plugins::service_account
