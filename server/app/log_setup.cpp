#include "app/log_setup.h"

#include "observability/log.h"

namespace limen::app {

void set_up_log(const config::Log& options) {
  const std::string& level = options.level;
  log::set_level(level == "debug"   ? log::Level::debug
                 : level == "warn"  ? log::Level::warn
                 : level == "error" ? log::Level::error
                                    : log::Level::info);
  log::set_format(options.format == "json" ? log::Format::json : log::Format::text);
}

}  // namespace limen::app
