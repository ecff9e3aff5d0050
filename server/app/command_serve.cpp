#include "app/commands.h"
#include "app/heartbeat.h"
#include "app/log_setup.h"
#include "app/notify.h"
#include "app/server.h"
#include "app/signals.h"
#include "observability/log.h"

namespace limen::app {

namespace {

void reload(ServerProcess& server, const Arguments& arguments) {
  log::info("reloading the configuration");
  const config::Loaded loaded = load_with_problems(arguments);
  for (const std::string& problem : loaded.problems) {
    log::error("the configuration is not used", {{"problem", problem}});
  }
  for (const std::string& warning : loaded.warnings) {
    log::warn("the configuration may not be meant", {{"warning", warning}});
  }
  if (!loaded.ok()) return;
  set_up_log(loaded.configuration.log);
  if (server.reload(loaded.configuration)) log::info("configuration reloaded");
}

int run(const Arguments& arguments, Streams streams) {
  const ServiceManager manager = ServiceManager::of_environment();
  const Signals signals;
  const auto configuration = load_configuration(arguments, streams.err);
  if (!configuration) return kExitFailure;
  set_up_log(configuration->log);
  ServerProcess server(*configuration);
  server.start();
  const Heartbeat heartbeat(server.loops(), manager.watchdog() / 2, [&] { manager.alive(); });
  manager.ready("serving");
  while (signals.wait() == Signal::reload) reload(server, arguments);
  signals.let_go();
  manager.stopping(server.stop_limit());
  server.stop();
  return kExitOk;
}

}  // namespace

Command serve_command() {
  Command command;
  command.name = "serve";
  command.summary = "run the server";
  command.details =
      "Serves in the foreground and logs to stderr. SIGTERM or SIGINT stops it cleanly, a second "
      "one at\n"
      "once. SIGHUP reads the configuration's modules and the certificate again. Flags win over "
      "the file.";
  command.options = configuration_options();
  command.run = run;
  return command;
}

}  // namespace limen::app
