#include "token_review.h"

#include <boost/json.hpp>

#include "common/review_answer.h"

namespace limen::plugins {

namespace {

using boost::json::object;

constexpr std::string_view kKind = "TokenReview";

std::string api_version(std::string_view version) {
  return "authentication.k8s.io/" + std::string(version);
}

void read_user(const ReviewFields& user, TokenVerdict& verdict) {
  verdict.name = user.text("username");
  verdict.uid = user.text("uid");
  verdict.groups = user.texts("groups");
  verdict.extra = user.lists("extra");
  if (verdict.authenticated && verdict.name.empty()) user.refuse("username", "empty");
}

}  // namespace

std::string token_review(std::string_view version, std::string_view token,
                         const std::vector<std::string>& audiences) {
  object spec{{"token", token}};
  if (!audiences.empty()) spec["audiences"] = boost::json::value_from(audiences);
  return boost::json::serialize(
      object{{"kind", kKind}, {"apiVersion", api_version(version)}, {"spec", std::move(spec)}});
}

TokenVerdict parse_token_review(std::string_view version, std::string_view answer) {
  const ReviewAnswer review(kKind, api_version(version), answer);
  const ReviewFields status = review.status();
  TokenVerdict verdict;
  verdict.authenticated = status.flag("authenticated");
  verdict.error = status.text("error");
  verdict.audiences = status.texts("audiences");
  const auto user = status.object("user");
  if (user) read_user(*user, verdict);
  if (verdict.authenticated && !user) status.refuse("user.username", "empty");
  return verdict;
}

}  // namespace limen::plugins
