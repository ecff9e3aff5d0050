#include "app/commands.h"
#include "modules/inspect.h"
#include "object/document.h"

namespace limen::app {

namespace {

constexpr std::string_view kKubernetesVersion = "1.36";

int run(const Arguments& arguments, Streams streams) {
  if (wants_json(arguments)) {
    const boost::json::object out = {{"version", version_text()},
                                     {"kubernetes", kKubernetesVersion},
                                     {"moduleABI", modules::offered_abi()},
                                     {"compiler", __VERSION__}};
    streams.out << boost::json::serialize(out) << '\n';
  } else {
    streams.out << "limen " << version_text() << " (Kubernetes API " << kKubernetesVersion
                << ", module ABI " << modules::offered_abi() << ")\n";
  }
  return kExitOk;
}

}  // namespace

Command version_command() {
  Command command;
  command.name = "version";
  command.summary = "print the version of the program, of the API and of the module ABI";
  command.options = {output_option()};
  command.run = run;
  return command;
}

}  // namespace limen::app
