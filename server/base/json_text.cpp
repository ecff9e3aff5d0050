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

}  // namespace limen::base
