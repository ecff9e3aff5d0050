#include "claims.h"

#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

namespace limen::plugins::service_account {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrivate = "kubernetes.io";
constexpr std::string_view kLegacyNamespace = "kubernetes.io/serviceaccount/namespace";
constexpr std::string_view kLegacySecret = "kubernetes.io/serviceaccount/secret.name";
constexpr std::string_view kLegacyName = "kubernetes.io/serviceaccount/service-account.name";
constexpr std::string_view kLegacyUid = "kubernetes.io/serviceaccount/service-account.uid";

[[noreturn]] void refuse(std::string_view claim, std::string_view wanted) {
  throw std::runtime_error("the claim \"" + std::string(claim) + "\" is not " +
                           std::string(wanted));
}

const json::value* member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr) return {};
  if (!value->is_string()) refuse(key, "a text");
  return std::string(value->get_string());
}

// NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction, which is cut off.
std::optional<std::int64_t> date(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  constexpr double kLimit = 9.2e18;
  if (value->is_double() && std::abs(value->get_double()) < kLimit) {
    return static_cast<std::int64_t>(value->get_double());
  }
  refuse(key, "a time in seconds");
}

std::vector<std::string> audiences(const json::object& object) {
  const json::value* value = member(object, "aud");
  if (value == nullptr) return {};
  if (value->is_string()) return {std::string(value->get_string())};
  if (!value->is_array()) refuse("aud", "a text or a list of texts");
  std::vector<std::string> all;
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) refuse("aud", "a text or a list of texts");
    all.emplace_back(item.get_string());
  }
  return all;
}

std::optional<Reference> reference(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) refuse("kubernetes.io." + std::string(key), "an object");
  return Reference{text(value->get_object(), "name"), text(value->get_object(), "uid")};
}

void read_bound(const json::object& payload, Claims& claims) {
  const json::value* value = member(payload, kPrivate);
  if (value == nullptr) return;
  if (!value->is_object()) refuse(kPrivate, "an object");
  const json::object& own = value->get_object();
  claims.ns = text(own, "namespace");
  claims.account = reference(own, "serviceaccount").value_or(Reference{});
  claims.pod = reference(own, "pod");
  claims.secret = reference(own, "secret");
  claims.node = reference(own, "node");
  claims.warn_after = date(own, "warnafter").value_or(0);
}

json::object to_json(const Reference& reference) {
  json::object object{{"name", reference.name}};
  if (!reference.uid.empty()) object["uid"] = reference.uid;
  return object;
}

}  // namespace

Claims read_claims(const json::object& payload) {
  Claims claims;
  claims.issuer = text(payload, "iss");
  claims.subject = text(payload, "sub");
  claims.id = text(payload, "jti");
  claims.audiences = audiences(payload);
  claims.expires = date(payload, "exp");
  claims.not_before = date(payload, "nbf");
  claims.issued_at = date(payload, "iat");
  if (claims.is_legacy()) {
    claims.ns = text(payload, kLegacyNamespace);
    claims.secret_name = text(payload, kLegacySecret);
    claims.account = {text(payload, kLegacyName), text(payload, kLegacyUid)};
  } else {
    read_bound(payload, claims);
  }
  return claims;
}

std::string write_claims(const Claims& claims) {
  json::object own;
  own["namespace"] = claims.ns;
  if (claims.node) own["node"] = to_json(*claims.node);
  if (claims.pod) own["pod"] = to_json(*claims.pod);
  if (claims.secret) own["secret"] = to_json(*claims.secret);
  own["serviceaccount"] = to_json(claims.account);
  if (claims.warn_after != 0) own["warnafter"] = claims.warn_after;
  json::object payload;
  payload["aud"] = json::array(claims.audiences.begin(), claims.audiences.end());
  payload["exp"] = claims.expires.value_or(0);
  payload["iat"] = claims.issued_at.value_or(0);
  payload["iss"] = claims.issuer;
  payload["jti"] = claims.id;
  payload[kPrivate] = std::move(own);
  payload["nbf"] = claims.not_before.value_or(0);
  payload["sub"] = claims.subject;
  return json::serialize(payload);
}

std::string user_name(std::string_view ns, std::string_view name) {
  return "system:serviceaccount:" + std::string(ns) + ":" + std::string(name);
}

}  // namespace limen::plugins::service_account
