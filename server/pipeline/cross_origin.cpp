#include "pipeline/cross_origin.h"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

namespace limen::pipeline {

namespace {

constexpr std::pair<std::string_view, std::string_view> kAllowed[] = {
    {"Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE, PATCH"},
    {"Access-Control-Allow-Headers",
     "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, "
     "X-Requested-With, "
     "If-Modified-Since"},
    {"Access-Control-Expose-Headers", "Date"},
    {"Access-Control-Allow-Credentials", "true"},
};

}  // namespace

CrossOrigin::CrossOrigin(const std::vector<std::string>& allowed_origins) {
  for (const std::string& pattern : allowed_origins) {
    allowed_.push_back(std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet));
    if (!allowed_.back()->ok()) throw std::invalid_argument(allowed_.back()->error());
  }
}

CrossOrigin::~CrossOrigin() = default;

bool CrossOrigin::allows(std::string_view origin) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const auto& pattern) {
    return re2::RE2::PartialMatch(re2::StringPiece(origin.data(), origin.size()), *pattern);
  });
}

bool CrossOrigin::answer(request::RequestContext& context) const {
  const std::string_view origin = context.head().header("Origin");
  if (origin.empty() || !allows(origin)) return false;
  context.headers.emplace_back("Access-Control-Allow-Origin", origin);
  for (const auto& [name, value] : kAllowed) context.headers.emplace_back(name, value);
  if (context.head().method != "OPTIONS") return false;
  context.respond(204, "", "");
  return true;
}

}  // namespace limen::pipeline
