// Webhooks that objects name: where they are and what they are trusted by. The texts are those of
// kube-apiserver for every kind that has them.
#include <string>
#include <vector>

#include "base/strings.h"
#include "object/metadata.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::member;
using object::text_at;

constexpr std::string_view kForm = "; desired format: https://host[/path]";

// The parts of a URL that are judged (RFC 3986 section 3).
struct Url {
  std::string_view scheme, user, host, query, fragment;
};

Url parts_of(std::string_view text) {
  Url url;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    url.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return url;
  url.scheme = text.substr(0, colon);
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('/'));
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    url.user = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  url.host = text;
  return url;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return true;
  }
  return false;
}

void check_service_path(const Json& value, const FieldPath& path, Causes& causes) {
  const std::string_view whole = text(&value);
  if (whole.empty() || whole == "/") return;
  if (whole == "//") return causes.invalid(path, whole, "segment[0] may not be empty");
  if (!whole.starts_with('/')) causes.invalid(path, whole, "must start with a '/'");
  std::string_view steps = whole.substr(1);
  if (steps.ends_with('/')) steps.remove_suffix(1);
  std::size_t index = 0;
  for (const std::string_view step : base::split(steps, '/')) {
    const std::string at = "segment[" + std::to_string(index++) + "]";
    if (step.empty()) {
      causes.invalid(path, whole, at + " may not be empty");
      continue;
    }
    for (const std::string& problem : object::dns1123_subdomain(step)) {
      causes.invalid(path, whole, at + ": " + problem);
    }
  }
}

}  // namespace

void check_webhook_url(std::string_view value, const FieldPath& path, Causes& causes) {
  if (has_control(value)) {
    return causes.required(path, "url must be a valid URL: parse " + base::go_quote(value) +
                                     ": net/url: invalid control character in URL" +
                                     std::string(kForm));
  }
  const Url url = parts_of(value);
  if (url.scheme != "https") {
    causes.invalid(path, url.scheme, "'https' is the only allowed URL scheme" + std::string(kForm));
  }
  if (url.host.empty()) {
    causes.invalid(path, url.host, "host must be specified" + std::string(kForm));
  }
  if (!url.user.empty()) {
    causes.invalid(path, url.user, "user information is not permitted in the URL");
  }
  if (!url.fragment.empty()) {
    causes.invalid(path, url.fragment, "fragments are not permitted in the URL");
  }
  if (!url.query.empty()) {
    causes.invalid(path, url.query, "query parameters are not permitted in the URL");
  }
}

void check_webhook_service(const Json& service, const FieldPath& path, Causes& causes) {
  if (text_at(service, "name").empty()) {
    causes.required(path.child("name"), "service name is required");
  }
  if (text_at(service, "namespace").empty()) {
    causes.required(path.child("namespace"), "service namespace is required");
  }
  const Json* port = member(service, "port");
  const std::int64_t number = object::int_or(port, 443);
  if (number < 1 || number > 65535) {
    causes.invalid(path.child("port"), port ? *port : Json(number),
                   "port is not valid: must be between 1 and 65535, inclusive");
  }
  if (const Json* service_path = member(service, "path")) {
    check_service_path(*service_path, path.child("path"), causes);
  }
}

}  // namespace limen::validation::kinds
