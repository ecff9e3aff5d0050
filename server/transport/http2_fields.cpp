#include "transport/http2_fields.h"

#include <algorithm>
#include <array>

#include "transport/http_syntax.h"

namespace limen::transport {
namespace {

// RFC 9113 section 8.2.2.
constexpr std::array<std::string_view, 5> kOfConnection = {
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

void make_lower(char* begin, std::size_t size) {
  std::transform(begin, begin + size, begin, [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  });
}

// libnghttp2 takes unsigned bytes it could write to, and copies them.
std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

Http2Fields::Http2Fields(const ResponseHead& head, std::string_view date,
                         const std::uint64_t* length)
    : status_(std::to_string(head.status())), lines_(head.wire()) {
  constexpr std::size_t kUsualFields = 16;
  fields_.reserve(kUsualFields);
  add(":status", status_);
  add_lines();
  add("date", date);
  if (length == nullptr) return;
  length_ = std::to_string(*length);
  add("content-length", length_);
}

void Http2Fields::add(std::string_view name, std::string_view value) {
  fields_.push_back(
      {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

void Http2Fields::add_lines() {
  for (std::size_t at = 0; at < lines_.size();) {
    const std::size_t end = lines_.find("\r\n", at);
    const std::size_t colon = lines_.find(':', at);
    make_lower(lines_.data() + at, colon - at);
    const std::string_view name = std::string_view(lines_).substr(at, colon - at);
    const std::string_view value =
        trim_ows(std::string_view(lines_).substr(colon + 1, end - colon - 1));
    if (std::find(kOfConnection.begin(), kOfConnection.end(), name) == kOfConnection.end()) {
      add(name, value);
    }
    at = end + 2;
  }
}

}  // namespace limen::transport
