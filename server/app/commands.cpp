#include "app/commands.h"

#include <filesystem>
#include <system_error>

#include "controllers/names.h"

namespace limen::app {

namespace {

config::Flags flags_of(const Arguments& arguments) {
  config::Flags flags;
  flags.secure_port = arguments.get("secure-port");
  flags.bind_address = arguments.get("bind-address");
  flags.tls_cert_file = arguments.get("tls-cert-file");
  flags.tls_private_key_file = arguments.get("tls-private-key-file");
  flags.insecure_port = arguments.get("insecure-port");
  flags.insecure_bind_address = arguments.get("insecure-bind-address");
  return flags;
}

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      serve_command(),
      init_command(),
      check_command(),
      modules_list_command(),
      modules_inspect_command(),
      modules_new_command(),
      reload_command(),
      backup_command(),
      restore_command(),
      migrate_command(),
      explain_command(),
      version_command(),
      completion_command(),
      man_command(),
  };
  return commands;
}

std::vector<OptionSpec> configuration_options() {
  return {
      {"config", "FILE", "configuration file; /etc/limen/limen.yaml when not given"},
      {"secure-port", "N", "port of the secure listener (secure.port)"},
      {"bind-address", "IP", "address of the secure listener (secure.bindAddress)"},
      {"tls-cert-file", "FILE", "serving certificate, PEM (secure.tlsCertFile)"},
      {"tls-private-key-file", "FILE", "its key, PEM (secure.tlsPrivateKeyFile)"},
      {"insecure-port", "N", "port of the local listener; 0 turns it off (local.port)"},
      {"insecure-bind-address", "IP", "address of the local listener (local.bindAddress)"},
  };
}

OptionSpec output_option() { return {"output", "FORMAT", "text (default) or json", false, 'o'}; }

OptionSpec kubeconfig_option() {
  return {"kubeconfig", "FILE",
          "how to reach the server; $KUBECONFIG, ~/.kube/config or that of `limen init` when not "
          "given"};
}

bool wants_json(const Arguments& arguments) {
  const std::string format = arguments.get_or("output", "text");
  if (format == "json") return true;
  if (format == "text") return false;
  throw UsageError("--output must be text or json");
}

config::Loaded load_with_problems(const Arguments& arguments) {
  return load_with_problems(arguments, arguments.get_or("config", kDefaultConfigFile));
}

config::Loaded load_with_problems(const Arguments& arguments, const std::string& path) {
  config::Loaded loaded =
      config::load_file(path, flags_of(arguments), {controllers::controller_names()});
  if (loaded.configuration.module_path.empty()) {
    loaded.configuration.module_path = default_module_path();
  }
  return loaded;
}

std::optional<config::ServerConfiguration> load_configuration(const Arguments& arguments,
                                                              std::ostream& err) {
  config::Loaded loaded = load_with_problems(arguments);
  for (const std::string& problem : loaded.problems()) err << problem << '\n';
  for (const std::string& warning : loaded.warnings) err << "warning: " << warning << '\n';
  if (!loaded.ok()) return std::nullopt;
  return std::move(loaded.configuration);
}

std::string default_module_path() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "/usr/lib/limen/modules";
  return (program.parent_path().parent_path() / "lib/limen/modules").string();
}

std::string version_text() { return LIMEN_VERSION; }

}  // namespace limen::app
