// The verbs of the program. Each lives in a file of its own (command_NAME.cpp); the table of all of
// them is what help and completion are made from.
#pragma once

#include <string>
#include <vector>

#include "app/command_line.h"
#include "config/load.h"

namespace limen::app {

// In the order they are shown.
const std::vector<Command>& all_commands();

Command serve_command();
Command init_command();
Command check_command();
Command modules_list_command();
Command modules_inspect_command();
Command modules_new_command();
Command reload_command();
Command backup_command();
Command restore_command();
Command migrate_command();
Command explain_command();
Command version_command();
Command completion_command();
Command man_command();

// --- what several verbs share ---

inline constexpr std::string_view kDefaultConfigFile = "/etc/limen/limen.yaml";

// --config, and the six flags that win over the file.
std::vector<OptionSpec> configuration_options();
OptionSpec output_option();
// --kubeconfig: how a verb reaches the running server.
OptionSpec kubeconfig_option();

// True for `--output json`, false for text. Throws UsageError for anything else.
bool wants_json(const Arguments& arguments);

// Loads what --config and the flags say, with the module folder filled in. Prints every problem and
// warning to `err`; with a problem nothing is returned.
std::optional<config::ServerConfiguration> load_configuration(const Arguments& arguments,
                                                              std::ostream& err);

// All problems instead, for a verb that prints them its own way.
config::Loaded load_with_problems(const Arguments& arguments);
// The same of a file that --config does not name.
config::Loaded load_with_problems(const Arguments& arguments, const std::string& path);

// ../lib/limen/modules beside the program's folder.
std::string default_module_path();

// "0.1.0".
std::string version_text();

}  // namespace limen::app
