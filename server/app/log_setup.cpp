#include "app/log_setup.h"

#include "observability/log.h"

namespace limen::app {

void set_up_log(const config::Log& options) {
  log::Levels levels;
  levels.all = log::level_of(options.level).value_or(log::Level::info);
  for (const std::string& text : options.levels) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos) continue;
    if (const auto level = log::level_of(text.substr(equals + 1))) {
      levels.own[text.substr(0, equals)] = *level;
    }
  }
  log::set_levels(levels);
  log::set_format(options.format == "json" ? log::Format::json : log::Format::text);
}

}  // namespace limen::app
