#include "transport/http_syntax.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace limen::transport {
namespace {

constexpr std::uint8_t kToken = 1;
constexpr std::uint8_t kFieldValue = 2;
constexpr std::uint8_t kTarget = 4;
constexpr std::uint8_t kHost = 8;

constexpr bool is_alnum(unsigned byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z');
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::uint8_t bits = 0;
    if (is_alnum(byte)) bits |= kToken | kHost;
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) bits |= kFieldValue;
    if (byte > 0x20 && byte != 0x7f) bits |= kTarget;
    classes[byte] = bits;
  }
  for (char mark : std::string_view("!#$%&'*+-.^_`|~")) {
    classes[static_cast<unsigned char>(mark)] |= kToken;
  }
  for (char mark : std::string_view("!$%&()*+,-.:;=[']_~")) {
    classes[static_cast<unsigned char>(mark)] |= kHost;
  }
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool all_of_class(std::string_view text, std::uint8_t wanted) {
  return std::all_of(text.begin(), text.end(), [wanted](char byte) {
    return (kClasses[static_cast<unsigned char>(byte)] & wanted) != 0;
  });
}

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

constexpr bool is_ows(char byte) { return byte == ' ' || byte == '\t'; }

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && all_of_class(text, kToken); }
bool is_field_value(std::string_view text) { return all_of_class(text, kFieldValue); }
bool is_target(std::string_view text) { return !text.empty() && all_of_class(text, kTarget); }
bool is_host(std::string_view text) { return all_of_class(text, kHost); }

std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

bool same_word(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

bool list_has(std::string_view list, std::string_view word) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (same_word(trim_ows(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

std::optional<FieldLine> split_field_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return std::nullopt;
  return FieldLine{name, trim_ows(line.substr(colon + 1))};
}

}  // namespace limen::transport
