// Everything that is wrong with a configuration beyond its own text: what `limen check` looks at.
//
// The files it names are read, the modules it lists are judged and started as they are configured,
// isolated ones in a process of their own; no port is bound and the store is not opened. A part
// that cannot be used is left out and the rest looked at all the same, so that one run tells all;
// what only follows from a finding is not told again. Free functions; one call at a time, because
// modules start.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace limen::app {

struct ConfigCheck {
  // Those of the load too: in the order of the configuration file, then those in other files.
  std::vector<config::Finding> findings;
  std::vector<std::string> warnings;  // one sentence each
};

ConfigCheck check_configuration(const config::Loaded& loaded);

// A sentence that begins with a place in a file, as modules and readers of files write them
// (`/etc/limen/policy.jsonl:3: what`, `/a/file:3:7: what`, `... /a/file, line 3: what`), as a
// finding with that place; without one, nothing but the message.
config::Finding finding_of(const std::string& sentence);

}  // namespace limen::app
