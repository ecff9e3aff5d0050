// The inside of a module's process: one module instance, and the server at the other end of a
// socket.
#pragma once

#include <cstddef>

namespace limen::isolation {

// Calls of a module that never blocks run on so many threads at one time, and on fewer when its
// memory is short: a thread's stack counts as used, so there is a thread for each kMemoryOfLoop.
// More calls wait for one of them. A module that may block has its worker threads instead, as in
// the server.
inline constexpr std::size_t kCallLoops = 8;
inline constexpr std::size_t kMemoryOfLoop = std::size_t{32} * 1024 * 1024;

// Serves the server's questions on `socket` until it says stop or goes away. The exit code.
int run_module_host(int socket);

}  // namespace limen::isolation
