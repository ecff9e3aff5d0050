#include "api/json_layout.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "object/canonical.h"

namespace limen::api {

namespace {

using object::Json;

bool is_reserved(std::string_view text) {
  static constexpr std::array kWords = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

// Plain only when no reader can take it for anything but this text.
bool is_plain(std::string_view text) {
  if (text.empty() || is_reserved(text)) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!letter(text.front()) && text.front() != '/') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

void append_text(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
  } else {
    base::append_json_string(out, text);  // a JSON string is a YAML double-quoted scalar
  }
}

void append_yaml(std::string& out, const Json& value, std::size_t depth);

// A value after "key:" or "-": scalars and empty collections on the line, the rest below it.
void append_nested(std::string& out, const Json& value, std::size_t depth, bool in_list) {
  const bool block = (value.is_object() && !value.get_object().empty()) ||
                     (value.is_array() && !value.get_array().empty());
  if (!block) {
    out += ' ';
    append_yaml(out, value, depth);
    out += '\n';
    return;
  }
  if (in_list) {
    // The first line of a block goes behind its dash.
    std::string inner;
    append_yaml(inner, value, depth);
    out += ' ';
    out += inner.substr(std::min(inner.size(), depth * 2));
    return;
  }
  out += '\n';
  append_yaml(out, value, depth);
}

void append_yaml(std::string& out, const Json& value, std::size_t depth) {
  if (value.is_string()) {
    append_text(out, {value.get_string().data(), value.get_string().size()});
  } else if (value.is_object()) {
    if (value.get_object().empty()) out += "{}";
    for (const auto& entry : value.get_object()) {
      out.append(depth * 2, ' ');
      append_text(out, {entry.key().data(), entry.key().size()});
      out += ':';
      // Lists are not indented below their key.
      append_nested(out, entry.value(), entry.value().is_array() ? depth : depth + 1, false);
    }
  } else if (value.is_array()) {
    if (value.get_array().empty()) out += "[]";
    for (const Json& item : value.get_array()) {
      out.append(depth * 2, ' ');
      out += '-';
      append_nested(out, item, depth + 1, true);
    }
  } else {
    object::append_json(out, value);
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  append_yaml(out, value, 0);
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

}  // namespace limen::api
