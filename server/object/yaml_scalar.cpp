// How a scalar without quotes gets its type: go-yaml v2's table, which is YAML 1.1's.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/strings.h"
#include "object/yaml_reader.h"

namespace limen::object {

namespace {

using boost::json::storage_ptr;

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_null_word(std::string_view text) {
  return one_of(text, std::array<std::string_view, 5>{"", "~", "null", "Null", "NULL"});
}

std::optional<bool> bool_word(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kTrue = {
      "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
  static constexpr std::array<std::string_view, 11> kFalse = {
      "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
  if (one_of(text, kTrue)) return true;
  if (one_of(text, kFalse)) return false;
  return std::nullopt;
}

bool is_infinite_or_nan(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kWords = {".nan",  ".NaN",  ".NAN",  ".inf",
                                                              ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                              "+.INF", "-.inf", "-.Inf", "-.INF"};
  return one_of(text, kWords);
}

// An integer in any base Go's prefixes name: 0x, 0o, 0b, and a leading 0 for octal.
std::optional<Json> integer(std::string_view text, const storage_ptr& storage) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    text.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!negative) {
    if (magnitude <= kMax) return Json(static_cast<std::int64_t>(magnitude), storage);
    return Json(magnitude, storage);
  }
  if (magnitude > kMax + 1) return std::nullopt;
  return Json(static_cast<std::int64_t>(~magnitude + 1), storage);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  };
  sign();
  const std::size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    sign();
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<Json> floating(std::string_view text, const storage_ptr& storage) {
  if (!looks_like_float(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(value, storage);
}

std::optional<Json> number(std::string_view text, const storage_ptr& storage) {
  if (text.empty() || std::string_view("+-.0123456789").find(text[0]) == std::string_view::npos) {
    return std::nullopt;
  }
  if (text[0] == '.') return floating(text, storage);
  std::string plain(text);
  std::erase(plain, '_');
  if (std::optional<Json> whole = integer(plain, storage)) return whole;
  return floating(plain, storage);
}

[[noreturn]] void mismatch(std::string_view text, std::string_view tag) {
  throw DecodeError("yaml: cannot decode `" + std::string(text) + "` as a " + std::string(tag));
}

Json plain(std::string_view text, const storage_ptr& storage) {
  if (is_null_word(text)) return Json(nullptr, storage);
  if (const std::optional<bool> word = bool_word(text)) return Json(*word, storage);
  if (is_infinite_or_nan(text)) throw DecodeError("json: unsupported value: " + std::string(text));
  if (std::optional<Json> value = number(text, storage)) return *std::move(value);
  return Json(text, storage);
}

}  // namespace

Json resolve_yaml_scalar(std::string_view tag, std::string_view text, storage_ptr storage) {
  constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
  if (tag == "?" || tag.empty()) return plain(text, storage);
  if (!tag.starts_with(kPrefix)) return Json(text, storage);  // quoted, or a tag of somebody's own
  const std::string_view type = tag.substr(kPrefix.size());
  if (type == "binary") {
    const std::optional<std::string> bytes = base::base64_decode(base::trim(text));
    if (!bytes || !base::is_valid_utf8(*bytes)) {
      throw DecodeError("yaml: !!binary value contains invalid base64 data");
    }
    return Json(*bytes, storage);
  }
  if (type != "int" && type != "float" && type != "bool" && type != "null") {
    return Json(text, storage);
  }
  Json value = plain(text, storage);
  if (type == "float" && value.is_int64()) value = static_cast<double>(value.get_int64());
  const bool fits = type == "null"    ? value.is_null()
                    : type == "bool"  ? value.is_bool()
                    : type == "float" ? value.is_double()
                                      : value.is_int64() || value.is_uint64();
  if (!fits) mismatch(text, "!!" + std::string(type));
  return value;
}

}  // namespace limen::object
