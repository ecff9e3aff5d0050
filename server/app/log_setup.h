// The log as the configuration wants it.
#pragma once

#include "config/configuration.h"

namespace limen::app {

// Any thread; in force with the next line.
void set_up_log(const config::Log& options);

}  // namespace limen::app
