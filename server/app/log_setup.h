// The log as the configuration wants it.
#pragma once

#include "config/configuration.h"

namespace limen::app {

// Any thread; in force with the next line. What /debug/flags/v has changed is forgotten.
void set_up_log(const config::Log& options);

}  // namespace limen::app
