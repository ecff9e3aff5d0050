#include "claims.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace limen::plugins::jwt {

namespace json = boost::json;

namespace {

using Texts = std::vector<std::string>;

const json::value* find(const json::object& claims, const ClaimPath& path) {
  if (!path.claim.empty()) return claims.if_contains(path.claim);
  // A pointer leads through members only; the token's root is an object.
  const json::object* object = &claims;
  std::string_view rest = path.pointer;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    std::string name(rest.substr(0, end));
    for (std::size_t at = 0; (at = name.find('~', at)) != std::string::npos; ++at) {
      name.replace(at, 2, name.compare(at, 2, "~1") == 0 ? "/" : "~");
    }
    rest.remove_prefix(end);
    const json::value* const value = object->if_contains(name);
    if (value == nullptr || rest.empty()) return value;
    if (!value->is_object()) return nullptr;
    object = &value->get_object();
  }
  return nullptr;
}

std::string name_of(const ClaimPath& path) {
  return path.claim.empty() ? path.pointer : path.claim;
}

// A time in seconds since 1970 (RFC 7519 section 2). Fractions are cut.
std::int64_t time_of(const json::object& claims, const char* name, std::int64_t otherwise) {
  const json::value* const value = claims.if_contains(name);
  if (value == nullptr) return otherwise;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double() && std::abs(value->get_double()) < 9e15) {
    return static_cast<std::int64_t>(value->get_double());
  }
  throw ClaimsError(std::string("\"") + name + "\" is not a time");
}

std::int64_t check_times(const json::object& claims, std::int64_t now) {
  const std::int64_t expires = time_of(claims, "exp", -1);
  if (expires < 0) throw ClaimsError("the token has no end (exp)");
  if (now >= expires) throw ClaimsError("the token is expired");
  if (time_of(claims, "nbf", 0) > now + kNotBeforeLeeway) {
    throw ClaimsError("the token is not good yet (nbf)");
  }
  return expires;
}

// Text, or a list of texts; nothing else.
Texts texts_of(const json::value& value, const std::string& what) {
  if (value.is_string()) return {std::string(value.get_string())};
  if (!value.is_array()) throw ClaimsError(what + " is neither text nor a list of texts");
  Texts texts;
  for (const json::value& one : value.get_array()) {
    if (!one.is_string()) throw ClaimsError(what + " is neither text nor a list of texts");
    texts.emplace_back(one.get_string());
  }
  return texts;
}

void check_audience(const json::object& claims, const IssuerOptions& issuer) {
  const json::value* const value = claims.if_contains("aud");
  if (value == nullptr) throw ClaimsError("the token has no audience");
  for (const std::string& audience : texts_of(*value, "the audience")) {
    if (std::find(issuer.audiences.begin(), issuer.audiences.end(), audience) !=
        issuer.audiences.end()) {
      return;
    }
  }
  throw ClaimsError("the token is for other audiences");
}

void check_required(const json::object& claims, const IssuerOptions& issuer) {
  for (const RequiredClaim& rule : issuer.required) {
    const json::value* const value = find(claims, rule.from);
    if (value == nullptr || !value->is_string() || value->get_string() != rule.value) {
      throw ClaimsError("the claim " + name_of(rule.from) + " has not the required value");
    }
  }
}

std::string user_name(const json::object& claims, const IssuerOptions& issuer) {
  const json::value* const value = find(claims, issuer.username.from);
  if (value == nullptr || !value->is_string() || value->get_string().empty()) {
    throw ClaimsError("the claim " + name_of(issuer.username.from) +
                      " of the user name is missing or not text");
  }
  // An address that nobody has shown to own names nobody.
  if (issuer.username.from.claim == "email") {
    const json::value* const verified = claims.if_contains("email_verified");
    if (verified != nullptr && !(verified->is_bool() && verified->get_bool())) {
      throw ClaimsError("the email address is not verified");
    }
  }
  return issuer.username.prefix + std::string(value->get_string());
}

void refuse_reserved(const std::string& name, const IssuerOptions& issuer) {
  for (const std::string& prefix : issuer.forbidden_prefixes) {
    if (name.starts_with(prefix)) {
      throw ClaimsError("a user name or group begins with the forbidden prefix " + prefix);
    }
  }
}

}  // namespace

User user_of(const json::object& claims, const IssuerOptions& issuer, std::int64_t now) {
  User user;
  user.expires = check_times(claims, now);
  check_audience(claims, issuer);
  check_required(claims, issuer);
  user.name = user_name(claims, issuer);
  refuse_reserved(user.name, issuer);
  if (const json::value* const groups = find(claims, issuer.groups.from)) {
    for (const std::string& group : texts_of(*groups, "the claim of the groups")) {
      user.groups.push_back(issuer.groups.prefix + group);
      refuse_reserved(user.groups.back(), issuer);
    }
  }
  if (const json::value* const uid = find(claims, issuer.uid)) {
    if (!uid->is_string()) throw ClaimsError("the claim of the uid is not text");
    user.uid = uid->get_string();
  }
  for (const ExtraMapping& extra : issuer.extra) {
    const json::value* const value = find(claims, extra.from);
    if (value == nullptr) continue;
    for (std::string& text : texts_of(*value, "the claim of " + extra.key)) {
      user.extra.emplace_back(extra.key, std::move(text));
    }
  }
  const json::value* const id = claims.if_contains("jti");
  if (id != nullptr && id->is_string()) user.token_id = id->get_string();
  return user;
}

}  // namespace limen::plugins::jwt
