// `limen modules new`: a module to start from, under the author's name.
#include <algorithm>

#include "app/commands.h"
#include "app/skeleton.h"
#include "base/strings.h"
#include "config/findings.h"
#include "object/document.h"

namespace limen::app {

namespace {

std::string kinds_text() {
  std::string out;
  for (const std::string& kind : skeleton_kinds()) out += (out.empty() ? "" : ", ") + kind;
  return out;
}

std::string kind_of(const Arguments& arguments) {
  const auto kind = arguments.get("kind");
  if (!kind) throw UsageError("--kind is needed: " + kinds_text());
  const std::vector<std::string>& known = skeleton_kinds();
  if (std::find(known.begin(), known.end(), *kind) == known.end()) {
    throw UsageError("unknown kind " + base::go_quote(*kind) + config::suggestion(*kind, known) +
                     ": there are " + kinds_text());
  }
  return *kind;
}

void print_next_steps(const std::string& name, const std::string& kind, const std::string& folder,
                      std::ostream& out) {
  const std::string build = folder + "/build";
  out << "\nBuild and test it, with the SDK where it is installed:\n"
      << "  cmake -S " << folder << " -B " << build << " -DCMAKE_PREFIX_PATH=/usr/local\n"
      << "  cmake --build " << build << "\n"
      << "  ctest --test-dir " << build << "\n"
      << "Then copy " << build << "/" << name
      << ".so into the server's modulePath and list it under\n"
      << (kind == "admission" ? "admission" : kind + "s") << ": - {name: " << name
      << ", config: {...}}\n";
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const std::string& name = arguments.operands()[0];
  if (const std::string problem = module_name_problem(name); !problem.empty()) {
    throw UsageError(base::go_quote(name) + ": " + problem);
  }
  const std::string kind = kind_of(arguments);
  const std::string folder = arguments.get_or("directory", name);
  if (folder.empty()) throw UsageError("--directory is empty");
  const std::vector<SkeletonFile> files = skeleton(name, kind);
  write_skeleton(folder, files);
  if (json) {
    boost::json::array names;
    for (const SkeletonFile& file : files) names.emplace_back(file.name);
    const boost::json::object document = {
        {"name", name}, {"kind", kind}, {"directory", folder}, {"files", std::move(names)}};
    streams.out << boost::json::serialize(document) << '\n';
    return kExitOk;
  }
  for (const SkeletonFile& file : files) streams.out << folder << '/' << file.name << '\n';
  print_next_steps(name, kind, folder, streams.out);
  return kExitOk;
}

}  // namespace

Command modules_new_command() {
  Command command;
  command.name = "modules new";
  command.summary = "write a module to start from: its build, itself and its test";
  command.details =
      "Three files that build, pass their test and do something small, in a folder of the module's "
      "name.\n"
      "Nothing is overwritten. The SDK's README goes on from there.";
  command.operands = "NAME";
  command.min_operands = 1;
  command.max_operands = 1;
  command.options = {
      {"kind", "KIND", "what it decides: authenticator, authorizer or admission", false, 'k'},
      {"directory", "DIR", "where the files go; a new folder NAME here when not given", false, 'd'},
      output_option(),
  };
  command.run = run;
  return command;
}

}  // namespace limen::app
