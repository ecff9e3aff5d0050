// Names looked up by worker threads, since the system's resolver blocks.
//
// The threads are the process's own, a few for all loops, and never waited for: a name server that
// does not answer must not keep the program from ending.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proxy/address.h"
#include "transport/event_loop.h"

namespace limen::proxy {

struct Lookup {
  std::vector<Address> addresses;  // in the order to try them; empty: `error` says why
  std::string error;               // in Go's words: "lookup web.example: no such host"
};

// Looks up `host` and calls `done` on the loop, unless that is gone by then. Never within this
// call. Any thread.
void look_up(std::string host, std::uint16_t port, const transport::LoopDoor& door,
             std::function<void(Lookup)> done);

}  // namespace limen::proxy
