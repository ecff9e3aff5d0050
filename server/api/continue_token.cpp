#include "api/continue_token.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <string>

#include "base/api_error.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "object/go_json.h"

namespace limen::api {

namespace {

constexpr std::string_view kVersion = "meta.k8s.io/v1";
constexpr std::size_t kMaxDepth = 16;

[[noreturn]] void refuse(const std::string& why) {
  throw base::ApiError::bad_request("invalid continue token: continue key is not valid" + why);
}

// The byte at which Go's decoder gives up.
std::size_t bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool known = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
    if (!known) return i;
  }
  return text.empty() ? 0 : text.size() - 1;
}

boost::json::value value_of(std::string_view text) {
  const auto json = text.size() <= kMaxTokenBytes ? base::base64url_decode(text) : std::nullopt;
  if (!json) refuse(": illegal base64 data at input byte " + std::to_string(bad_byte(text)));
  const object::GoJsonReport report = object::scan_go_json(*json, kMaxDepth);
  if (!report.error.empty()) refuse(": " + report.error);
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(*json, error);
  if (error || !value.is_object()) {
    refuse(": json: cannot unmarshal the token into Go value of type storage.continueToken");
  }
  return value;
}

std::string_view text_at(const boost::json::object& members, std::string_view key) {
  const auto* value = members.if_contains(boost::json::string_view(key.data(), key.size()));
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// A key that is not as clean as a path can lead out of the resource.
bool is_clean(std::string_view key) {
  if (key.starts_with('/')) key.remove_prefix(1);
  for (const std::string_view part : base::split(key, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

std::string ContinueToken::encode() const {
  std::string json =
      "{\"v\":\"" + std::string(kVersion) + "\",\"rv\":" + std::to_string(revision) + ",\"start\":";
  base::append_json_string(json, ns + "/" + name);
  json += '}';
  return base::base64url_encode(json);
}

ContinueToken ContinueToken::decode(std::string_view text) {
  const boost::json::value value = value_of(text);
  const boost::json::object& members = value.get_object();
  const std::string_view version = text_at(members, "v");
  if (version != kVersion) {
    refuse(": server does not recognize this encoded version " + std::string(version));
  }
  const auto* revision = members.if_contains("rv");
  if (!revision || !revision->is_int64() || revision->get_int64() == 0) {
    refuse(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  const std::string_view key = text_at(members, "start");
  if (key.empty()) refuse(": encoded start key empty (version meta.k8s.io/v1)");
  if (!is_clean(key)) refuse(": " + std::string(key));
  const storage::Revision of = std::max<storage::Revision>(revision->get_int64(), -1);
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {of, "", std::string(key)};
  return {of, std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

}  // namespace limen::api
