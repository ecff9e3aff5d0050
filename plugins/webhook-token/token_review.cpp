#include "token_review.h"

#include <boost/json.hpp>

namespace limen::plugins {

namespace {

using boost::json::object;
using boost::json::value;

std::string api_version(std::string_view version) {
  return "authentication.k8s.io/" + std::string(version);
}

[[noreturn]] void refuse(std::string_view field, std::string_view what) {
  throw TokenReviewError("the answer is no TokenReview: " + std::string(field) + " is " +
                         std::string(what));
}

// Null and absent are the same, as in Kubernetes' own decoding.
const value* find(const object& in, std::string_view key) {
  const value* found = in.if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string text(const object& in, std::string_view key, std::string_view field) {
  const value* found = find(in, key);
  if (found == nullptr) return {};
  if (!found->is_string()) refuse(field, "not a string");
  return std::string(found->get_string());
}

std::vector<std::string> texts(const value& list, std::string_view field) {
  if (!list.is_array()) refuse(field, "not a list");
  std::vector<std::string> out;
  for (const value& one : list.get_array()) {
    if (!one.is_string()) refuse(field, "not a list of strings");
    out.emplace_back(one.get_string());
  }
  return out;
}

void read_user(const object& user, TokenVerdict& verdict) {
  verdict.name = text(user, "username", "status.user.username");
  verdict.uid = text(user, "uid", "status.user.uid");
  if (const value* groups = find(user, "groups")) {
    verdict.groups = texts(*groups, "status.user.groups");
  }
  const value* extra = find(user, "extra");
  if (extra == nullptr) return;
  if (!extra->is_object()) refuse("status.user.extra", "not an object");
  for (const auto& [key, values] : extra->get_object()) {
    if (values.is_null()) continue;
    verdict.extra.emplace_back(std::string(key), texts(values, "status.user.extra"));
  }
}

void read_status(const object& status, TokenVerdict& verdict) {
  if (const value* authenticated = find(status, "authenticated")) {
    if (!authenticated->is_bool()) refuse("status.authenticated", "not a boolean");
    verdict.authenticated = authenticated->get_bool();
  }
  verdict.error = text(status, "error", "status.error");
  if (const value* audiences = find(status, "audiences")) {
    verdict.audiences = texts(*audiences, "status.audiences");
  }
  if (const value* user = find(status, "user")) {
    if (!user->is_object()) refuse("status.user", "not an object");
    read_user(user->get_object(), verdict);
  }
  if (verdict.authenticated && verdict.name.empty()) refuse("status.user.username", "empty");
}

}  // namespace

std::string token_review(std::string_view version, std::string_view token,
                         const std::vector<std::string>& audiences) {
  object spec{{"token", token}};
  if (!audiences.empty()) spec["audiences"] = boost::json::value_from(audiences);
  return boost::json::serialize(object{
      {"kind", "TokenReview"}, {"apiVersion", api_version(version)}, {"spec", std::move(spec)}});
}

TokenVerdict parse_token_review(std::string_view version, std::string_view answer) {
  boost::system::error_code error;
  const value root = boost::json::parse(answer, error);
  if (error || !root.is_object()) refuse("it", "not a JSON object");
  const object& review = root.get_object();
  if (text(review, "kind", "kind") != "TokenReview") refuse("kind", "not TokenReview");
  const std::string wanted = api_version(version);
  if (text(review, "apiVersion", "apiVersion") != wanted) refuse("apiVersion", "not " + wanted);
  const value* status = find(review, "status");
  if (status == nullptr || !status->is_object()) refuse("status", "not an object");
  TokenVerdict verdict;
  read_status(status->get_object(), verdict);
  return verdict;
}

}  // namespace limen::plugins
