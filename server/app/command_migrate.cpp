// `limen migrate`: everything one store holds, into another.
//
// The work is storage/migration.h; here both stores are opened as their servers would open them,
// and what happens is told.
#include <unistd.h>

#include <filesystem>
#include <ostream>

#include "app/commands.h"
#include "app/migration_side.h"
#include "app/server_options.h"
#include "object/metadata.h"
#include "storage/migration.h"

namespace limen::app {

namespace {

using storage::MigrationReport;
using storage::MigrationStep;

std::string_view words_of(MigrationStep step) {
  switch (step) {
    case MigrationStep::reading_source:
      return "reading the source";
    case MigrationStep::reading_target:
      return "reading the target";
    case MigrationStep::writing:
      return "writing";
    case MigrationStep::verifying:
      return "verifying";
  }
  return "";
}

// One line that is written over; a line of its own for each step.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& err) : err_(err), terminal_(isatty(STDERR_FILENO) == 1) {}

  void tell(MigrationStep step, std::size_t done, std::size_t all) {
    if (!terminal_) return;
    if (started_ && step != step_) err_ << '\n';
    started_ = true;
    step_ = step;
    err_ << '\r' << words_of(step) << ": " << done;
    if (all != 0) err_ << " of " << all;
    err_ << std::flush;
  }
  void end() {
    if (started_) err_ << '\n';
    started_ = false;
  }

 private:
  std::ostream& err_;
  const bool terminal_;
  bool started_ = false;
  MigrationStep step_{};
};

void print_json(const MigrationReport& report, const std::string& from, const std::string& to,
                std::ostream& out) {
  boost::json::object objects;
  for (const auto& [resource, count] : report.objects) objects[resource] = count;
  out << boost::json::serialize(boost::json::object{{"action", "migrated"},
                                                    {"from", from},
                                                    {"to", to},
                                                    {"keys", report.keys},
                                                    {"objects", std::move(objects)},
                                                    {"sha256", report.sha256},
                                                    {"written", report.written},
                                                    {"kept", report.kept},
                                                    {"removed", report.removed},
                                                    {"resumed", report.resumed},
                                                    {"alreadyThere", report.was_there},
                                                    {"sourceRevision", report.source},
                                                    {"targetRevision", report.target}})
      << '\n';
}

void print_text(const MigrationReport& report, const std::string& from, const std::string& to,
                std::ostream& out) {
  out << (report.was_there ? "nothing to do: " + to + " holds all of " + from
                           : "moved " + from + " to " + to)
      << "\n  keys      " << report.keys << " (written " << report.written << ", kept "
      << report.kept << ", removed " << report.removed << ")\n  sha256    " << report.sha256
      << "\n  revision  " << report.target << " (of the source: " << report.source << ")\n";
  for (const auto& [resource, count] : report.objects) {
    out << "  " << resource << ": " << count << '\n';
  }
}

// A module makes the file that is not there; a source is there.
void refuse_missing_file(const config::ServerConfiguration& source) {
  if (source.storage.module != "sqlite") return;
  const std::string path(object::text_at(source.storage.config, "path"));
  if (!std::filesystem::exists(path)) throw std::runtime_error("there is no database " + path);
}

std::string needed(const Arguments& arguments, std::string_view option) {
  const auto value = arguments.get(option);
  if (!value) throw UsageError("needs --from and --to");
  return *value;
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const std::string from_words = needed(arguments, "from");
  const std::string to_words = needed(arguments, "to");
  config::ServerConfiguration from = migration_configuration("--from", from_words);
  config::ServerConfiguration to = migration_configuration("--to", to_words);
  if (const auto folder = arguments.get("module-path")) from.module_path = to.module_path = *folder;
  const storage::MigrationSide source = migration_side(from);
  const storage::MigrationSide target = migration_side(to);
  if (source.name == target.name) throw UsageError("--from and --to name the same store");
  refuse_missing_file(from);
  if (from.storage.module != "sqlite") {
    streams.err << "warning: every server that uses " << source.name
                << " must be stopped until the end\n";
  }
  ProgressLine progress(streams.err);
  storage::MigrationOptions options;
  options.progress = [&](MigrationStep step, std::size_t done, std::size_t all) {
    progress.tell(step, done, all);
  };
  options.ttl = time_to_live(to);
  MigrationReport report;
  try {
    report = storage::migrate(source, target, options);
  } catch (...) {
    progress.end();
    throw;
  }
  progress.end();
  (json ? print_json : print_text)(report, source.name, target.name, streams.out);
  return kExitOk;
}

}  // namespace

Command migrate_command() {
  Command command;
  command.name = "migrate";
  command.summary = "move the store to another one: SQLite to etcd, and back";
  command.details =
      "Copies every object to an empty store, reads it back and compares count and digest. Both\n"
      "stores are named by a configuration file (then its storage entry is meant, with the\n"
      "encryption it asks for), or in words:\n"
      "\n"
      "  sqlite:PATH\n"
      "  etcd:https://HOST:PORT[,...][?ca=FILE&cert=FILE&key=FILE&prefix=PATH]\n"
      "\n"
      "also with username=NAME&passwordFile=FILE; values percent-encoded where they hold & or %.\n"
      "What was encrypted needs the configuration file, or it cannot be read.\n"
      "\n"
      "Stop the servers of the source first, and start those of the target when it is done. "
      "Objects\n"
      "keep their uids; their resourceVersions grow, and clients list again. The time an event "
      "has\n"
      "to live begins anew.\n"
      "When it stops, however that comes, run it again: it goes on where it was. Until it is done "
      "no\n"
      "server starts on the target. A target that holds other objects is refused; the source is\n"
      "left as it is.\n"
      "\n"
      "  limen migrate --from sqlite:/var/lib/limen/limen.db --to etcd:https://10.0.0.1:2379\n"
      "  limen migrate --from /etc/limen/limen.yaml --to /etc/limen/limen-etcd.yaml\n"
      "\n"
      "Exit status 0 when all is there and verified, 1 when not, 2 for words nobody understands.";
  command.options = {
      {"from", "STORE", "where the objects are: sqlite:PATH, etcd:URLS or a configuration file"},
      {"to", "STORE", "where they go, likewise"},
      {"module-path", "DIR",
       "folder of the modules; that of the file, or ../lib/limen/modules beside the program, when "
       "not given"},
      output_option(),
  };
  command.run = run;
  return command;
}

}  // namespace limen::app
