// What a module's process gives up before any code of the module runs.
//
// It cannot gain privileges (PR_SET_NO_NEW_PRIVS), start programs or processes, look into or signal
// other processes, change mounts, namespaces, the clock, keys or the kernel (a seccomp filter: such
// calls fail with EPERM), dump its memory, or use more memory and open files than it may. Started
// by root it becomes the user "limen-module" where there is one, else "nobody". It may open files
// that this user may open, and sockets: modules ask services.
#pragma once

#include <cstdint>

namespace limen::isolation {

struct SandboxLimits {
  std::uint64_t memory_bytes = std::uint64_t{512} * 1024 * 1024;  // private, writable
  std::uint64_t open_files = 1024;
};

// Throws std::runtime_error, and then the process must end. Before it has a second thread that does
// anything of its own.
void enter_sandbox(const SandboxLimits& limits);

}  // namespace limen::isolation
