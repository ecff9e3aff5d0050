#include "base/json_text.h"

#include "base/utf8.h"

namespace limen::base {

namespace {

void append_control(std::string& out, unsigned char byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
}

void new_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(depth * 2, ' ');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain_from = 0;
  std::size_t at = 0;
  const auto flush = [&](std::size_t until) {
    out.append(text.substr(plain_from, until - plain_from));
  };
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    if (byte >= 0x80) {
      const std::size_t length = utf8_sequence_length(text.substr(at));
      if (length != 0) {
        at += length;
        continue;
      }
      flush(at);
      out += "\xEF\xBF\xBD";
    } else {
      flush(at);
      if (byte == '"' || byte == '\\') {
        out += '\\';
        out += static_cast<char>(byte);
      } else {
        append_control(out, byte);
      }
    }
    plain_from = ++at;
  }
  flush(text.size());
  out += '"';
}

std::string indent_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char byte = json[i];
    if (in_string) {
      out += byte;
      if (byte == '\\' && i + 1 < json.size()) {
        out += json[++i];
      } else if (byte == '"') {
        in_string = false;
      }
      continue;
    }
    const bool opens = byte == '{' || byte == '[';
    const bool closes = byte == '}' || byte == ']';
    if (closes) {
      --depth;
      if (out.back() != '{' && out.back() != '[') new_line(out, depth);
    }
    out += byte;
    if (byte == '"') in_string = true;
    if (byte == ':') out += ' ';
    if (opens) ++depth;
    const char next = i + 1 < json.size() ? json[i + 1] : '\0';
    if ((opens && next != '}' && next != ']') || byte == ',') new_line(out, depth);
  }
  return out;
}

}  // namespace limen::base
