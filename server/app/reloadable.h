// Reloadable: one part of the server that can take another configuration while it serves.
//
// A reload goes in two steps, so that it happens as a whole or not at all: every part prepares what
// the new configuration wants of it, and only when all are ready does each put its own in force. A
// new part is one more entry of the list that server.cpp makes; its keys then need no restart.
// Thread rule: prepare and commit run on the Reloader's thread, one at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/configuration.h"

namespace limen::app {

struct ReloadReport;

// Puts in force what was prepared. Must not throw: what fails this late is told as a warning of the
// report. One that is dropped without being called must leave nothing behind.
using ReloadCommit = std::function<void(ReloadReport& report)>;

struct Reloadable {
  std::string name;  // "modules": in messages and as the reason in metrics
  // The configuration keys that this part takes: "log.level", or "log" for all below it.
  std::vector<std::string> keys;
  // Judges what `next` says and makes it ready, while the old goes on as it is. May add warnings to
  // the report. Throws std::exception with one sentence to refuse the whole reload. `next` outlives
  // the commit. A null commit: there is nothing to do.
  std::function<ReloadCommit(const config::ServerConfiguration& next, ReloadReport& report)>
      prepare;
};

}  // namespace limen::app
