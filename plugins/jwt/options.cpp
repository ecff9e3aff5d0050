#include "options.h"

#include <algorithm>
#include <set>

#include "common/text_file.h"

namespace limen::plugins::jwt {

const char* const kSchema = R"json({
  "type": "object",
  "required": ["issuers"],
  "properties": {
    "issuers": {
      "type": "array",
      "minItems": 1,
      "maxItems": 64,
      "description": "OpenID Connect issuers, each with a URL of its own.",
      "items": {
        "type": "object",
        "required": ["url", "audiences", "claimMappings"],
        "properties": {
          "url": {"type": "string", "pattern": "^https://[^?#]+$", "description": "The issuer (iss), to the letter."},
          "discoveryURL": {"type": "string", "pattern": "^https://.+", "description": "Of its OpenID configuration; URL/.well-known/openid-configuration when not given."},
          "certificateAuthority": {"type": "string", "minLength": 1, "description": "PEM text of the authorities of its TLS certificate; the system's when neither is given."},
          "certificateAuthorityFile": {"type": "string", "minLength": 1, "description": "The same as a file, read at each refresh."},
          "audiences": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}, "description": "A token must be for one of them (aud)."},
          "algorithms": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]}, "description": "Signature algorithms that count; RS256 and ES256 when not given."},
          "refreshSeconds": {"type": "integer", "minimum": 10, "maximum": 86400, "default": 600, "description": "How often the keys are fetched again."},
          "claimMappings": {
            "type": "object",
            "required": ["username"],
            "properties": {
              "username": {"type": "object", "required": ["prefix"], "properties": {
                "claim": {"type": "string", "minLength": 1}, "path": {"type": "string", "pattern": "^/"}, "prefix": {"type": "string"}, "expression": {"type": "string"}}},
              "groups": {"type": "object", "required": ["prefix"], "properties": {
                "claim": {"type": "string", "minLength": 1}, "path": {"type": "string", "pattern": "^/"}, "prefix": {"type": "string"}, "expression": {"type": "string"}}},
              "uid": {"type": "object", "properties": {
                "claim": {"type": "string", "minLength": 1}, "path": {"type": "string", "pattern": "^/"}, "expression": {"type": "string"}}},
              "extra": {"type": "array", "items": {"type": "object", "required": ["key"], "properties": {
                "key": {"type": "string", "pattern": "^[a-z0-9.-]+/[a-z0-9._/-]+$"}, "claim": {"type": "string", "minLength": 1}, "path": {"type": "string", "pattern": "^/"}, "valueExpression": {"type": "string"}}}}
            }
          },
          "claimValidationRules": {"type": "array", "items": {"type": "object", "required": ["requiredValue"], "properties": {
            "claim": {"type": "string", "minLength": 1}, "path": {"type": "string", "pattern": "^/"}, "requiredValue": {"type": "string"}, "expression": {"type": "string"}}}},
          "userValidation": {"type": "object", "properties": {
            "forbiddenPrefixes": {"type": "array", "items": {"type": "string", "minLength": 1}, "description": "What no user name and no group may begin with, after prefixing; system: when not given."}}}
        }
      }
    }
  }
})json";

namespace {

[[noreturn]] void refuse(const std::string& issuer, const std::string& what) {
  throw ConfigError("issuer " + issuer + ": " + what);
}

void refuse_expression(Node node, const char* key, const std::string& issuer) {
  if (!node[key]) return;
  refuse(issuer, std::string(key) +
                     " is not evaluated by this version: name the claim with claim, or where it "
                     "stands with path");
}

ClaimPath path_of(Node node, const std::string& issuer, const std::string& what) {
  for (const char* key : {"expression", "valueExpression"}) refuse_expression(node, key, issuer);
  ClaimPath path{node["claim"].string_or(""), node["path"].string_or("")};
  if (path.empty() || (!path.claim.empty() && !path.pointer.empty())) {
    refuse(issuer, what + " needs either claim, a name, or path, a JSON pointer");
  }
  return path;
}

std::vector<jose::Algorithm> algorithms_of(Node node) {
  if (!node) return {jose::Algorithm::rs256, jose::Algorithm::es256};
  std::vector<jose::Algorithm> algorithms;
  for (const std::string& name : node.strings()) {
    algorithms.push_back(*jose::find_algorithm(name));  // the schema lists what there is
  }
  return algorithms;
}

void read_mappings(Node mappings, IssuerOptions& out) {
  const Node username = mappings["username"];
  out.username = {path_of(username, out.url, "claimMappings.username"),
                  username["prefix"].string_or("")};
  if (const Node groups = mappings["groups"]) {
    out.groups = {path_of(groups, out.url, "claimMappings.groups"), groups["prefix"].string_or("")};
  }
  if (const Node uid = mappings["uid"]) out.uid = path_of(uid, out.url, "claimMappings.uid");
  std::set<std::string> keys;
  for (const auto& [index, extra] : mappings["extra"]) {
    const std::string key = extra["key"].string_or("");
    if (!keys.insert(key).second) refuse(out.url, "claimMappings.extra names " + key + " twice");
    if (key.starts_with("kubernetes.io/") || key.find(".kubernetes.io/") != std::string::npos ||
        key.starts_with("k8s.io/") || key.find(".k8s.io/") != std::string::npos) {
      refuse(out.url, "claimMappings.extra: " + key + " is reserved for Kubernetes");
    }
    out.extra.push_back({key, path_of(extra, out.url, "claimMappings.extra " + key)});
  }
}

IssuerOptions read_issuer(Node node) {
  IssuerOptions out;
  out.url = node["url"].string_or("");
  std::string base = out.url;
  if (base.ends_with('/')) base.pop_back();
  out.discovery_url = node["discoveryURL"].string_or(base + "/.well-known/openid-configuration");
  out.ca_pem = node["certificateAuthority"].string_or("");
  out.ca_file = node["certificateAuthorityFile"].string_or("");
  if (!out.ca_pem.empty() && !out.ca_file.empty()) {
    refuse(out.url, "give certificateAuthority or certificateAuthorityFile, not both");
  }
  out.audiences = node["audiences"].strings();
  out.algorithms = algorithms_of(node["algorithms"]);
  out.refresh_seconds = node["refreshSeconds"].int_or(600);
  read_mappings(node["claimMappings"], out);
  for (const auto& [index, rule] : node["claimValidationRules"]) {
    out.required.push_back(
        {path_of(rule, out.url, "claimValidationRules"), rule["requiredValue"].string_or("")});
  }
  const Node prefixes = node["userValidation"]["forbiddenPrefixes"];
  out.forbidden_prefixes = prefixes ? prefixes.strings() : std::vector<std::string>{"system:"};
  return out;
}

}  // namespace

std::vector<IssuerOptions> read_issuers(Node config) {
  std::vector<IssuerOptions> issuers;
  for (const auto& [index, node] : config["issuers"]) {
    IssuerOptions issuer = read_issuer(node);
    const bool again = std::any_of(issuers.begin(), issuers.end(),
                                   [&](const IssuerOptions& one) { return one.url == issuer.url; });
    if (again) refuse(issuer.url, "is listed twice");
    if (!issuer.ca_file.empty()) {
      try {
        read_text_file(issuer.ca_file, 1024 * 1024);
      } catch (const FileError& error) {
        refuse(issuer.url, std::string("certificateAuthorityFile: ") + error.what());
      }
    }
    issuers.push_back(std::move(issuer));
  }
  if (issuers.empty()) throw ConfigError("issuers: at least one is needed");
  return issuers;
}

}  // namespace limen::plugins::jwt
