// `limen modules list` and `limen modules inspect`.
#include <filesystem>

#include "app/commands.h"
#include "app/module_specs.h"
#include "app/module_trust.h"
#include "app/running_modules.h"
#include "modules/inspect.h"
#include "modules/load_error.h"

namespace limen::app {

namespace {

struct Row {
  modules::Kind kind;
  std::string name, module, mode, id, version, file;
  modules::Pins pins;
  std::string error;  // empty: loaded
};

void add_rows(modules::Loader& loader, modules::Kind kind,
              const std::vector<modules::ModuleSpec>& specs, std::vector<Row>& rows) {
  for (const modules::ModuleSpec& spec : specs) {
    Row row{
        kind,      spec.name, spec.module_name(), spec.shadow ? "shadow" : "enforce", "", "", "",
        spec.pins, ""};
    try {
      const auto loaded = loader.load(spec.module_name(), spec.pins);
      const modules::DescriptorInfo& descriptor = loaded->choose(kind);
      row.id = descriptor.id;
      row.version = descriptor.version;
      row.file = loaded->file().string();
    } catch (const modules::LoadError& error) {
      row.error = spec.position + ": " + error.what();
    }
    rows.push_back(std::move(row));
  }
}

boost::json::object json_of(const Row& row) {
  boost::json::object out = {{"kind", modules::kind_name(row.kind)},
                             {"name", row.name},
                             {"module", row.module},
                             {"mode", row.mode},
                             {"trust", trust_json(row.pins)}};
  if (row.error.empty()) {
    out["id"] = row.id;
    out["version"] = row.version;
    out["file"] = row.file;
  } else {
    out["error"] = row.error;
  }
  return out;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

int list(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  if (arguments.has("running")) return list_running(arguments, json, streams);
  const auto configuration = load_configuration(arguments, streams.err);
  if (!configuration) return kExitFailure;
  modules::Loader loader(configuration->module_path);
  const modules::GenerationSpec spec = generation_spec(*configuration);
  std::vector<Row> rows;
  add_rows(loader, modules::Kind::authenticator, spec.authenticators, rows);
  add_rows(loader, modules::Kind::authorizer, spec.authorizers, rows);
  add_rows(loader, modules::Kind::admission, spec.admission, rows);
  add_rows(loader, modules::Kind::store, {store_spec(*configuration)}, rows);

  bool failed = false;
  boost::json::array documents;
  if (!json) {
    streams.out << padded("KIND", 13) << padded("NAME", 26) << padded("MODE", 7)
                << padded("VERSION", 8) << padded("TRUST", 6) << "FILE\n";
  }
  for (const Row& row : rows) {
    failed = failed || !row.error.empty();
    if (json) {
      documents.push_back(json_of(row));
    } else {
      streams.out << padded(std::string(modules::kind_name(row.kind)), 13) << padded(row.name, 26)
                  << padded(row.mode, 7) << padded(row.error.empty() ? row.version : "-", 8)
                  << padded(row.error.empty() ? trust_text(row.pins) : "-", 6)
                  << (row.error.empty() ? row.file : "not loaded") << '\n';
    }
    if (!row.error.empty()) streams.err << row.error << '\n';
  }
  if (json) streams.out << boost::json::serialize(documents) << '\n';
  return failed ? kExitFailure : kExitOk;
}

modules::ModuleReport report_of(const Arguments& arguments) {
  const std::string& what = arguments.operands()[0];
  if (what.find('/') != std::string::npos) return modules::inspect_file(what);
  const std::string name = what.ends_with(".so") ? what.substr(0, what.size() - 3) : what;
  modules::Loader loader(arguments.get_or("module-path", default_module_path()));
  return modules::inspect(loader, name);
}

boost::json::object json_of(const modules::DescriptorInfo& descriptor) {
  boost::json::object out = {{"id", descriptor.id},
                             {"kind", descriptor.kind},
                             {"version", descriptor.version},
                             {"vendor", descriptor.vendor},
                             {"url", descriptor.url},
                             {"summary", descriptor.summary},
                             {"mayBlock", descriptor.may_block()}};
  boost::json::array required(descriptor.required.begin(), descriptor.required.end());
  out["requires"] = std::move(required);
  boost::system::error_code error;
  boost::json::value schema = boost::json::parse(descriptor.config_schema, error);
  out["configSchema"] = error ? boost::json::value(nullptr) : std::move(schema);
  return out;
}

void print_text(const modules::DescriptorInfo& descriptor, std::ostream& out) {
  out << "\n  " << descriptor.id << ' ' << descriptor.version << '\n';
  const auto line = [&out](std::string_view label, const std::string& value) {
    if (!value.empty()) out << "    " << padded(std::string(label), 8) << value << '\n';
  };
  line("kind", descriptor.kind);
  line("summary", descriptor.summary);
  line("vendor", descriptor.vendor);
  line("url", descriptor.url);
  line("calls", descriptor.may_block() ? "may block: run on worker threads"
                                       : "never block: run on the connection's thread");
  std::string needs;
  for (const std::string& table : descriptor.required) needs += (needs.empty() ? "" : ", ") + table;
  line("needs", needs);
  line("config",
       descriptor.config_schema.empty() ? "none" : "see --output json for its JSON Schema");
}

int inspect(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const modules::ModuleReport report = report_of(arguments);
  if (json) {
    boost::json::array descriptors;
    for (const auto& descriptor : report.descriptors) descriptors.push_back(json_of(descriptor));
    const boost::json::object document = {
        {"name", report.name},     {"file", report.file.string()},
        {"abi", report.abi},       {"build", report.build},
        {"sha256", report.sha256}, {"descriptors", std::move(descriptors)}};
    streams.out << boost::json::serialize(document) << '\n';
    return kExitOk;
  }
  streams.out << report.name << "\n  file      " << report.file.string() << "\n  sha256    "
              << report.sha256 << "\n  abi       " << report.abi << " (this server offers "
              << modules::offered_abi() << ")\n  built by  " << report.build << '\n';
  for (const auto& descriptor : report.descriptors) print_text(descriptor, streams.out);
  return kExitOk;
}

}  // namespace

Command modules_list_command() {
  Command command;
  command.name = "modules list";
  command.summary = "show the configured modules in the order they are asked";
  command.options = configuration_options();
  command.details =
      "Shows what the configuration makes of the module lists, without a server. With --running "
      "it\n"
      "shows what a running server has in force: state and open calls of each instance, those of\n"
      "replaced generations that are still ending, and what became of the last reload. That needs\n"
      "the verb get on /limen/v1/modules.";
  command.options.push_back(
      {"running", "", "ask the running server instead of reading the configuration"});
  command.options.push_back(kubeconfig_option());
  command.options.push_back(output_option());
  command.run = list;
  return command;
}

Command modules_inspect_command() {
  Command command;
  command.name = "modules inspect";
  command.summary = "show what a module says of itself";
  command.details =
      "NAME is looked for in the module folder; a FILE has a slash in it. The module is loaded, "
      "its\n"
      "start-up code runs, no instance is made.";
  command.operands = "FILE|NAME";
  command.min_operands = 1;
  command.max_operands = 1;
  command.options = {
      {"module-path", "DIR",
       "folder of the modules; ../lib/limen/modules beside the program when not "
       "given"},
      output_option(),
  };
  command.run = inspect;
  return command;
}

}  // namespace limen::app
