// The modules as a part of the server that can be reloaded: a generation built beside the one in
// force, and swapped with it.
#pragma once

#include <functional>

#include "app/access_control.h"
#include "app/reloadable.h"

namespace limen::app {

// `committed` runs after the swap, on the Reloader's thread; what it throws becomes a warning.
// `access` and `runtime` outlive the part.
Reloadable modules_part(AccessControl& access, modules::Runtime& runtime,
                        std::function<void()> committed);

// A line of the log for every instance.
void log_generation(const modules::Generation& generation);

// What an operator should know of `spec` before it is too late: one sentence each.
std::vector<std::string> module_warnings(const modules::GenerationSpec& spec,
                                         modules::Runtime& runtime);

}  // namespace limen::app
