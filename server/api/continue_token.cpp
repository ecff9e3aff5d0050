#include "api/continue_token.h"

#include <boost/json.hpp>
#include <optional>

#include "base/api_error.h"
#include "base/json_text.h"
#include "base/strings.h"

namespace limen::api {

namespace {

constexpr std::string_view kTokenVersion = "meta.k8s.io/v1";

[[noreturn]] void bad_token(std::string_view why) {
  throw base::ApiError::bad_request("invalid continue token: " + std::string(why));
}

}  // namespace

std::string ContinueToken::encode() const {
  std::string json = "{\"v\":\"" + std::string(kTokenVersion) +
                     "\",\"rv\":" + std::to_string(revision) + ",\"start\":";
  base::append_json_string(json, ns + "/" + name);
  json += '}';
  return base::base64url_encode(json);
}

ContinueToken ContinueToken::decode(std::string_view text) {
  const auto json = text.size() <= kMaxTokenBytes ? base::base64url_decode(text) : std::nullopt;
  if (!json) bad_token("continue key is not valid: illegal base64 data");
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(*json, error);
  if (error || !value.is_object()) bad_token("continue key is not valid: it is no JSON object");
  const auto& members = value.get_object();
  const auto* version = members.if_contains("v");
  if (!version || !version->is_string() ||
      version->get_string() != boost::json::string_view(kTokenVersion)) {
    bad_token("continue key is not valid: server does not recognize this encoded version");
  }
  const auto* revision = members.if_contains("rv");
  const auto* start = members.if_contains("start");
  if (!revision || !revision->is_int64() || revision->get_int64() == 0 ||
      revision->get_int64() < -1) {
    bad_token("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  const std::string_view key =
      start && start->is_string()
          ? std::string_view(start->get_string().data(), start->get_string().size())
          : std::string_view();
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos || slash + 1 == key.size()) {
    bad_token("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  if (key.find('/', slash + 1) != std::string_view::npos || key.find("..") == 0) {
    bad_token("continue key is not valid: " + std::string(key));
  }
  return {revision->get_int64(), std::string(key.substr(0, slash)),
          std::string(key.substr(slash + 1))};
}

}  // namespace limen::api
