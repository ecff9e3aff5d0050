#include "basic_credentials.h"

#include "common/base64.h"

namespace limen::plugins {

namespace {

constexpr std::string_view kScheme = "basic ";

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view header) {
  if (header.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower != kScheme[i]) return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  while (!header.empty() && header.front() == ' ') header.remove_prefix(1);
  const std::optional<std::string> pair = base64_decode(header);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

}  // namespace limen::plugins
