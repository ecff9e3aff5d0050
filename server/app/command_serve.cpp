#include "app/commands.h"
#include "app/heartbeat.h"
#include "app/log_setup.h"
#include "app/notify.h"
#include "app/server.h"
#include "app/signals.h"

namespace limen::app {

namespace {

// The reload happens in the background; the manager waits for what becomes of it.
void reload(ServerProcess& server, const ServiceManager& manager) {
  manager.reloading();
  server.reload("SIGHUP", [&manager](const ReloadReport& report) {
    std::string status = "serving";
    if (!report.applied) status += "; the last reload was refused";
    if (!report.problems.empty()) status += ": " + report.problems.front();
    manager.ready(status);
  });
}

int run(const Arguments& arguments, Streams streams) {
  const ServiceManager manager = ServiceManager::of_environment();
  const Signals signals;
  const auto configuration = load_configuration(arguments, streams.err);
  if (!configuration) return kExitFailure;
  set_up_log(configuration->log);
  ServerProcess server(*configuration, [&arguments] { return load_with_problems(arguments); });
  server.start();
  const Heartbeat heartbeat(server.loops(), manager.watchdog() / 2, [&] { manager.alive(); });
  manager.ready("serving");
  while (signals.wait() == Signal::reload) reload(server, manager);
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
      "once. SIGHUP, and `limen reload`, take in what the configuration says now. Flags win over "
      "the file.";
  command.options = configuration_options();
  command.run = run;
  return command;
}

}  // namespace limen::app
