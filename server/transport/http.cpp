#include "transport/http.h"

#include <algorithm>

#include "transport/http_syntax.h"

namespace limen::transport {
namespace {

void append_clean(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out += text;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char byte) { return byte == '\r' || byte == '\n' || byte == '\0'; }, ' ');
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const {
  for (const HeaderView& header : headers) {
    if (same_word(header.name, name)) return header.value;
  }
  return {};
}

bool RequestHead::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const HeaderView& header) { return same_word(header.name, name); });
}

void ResponseHead::add(std::string_view name, std::string_view value) {
  constexpr std::size_t kUsualHeaders = 256;
  if (wire_.empty()) wire_.reserve(kUsualHeaders);
  append_clean(wire_, name);
  wire_ += ": ";
  append_clean(wire_, value);
  wire_ += "\r\n";
}

void ResponseHead::replace(std::string_view name, std::string_view value) {
  for (std::size_t at = 0; at < wire_.size();) {
    const std::size_t next = wire_.find("\r\n", at) + 2;
    const std::string_view line = std::string_view(wire_).substr(at, next - at);
    if (same_word(line.substr(0, line.find(':')), name)) {
      wire_.erase(at, next - at);
    } else {
      at = next;
    }
  }
  add(name, value);
}

std::shared_ptr<Tunnel> Exchange::upgrade(const ResponseHead&) { return nullptr; }

}  // namespace limen::transport
