// `limen check`: everything `limen serve` would refuse, without binding a port or opening the
// store.
#include <algorithm>
#include <ostream>

#include "app/commands.h"
#include "app/config_check.h"
#include "app/module_specs.h"
#include "app/module_trust.h"
#include "config/admission_plugins.h"

namespace limen::app {

namespace {

// The file is the operand, or what --config says.
config::Loaded load_named(const Arguments& arguments) {
  if (arguments.operands().empty()) return load_with_problems(arguments);
  if (arguments.get("config")) throw UsageError("give FILE or --config, not both");
  return load_with_problems(arguments, arguments.operands().front());
}

std::string_view plugin_name(const config::ModuleEntry& entry) {
  const config::AdmissionPlugin* plugin = config::plugin_of_module(entry.module);
  return plugin == nullptr ? std::string_view("-") : plugin->name;
}

// Who is asked about a write, in the order of asking.
void print_admission(const std::vector<config::ModuleEntry>& admission, std::ostream& out) {
  if (admission.empty()) return;
  out << "admission, in the order of asking:\n";
  std::size_t number = 0;
  for (const config::ModuleEntry& entry : admission) {
    std::string line = std::to_string(++number);
    line.insert(0, 4 - std::min<std::size_t>(line.size(), 3), ' ');
    line += "  " + entry.name;
    if (entry.module != entry.name) line += " (" + entry.module + ')';
    line.resize(std::max<std::size_t>(line.size(), 46), ' ');
    line += "  " + std::string(plugin_name(entry));
    if (entry.mode == config::Mode::shadow) line += "  shadow";
    out << line << '\n';
  }
}

boost::json::array json_of(const std::vector<config::ModuleEntry>& admission) {
  boost::json::array out;
  for (const config::ModuleEntry& entry : admission) {
    const config::AdmissionPlugin* plugin = config::plugin_of_module(entry.module);
    out.push_back(boost::json::object{
        {"name", entry.name},
        {"module", entry.module},
        {"plugin", plugin == nullptr ? boost::json::value(nullptr)
                                     : boost::json::value(std::string(plugin->name))},
        {"mode", entry.mode == config::Mode::shadow ? "shadow" : "enforce"},
        {"trust", trust_json({entry.sha256, entry.signed_by, {}})}});
  }
  return out;
}

boost::json::object json_of(const config::Finding& finding) {
  const auto number = [](int value) {
    return value == 0 ? boost::json::value(nullptr) : boost::json::value(value);
  };
  return {{"file", finding.file},
          {"line", number(finding.position.line)},
          {"column", number(finding.position.column)},
          {"path", finding.path},
          {"message", finding.message},
          {"hint", finding.hint}};
}

// `FILE:LINE:COLUMN: path: message`, and the way out in a line of its own.
void print(const config::Finding& finding, std::ostream& out) {
  config::Finding first = finding;
  first.hint.clear();
  out << config::sentence(first) << '\n';
  if (!finding.hint.empty()) out << "    hint: " << finding.hint << '\n';
}

std::string modules_summary(const config::ServerConfiguration& configuration) {
  return trust_summary(generation_spec(configuration), store_spec(configuration));
}

void print_json(const config::ServerConfiguration& configuration, const ConfigCheck& check,
                std::ostream& out) {
  boost::json::array findings;
  for (const config::Finding& finding : check.findings) findings.push_back(json_of(finding));
  const boost::json::object document = {
      {"file", configuration.file},
      {"ok", check.findings.empty()},
      {"summary", boost::json::object{{"findings", check.findings.size()},
                                      {"warnings", check.warnings.size()},
                                      {"modules", modules_summary(configuration)}}},
      {"findings", std::move(findings)},
      {"warnings", boost::json::array(check.warnings.begin(), check.warnings.end())},
      {"admission", json_of(configuration.admission)}};
  out << boost::json::serialize(document) << '\n';
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const config::Loaded loaded = load_named(arguments);
  const config::ServerConfiguration& configuration = loaded.configuration;
  const ConfigCheck check = check_configuration(loaded);
  const bool ok = check.findings.empty();
  if (json) {
    print_json(configuration, check, streams.out);
    return ok ? kExitOk : kExitFailure;
  }
  for (const config::Finding& finding : check.findings) print(finding, streams.err);
  for (const std::string& warning : check.warnings) streams.err << "warning: " << warning << '\n';
  if (!ok) return kExitFailure;
  streams.out << configuration.file << ": ok\nmodules: " << modules_summary(configuration)
              << ", in the hands of nobody but root and the server's user\n";
  print_admission(configuration.admission, streams.out);
  return kExitOk;
}

}  // namespace

Command check_command() {
  Command command;
  command.name = "check";
  command.summary = "say everything that is wrong with a configuration, without serving";
  command.details =
      "Reads the configuration and every file it names, loads and starts the modules, and stops "
      "before a\n"
      "port is bound or the store is opened. All that is wrong is told in one run, each with its "
      "place and\n"
      "a hint. Exit status 0 when `limen serve` could go on, else 1.";
  command.operands = "[FILE]";
  command.max_operands = 1;
  command.options = configuration_options();
  command.options.push_back(output_option());
  command.run = run;
  return command;
}

}  // namespace limen::app
