// ReloadReport: what became of one reload, as the answer, the log and `limen modules list` tell it.
//
// A plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "modules/generation_change.h"
#include "object/document.h"

namespace limen::app {

struct ReloadReport {
  bool applied = false;  // false: the old configuration serves on, as if nobody had asked
  std::string by;        // who asked: "SIGHUP", or the user's name
  // Of a refusal, for metrics: "config" (the file itself), the gate that refused a module ("path",
  // "open", "start", ...), or the name of the part.
  std::string reason;
  std::vector<std::string> problems;       // why it was refused, one sentence each
  std::vector<std::string> warnings;       // what was applied and may not be meant
  std::vector<std::string> needs_restart;  // changed keys that are not in force before a restart
  std::vector<modules::InstanceChange> modules;  // empty when refused
  std::uint64_t generation = 0;                  // of modules, in force afterwards
  std::chrono::system_clock::time_point at;      // when it began
  std::chrono::nanoseconds took{};
};

// {"kind": "Reload", "outcome": "applied", ...}: for `limen reload` and everybody who asks over
// HTTP.
boost::json::object to_json(const ReloadReport& report);

// The answer to_json() made, as lines for people.
std::string reload_text(const object::Json& answer);

}  // namespace limen::app
