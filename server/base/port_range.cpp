#include "base/port_range.h"

#include "base/strings.h"

namespace limen::base {

std::optional<PortRange> PortRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_int(text.substr(0, dash));
  const auto last = parse_int(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *last > 65535 || *first > *last) return std::nullopt;
  return PortRange{static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*last)};
}

}  // namespace limen::base
