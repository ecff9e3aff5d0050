// How modules with `isolation: process` get their processes.
#pragma once

#include "config/configuration.h"
#include "modules/runtime.h"

namespace limen::app {

// For RuntimeOptions.isolate. The host program lies beside this one, or in lib/limen of the same
// prefix.
decltype(modules::RuntimeOptions::isolate) module_isolation(
    const config::ServerConfiguration& configuration);

}  // namespace limen::app
