// `limen modules list --running`: what a running server says of its modules.
#pragma once

#include <ostream>

#include "app/command_line.h"
#include "object/document.h"

namespace limen::app {

// The verb. Throws std::runtime_error when the server cannot be asked.
int list_running(const Arguments& arguments, bool json, Streams streams);

// The answer of GET /limen/v1/modules as a table, and below it what the last reload came to.
void print_module_state(const object::Json& state, std::ostream& out);

}  // namespace limen::app
