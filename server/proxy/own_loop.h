// A loop of the process's own for connections of those who have none: controllers, commands.
//
// Starts with its first use and ends with the program. Any thread.
#pragma once

#include "transport/event_loop.h"

namespace limen::proxy {

transport::EventLoop& own_loop();

}  // namespace limen::proxy
