// Watch fan-out: many watchers of one namespace, a steady stream of writes, and how late each event
// comes.
#pragma once

#include <string>
#include <vector>

#include "connection.h"

namespace limen::bench {

// Opens `watchers` watches of `path` (a config map collection), updates one object `writes` times a
// second for `seconds`, and prints one JSON line. 0 when every watcher saw every write.
int run_watchers(const Target& target, const std::string& token, const std::string& path,
                 std::size_t watchers, double writes, double seconds, const std::vector<int>& pids);

}  // namespace limen::bench
