#include "common/go_quote.h"

#include <algorithm>
#include <cstddef>

#include "common/utf8.h"

namespace limen::plugins {

namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// The bytes of the character that `text` begins with; 0 when it is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (is_utf8(text.substr(0, length))) return length;
  return 0;
}

void append_byte(std::string& out, char byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kNamed = "\a\b\t\n\v\f\r";  // 7 to 13
  const auto value = static_cast<unsigned char>(byte);
  const std::size_t named = kNamed.find(byte);
  out += '\\';
  if (byte == '"' || byte == '\\') {
    out += byte;
  } else if (named != std::string_view::npos) {
    out += "abtnvfr"[named];
  } else {
    out += 'x';
    out += kHex[value >> 4];
    out += kHex[value & 15];
  }
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  // Nearly every name, and reasons are made for every request.
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out.reserve(text.size() + 2);
    return out.append(text) += '"';
  }
  while (!text.empty()) {
    const char first = text.front();
    const std::size_t length = character_length(text);
    if (length == 0 || (length == 1 && !is_plain(first))) {
      append_byte(out, first);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out += '"';
}

}  // namespace limen::plugins
