// Watch fan-out: many watchers of one namespace, a steady stream of writes, and how late each event
// comes.
#pragma once

#include <string>
#include <vector>

#include "connection.h"

namespace limen::bench {

struct FanOut {
  std::string name;  // of the result
  std::string token;
  std::string path;    // a config map collection that has an object `watched`
  std::string accept;  // the form of the events
  std::size_t watchers;
  double writes;  // a second
  double seconds;
};

// Opens the watches, updates one object so many times a second, and prints one JSON line. 0 when
// every watcher saw every write.
int run_watchers(const Target& target, const FanOut& what, const std::vector<int>& pids);

}  // namespace limen::bench
