// A range of ports, written as 30000-32767. A plain value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limen::base {

struct PortRange {
  std::uint32_t first = 30000, last = 32767;  // both included
  std::string text() const { return std::to_string(first) + '-' + std::to_string(last); }

  // Nothing unless 1 <= first <= last <= 65535.
  static std::optional<PortRange> parse(std::string_view text);
};

}  // namespace limen::base
