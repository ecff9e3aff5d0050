// `limen reload`: a running server takes in its configuration again, and says what came of it.
#include <stdexcept>
#include <string>

#include "app/api_client.h"
#include "app/client_config.h"
#include "app/commands.h"
#include "app/reload_pages.h"
#include "app/reload_report.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

constexpr int kApplied = 200;
constexpr int kRefused = 422;
// The server answers a request within its requestTimeout, an hour at most; modules start meanwhile.
constexpr std::chrono::seconds kPatience = std::chrono::minutes(61);

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const ClientConfig config =
      read_client_config(find_kubeconfig(arguments.get_or("kubeconfig", "")));
  const ApiAnswer answer = post_json(config, std::string(kReloadPath), "{}", kPatience);
  boost::system::error_code error;
  const object::Json body = boost::json::parse(answer.body, error);
  const bool told = !error && object::text_at(body, "kind") == "Reload";
  if (!told || (answer.status != kApplied && answer.status != kRefused)) {
    throw std::runtime_error(failure_of(config, answer));
  }
  const bool applied = answer.status == kApplied;
  if (json) {
    streams.out << boost::json::serialize(body) << '\n';
  } else {
    (applied ? streams.out : streams.err) << reload_text(body);
  }
  return applied ? kExitOk : kExitFailure;
}

}  // namespace

Command reload_command() {
  Command command;
  command.name = "reload";
  command.summary = "let a running server take in its configuration again";
  command.details =
      "The server reads the file it was started with, its flags still win, and what changed is "
      "put\n"
      "in force as a whole: modules are started beside the old ones and swapped at once, requests\n"
      "under way end with those they began with. With anything wrong nothing changes, and the\n"
      "reason is printed. Keys that need a restart are named; the rest is in force all the same.\n"
      "Whoever asks needs the verb post on /limen/v1/reload. SIGHUP does the same without an\n"
      "answer.\n"
      "Exit status 0 when it was applied, 1 when it was refused.";
  command.options = {kubeconfig_option(), output_option()};
  command.run = run;
  return command;
}

}  // namespace limen::app
