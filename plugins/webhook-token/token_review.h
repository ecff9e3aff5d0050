// TokenReview of authentication.k8s.io, v1 and v1beta1, as it travels to a webhook and back.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::plugins {

struct TokenVerdict {
  bool authenticated = false;
  std::string error;  // the webhook's own words, when it did not authenticate
  std::string name, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
  std::vector<std::string> audiences;  // those it is good for; empty: the webhook names none
  std::chrono::nanoseconds until{0};   // on the monotonic clock: how long it may be used again
};

// The question; holds the token. `version` is v1 or v1beta1.
std::string token_review(std::string_view version, std::string_view token,
                         const std::vector<std::string>& audiences);

// The answer. Throws ReviewError (review_answer.h), in whose words nothing of the answer is.
TokenVerdict parse_token_review(std::string_view version, std::string_view answer);

}  // namespace limen::plugins
