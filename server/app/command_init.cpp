#include "app/commands.h"
#include "app/init_state.h"
#include "base/strings.h"
#include "config/options.h"
#include "object/document.h"

namespace limen::app {

namespace {

std::uint16_t port_of(const Arguments& arguments) {
  const auto port = base::parse_int(arguments.get_or("secure-port", "6443"));
  if (!port || *port < 1 || *port > 65535) {
    throw UsageError("--secure-port must be between 1 and 65535");
  }
  return static_cast<std::uint16_t>(*port);
}

InitOptions options_of(const Arguments& arguments) {
  InitOptions options;
  options.state = arguments.get_or("state", "/var/lib/limen");
  options.config_file = arguments.get_or("config", "");
  options.module_path = arguments.get_or("module-path", "");
  options.bind_address = arguments.get_or("bind-address", options.bind_address);
  if (!config::is_ip_address(options.bind_address)) {
    throw UsageError("--bind-address must be an IP address");
  }
  options.port = port_of(arguments);
  options.server_host = arguments.get_or("server", options.server_host);
  options.extra_names = arguments.all("san");
  return options;
}

void print_json(const InitResult& result, std::ostream& out) {
  boost::json::array steps;
  for (const InitStep& step : result.steps) {
    steps.push_back(boost::json::object{
        {"action", action_name(step.action)}, {"path", step.path}, {"what", step.what}});
  }
  const boost::json::object document = {{"config", result.config_file},
                                        {"kubeconfig", result.kubeconfig},
                                        {"steps", std::move(steps)}};
  out << boost::json::serialize(document) << '\n';
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  if (arguments.has("print-config")) {
    streams.out << init_config_text(options_of(arguments));
    return kExitOk;
  }
  const InitResult result = init_state(options_of(arguments));
  if (json) {
    print_json(result, streams.out);
    return kExitOk;
  }
  for (const InitStep& step : result.steps) {
    const std::string action = action_name(step.action);
    streams.out << action << std::string(9 - action.size(), ' ') << step.path << "  (" << step.what
                << ")\n";
  }
  return kExitOk;
}

}  // namespace

Command init_command() {
  Command command;
  command.name = "init";
  command.summary = "make certificates, configuration and kubeconfig for a first start";
  command.details =
      "What exists is kept, so it can be run before every start; certificates it made are renewed "
      "when\n"
      "fewer than 30 days of their life are left.";
  command.options = {
      {"state", "DIR", "folder for all of it; /var/lib/limen when not given"},
      {"config", "FILE", "where the configuration goes; DIR/limen.yaml when not given"},
      {"secure-port", "N", "port for configuration and kubeconfig; 6443 when not given"},
      {"bind-address", "IP", "address for the configuration; 0.0.0.0 when not given"},
      {"server", "HOST", "how the kubeconfig reaches the server; 127.0.0.1 when not given"},
      {"san", "NAME", "one more name or address for the serving certificate", true},
      {"module-path", "DIR", "folder of the modules, written to the configuration"},
      {"print-config", "", "print the configuration it would write, and make nothing"},
      output_option(),
  };
  command.run = run;
  return command;
}

}  // namespace limen::app
