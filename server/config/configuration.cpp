#include "config/configuration.h"

namespace limen::config {

Position ModuleEntry::position_of(std::string_view pointer) const {
  while (true) {
    for (const auto& [known, where] : config_positions) {
      if (known == pointer && where.line > 0) return where;
    }
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return position;
    pointer = pointer.substr(0, slash);
  }
}

std::string to_string(const std::string& file, const Position& position) {
  if (position.line == 0) return file;
  const std::string line = file + ':' + std::to_string(position.line);
  return position.column == 0 ? line : line + ':' + std::to_string(position.column);
}

}  // namespace limen::config
