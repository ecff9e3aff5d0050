// What is wrong with the modules a configuration lists: their files, their configs, their start.
//
// Free function; one call at a time: modules start, and are stopped before it returns.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace limen::app {

// Starts every module but the store, which would open (and create) the database. Each entry is
// judged for itself; nothing runs of one whose file may not be trusted. Findings stand at the value
// they are about. `warnings`: modules that may lock themselves out; see modules/self_lock.h.
void check_modules(const config::Loaded& loaded, std::vector<config::Finding>& findings,
                   std::vector<std::string>& warnings);

}  // namespace limen::app
