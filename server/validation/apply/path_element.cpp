#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "validation/apply/field_set.h"

namespace limen::validation::apply {

namespace {

using object::Json;
using Kind = PathElement::Kind;

constexpr std::string_view kLetters = "fkvi";

bool starts_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

// A number outside of strings at `at`, which is moved behind it.
double take_number(std::string_view text, std::size_t& at) {
  double number = 0;
  const auto end = std::from_chars(text.data() + at, text.data() + text.size(), number).ptr;
  at = std::max(at + 1, static_cast<std::size_t>(end - text.data()));
  return number;
}

std::strong_ordering by_size(double left, double right) {
  if (left < right) return std::strong_ordering::less;
  if (left > right) return std::strong_ordering::greater;
  return std::strong_ordering::equal;
}

// Canonical JSON texts: byte by byte, but numbers by their size.
std::strong_ordering compare_json(std::string_view left, std::string_view right) {
  bool in_string = false;
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() && r < right.size()) {
    if (!in_string && starts_number(left[l]) && starts_number(right[r])) {
      const double a = take_number(left, l);
      const double b = take_number(right, r);
      if (const auto order = by_size(a, b); order != 0) return order;
      continue;
    }
    if (left[l] != right[r]) {
      return static_cast<unsigned char>(left[l]) <=> static_cast<unsigned char>(right[r]);
    }
    if (left[l] == '\\' && in_string && l + 1 < left.size() && r + 1 < right.size()) {
      ++l;
      ++r;
      if (left[l] != right[r]) {
        return static_cast<unsigned char>(left[l]) <=> static_cast<unsigned char>(right[r]);
      }
    } else if (left[l] == '"') {
      in_string = !in_string;
    }
    ++l;
    ++r;
  }
  if (const auto rest = (left.size() - l) <=> (right.size() - r); rest != 0) return rest;
  // Two spellings of one number are two elements all the same.
  return left.compare(right) <=> 0;
}

std::optional<Json> parse_json(std::string_view text) {
  object::DecodeLimits limits;
  limits.max_bytes = text.size();
  try {
    return object::decode(text, object::Format::json, limits).value;
  } catch (const object::DecodeError&) {
    return std::nullopt;
  }
}

std::string key_json(const boost::json::object& members) {
  std::vector<std::string_view> names;
  for (const auto& member : members) names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  std::string text = "{";
  for (const std::string_view name : names) {
    if (text.size() > 1) text += ',';
    object::append_json(text, Json(boost::json::string_view(name.data(), name.size())));
    text += ':';
    object::append_json(text, members.at(name));
  }
  return text + '}';
}

std::string shown(const Json& value) {
  if (value.is_string()) return base::go_quote(std::string_view(value.get_string()));
  return object::to_json(value);
}

}  // namespace

std::strong_ordering PathElement::operator<=>(const PathElement& other) const {
  if (const auto order = kind <=> other.kind; order != 0) return order;
  if (kind == Kind::field) return text.compare(other.text) <=> 0;
  return compare_json(text, other.text);
}

std::string PathElement::to_string() const {
  switch (kind) {
    case Kind::field:
      return "." + text;
    case Kind::index:
      return "[" + text + "]";
    case Kind::value: {
      const std::optional<Json> value = parse_json(text);
      return "[=" + (value ? shown(*value) : text) + "]";
    }
    case Kind::key:
      break;
  }
  const std::optional<Json> key = parse_json(text);
  if (!key || !key->is_object()) return "[" + text + "]";
  std::string out = "[";
  for (const auto& member : key->get_object()) {
    if (out.size() > 1) out += ',';
    out += std::string(member.key()) + "=" + shown(member.value());
  }
  return out + "]";
}

std::optional<PathElement> parse_element(std::string_view text, bool& malformed) {
  malformed = false;
  if (text.size() < 2 || text[1] != ':') {
    malformed = true;
    return std::nullopt;
  }
  const std::string_view rest = text.substr(2);
  switch (text[0]) {
    case 'f':
      return PathElement::field(rest);
    case 'k':
      if (const auto key = parse_json(rest); key && key->is_object()) {
        return PathElement{Kind::key, key_json(key->get_object())};
      }
      break;
    case 'v':
      if (const auto value = parse_json(rest)) {
        return PathElement{Kind::value, object::to_json(*value)};
      }
      break;
    case 'i':
      if (const auto index = base::parse_int(rest)) {
        return PathElement{Kind::index, std::to_string(*index)};
      }
      break;
    default:
      return std::nullopt;
  }
  malformed = true;
  return std::nullopt;
}

std::string element_text(const PathElement& element) {
  std::string text(1, kLetters[static_cast<std::size_t>(element.kind)]);
  text += ':';
  return text + element.text;
}

}  // namespace limen::validation::apply
