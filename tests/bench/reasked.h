// Watches that are asked again because rights changed: what it costs when all may go on, whom it
// delays, and how soon all have ended when the rights went.
#pragma once

#include <string>
#include <vector>

#include "connection.h"

namespace limen::bench {

struct Reasked {
  std::string token;        // of the watches' user
  std::string admin_token;  // of who changes rights
  std::string path;         // the collection that is watched; GET of it is what may be delayed
  std::string role;         // path of a role that gives the user nothing: touched
  std::string binding;  // path of the binding that gives the user everything: deleted at the end
  std::size_t watches = 5000;
  int rounds = 5;
};

// Prints three JSON lines. 0 when no watch ended early and all ended at the end.
int run_reasked(const Target& target, const Reasked& what, const std::vector<int>& pids);

}  // namespace limen::bench
