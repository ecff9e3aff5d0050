// The inside of a module's process: one module instance, and the server at the other end of a
// socket.
#pragma once

namespace limen::isolation {

// Serves the server's questions on `socket` until it says stop or goes away. The exit code.
int run_module_host(int socket);

}  // namespace limen::isolation
