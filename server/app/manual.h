// The manual pages, made from what the program itself goes by: the table of verbs, the tables of
// configuration keys, the descriptors and schemas of modules.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "app/command_line.h"
#include "modules/inspect.h"

namespace limen::app {

struct Edition {
  std::string version;  // "0.1.0"
  std::string date;     // "2026-01-31" or empty
};

struct ManualPage {
  std::string file;  // "limen.8"
  std::string text;  // roff
};

// limen(8): every verb with its options.
ManualPage program_page(const std::vector<Command>& commands, const Edition& edition);

// limen.yaml(5): every key with its type, bounds and default; `modules` are listed at its end.
ManualPage configuration_page(const std::vector<modules::ModuleReport>& modules,
                              const Edition& edition);

// limen-NAME(7): what a module does and every key of its config. Throws std::runtime_error when its
// schema cannot be read.
ManualPage module_page(const modules::ModuleReport& module, const Edition& edition);

// One line on a module: the summaries of its descriptors, without a final stop.
std::string module_summary(const modules::ModuleReport& module);

}  // namespace limen::app
