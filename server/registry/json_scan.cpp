#include "registry/json_scan.h"

#include <boost/json.hpp>
#include <cstring>

namespace limen::registry {

namespace {

// The position after the string that begins at `at`, or npos.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (std::size_t i = at + 1; i < json.size();) {
    const void* hit = std::memchr(json.data() + i, '"', json.size() - i);
    if (!hit) return std::string_view::npos;
    const auto quote = static_cast<std::size_t>(static_cast<const char*>(hit) - json.data());
    std::size_t slashes = 0;
    while (quote - slashes > at + 1 && json[quote - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
    i = quote + 1;
  }
  return std::string_view::npos;
}

// The position after the value that begins at `at`, or npos.
std::size_t skip_value(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  while (at < json.size()) {
    switch (json[at]) {
      case '"':
        at = skip_string(json, at);
        if (at == std::string_view::npos) return at;
        if (depth == 0) return at;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;  // the end of a bare scalar
        if (--depth == 0) return at + 1;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return at;
}

// The raw value of `key` in the object that `json` begins with.
std::string_view member_of(std::string_view json, std::string_view key) {
  if (json.empty() || json.front() != '{') return {};
  std::size_t at = 1;
  while (at < json.size() && json[at] == '"') {
    const std::size_t key_end = skip_string(json, at);
    if (key_end == std::string_view::npos || key_end >= json.size()) return {};
    const std::string_view name = json.substr(at + 1, key_end - at - 2);
    const std::size_t value = key_end + 1;  // after the colon
    const std::size_t end = skip_value(json, value);
    if (end == std::string_view::npos) return {};
    if (name == key) return json.substr(value, end - value);
    at = end + 1;  // after the comma
  }
  return {};
}

}  // namespace

std::string_view scan(std::string_view json, std::initializer_list<std::string_view> path) {
  for (const std::string_view step : path) {
    json = member_of(json, step);
    if (json.empty()) return {};
  }
  return json;
}

std::string_view scalar_text(std::string_view raw, std::string& scratch) {
  if (raw.size() < 2 || raw.front() != '"') return raw;
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner;
  boost::system::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(raw.data(), raw.size()), error);
  if (error || !value.is_string()) return {};
  scratch.assign(value.get_string().data(), value.get_string().size());
  return scratch;
}

std::string_view after_type(std::string_view json) {
  std::size_t at = 1;
  for (int member = 0; member < 2; ++member) {
    at = skip_value(json, skip_string(json, at) + 1) + 1;
  }
  return json.substr(at);
}

}  // namespace limen::registry
