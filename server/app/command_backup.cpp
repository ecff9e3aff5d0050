// `limen backup` and `limen restore`: copies of the store, by the store's own module.
//
// Both run beside a server, in a process of their own. The module does the copying; here the file
// gets a digest beside it, and the numbers are told.
#include <filesystem>
#include <ostream>

#include "app/commands.h"
#include "app/file_digest.h"
#include "app/files.h"
#include "app/module_specs.h"
#include "base/strings.h"
#include "modules/load_error.h"
#include "modules/runtime.h"
#include "modules/store_copies.h"

namespace limen::app {

namespace {

// Beyond what a store writes between a nightly backup and the day after it is needed.
constexpr std::int64_t kDefaultAdvance = 1'000'000'000;
constexpr std::int64_t kMaxAdvance = 1'000'000'000'000'000;

// The configured store module, started and not opened.
class StoreModule {
 public:
  explicit StoreModule(const config::ServerConfiguration& configuration) {
    modules::RuntimeOptions options;
    options.folder = configuration.module_path;
    runtime_ = std::make_unique<modules::Runtime>(options);
    instance_ = runtime_->start_store(store_spec(configuration));
  }
  StoreModule(const StoreModule&) = delete;
  StoreModule& operator=(const StoreModule&) = delete;
  ~StoreModule() { runtime_->retire(instance_); }

  modules::StoreCopies copies() const { return modules::StoreCopies(instance_); }

 private:
  std::unique_ptr<modules::Runtime> runtime_;
  std::shared_ptr<modules::ModuleInstance> instance_;
};

struct Outcome {
  std::string verb;  // "saved", "restored", "verified"
  std::string file;
  modules::StoreReport report;
  std::string digest;
  bool digest_compared = false;
};

void print(const Outcome& outcome, bool json, std::ostream& out) {
  const modules::StoreReport& report = outcome.report;
  if (json) {
    out << boost::json::serialize(boost::json::object{{"action", outcome.verb},
                                                      {"file", outcome.file},
                                                      {"sha256", outcome.digest},
                                                      {"digestCompared", outcome.digest_compared},
                                                      {"revision", report.revision},
                                                      {"compacted", report.compacted},
                                                      {"keys", report.keys},
                                                      {"changes", report.changes}})
        << '\n';
    return;
  }
  out << outcome.verb << ' ' << outcome.file << "\n  revision  " << report.revision
      << "\n  keys      " << report.keys << "\n  changes   " << report.changes
      << " (those of the keys included)\n  sha256    " << outcome.digest << '\n';
}

int backup(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const auto configuration = load_configuration(arguments, streams.err);
  if (!configuration) return kExitFailure;
  const std::string file = absolute_path(arguments.operands()[0]);
  Outcome outcome{"saved", file, StoreModule(*configuration).copies().save(file), {}, false};
  outcome.digest = sha256_of_file(file);
  write_digest_file(file, outcome.digest);
  print(outcome, json, streams.out);
  return kExitOk;
}

std::int64_t advance_of(const Arguments& arguments) {
  const auto text = arguments.get("advance");
  if (!text) return kDefaultAdvance;
  const auto value = base::parse_int(*text);
  if (!value || *value < 0 || *value > kMaxAdvance) {
    throw UsageError("--advance must be between 0 and " + std::to_string(kMaxAdvance));
  }
  return *value;
}

// Compares the file with the digest it was given, or the one beside it. True: there was one.
bool compare_digest(const Arguments& arguments, const std::string& file, const std::string& digest,
                    std::ostream& err) {
  std::optional<std::string> wanted = arguments.get("sha256");
  if (wanted) wanted = base::to_lower(*wanted);
  if (!wanted) wanted = read_digest_file(file);
  if (!wanted) {
    err << "warning: there is no " << digest_file_of(file)
        << " to compare with: only the file's own checksums are\n";
    return false;
  }
  if (*wanted == digest) return true;
  throw std::runtime_error(file + " is not the file that was saved: its sha256 is " + digest +
                           ", wanted is " + *wanted);
}

int restore(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  const std::int64_t advance = advance_of(arguments);
  const auto configuration = load_configuration(arguments, streams.err);
  if (!configuration) return kExitFailure;
  const std::string file = absolute_path(arguments.operands()[0]);
  Outcome outcome{"restored", file, {}, sha256_of_file(file), false};
  outcome.digest_compared = compare_digest(arguments, file, outcome.digest, streams.err);
  const StoreModule store(*configuration);
  if (arguments.has("verify-only")) {
    outcome.verb = "verified";
    outcome.report = store.copies().verify(file);
  } else {
    try {
      outcome.report = store.copies().restore(file, arguments.has("force"), advance);
    } catch (const modules::StoreCopyError& error) {
      if (error.why() != modules::StoreCopyError::Why::not_empty) throw;
      throw std::runtime_error(std::string(error.what()) + ": give --force to replace it");
    }
  }
  print(outcome, json, streams.out);
  return kExitOk;
}

// Of the configuration only the store matters; the six flags say nothing of it.
OptionSpec config_option() { return configuration_options().front(); }

}  // namespace

Command backup_command() {
  Command command;
  command.name = "backup";
  command.summary = "save a copy of the store while the server serves";
  command.details =
      "Writes the objects as they are at one moment to FILE, which must not exist, reads all of "
      "it\n"
      "again to see that it is whole, and puts its digest beside it as FILE.sha256. The server "
      "may\n"
      "run; nobody who writes waits. Run it as the user the server runs as, or as root.\n"
      "\n"
      "FILE holds the objects, Secrets too, and nothing else: no certificates, keys or "
      "configuration.\n"
      "What storage.encryption encrypts stays so in FILE: keep a copy of its keys elsewhere.\n"
      "Keep a copy of those apart from the backups.\n"
      "\n"
      "  limen backup /var/backups/limen-$(date +%F).db";
  command.operands = "FILE";
  command.min_operands = 1;
  command.max_operands = 1;
  command.options = {config_option(), output_option()};
  command.run = backup;
  return command;
}

Command restore_command() {
  Command command;
  command.name = "restore";
  command.summary = "put a saved copy in the place of the store";
  command.details =
      "Compares FILE with its digest, reads all of it, and only then puts what it holds where the\n"
      "configuration says the store is. Refused while a server has the store, and, without "
      "--force,\n"
      "when the store holds data. Whatever happens meanwhile, the store is the old or the new "
      "one.\n"
      "\n"
      "Clients may have seen later states than that of FILE. So that they list again, and no\n"
      "resourceVersion ever names two states, the restored store goes on N revisions later and\n"
      "forgets its history (--advance). 0 restores exactly what was saved, for moving a store "
      "whose\n"
      "server was stopped before the backup.";
  command.operands = "FILE";
  command.min_operands = 1;
  command.max_operands = 1;
  command.options = {
      config_option(),
      {"force", "", "replace a store that holds data or cannot be read"},
      {"verify-only", "", "say whether FILE could be restored, and restore nothing"},
      {"advance", "N", "revisions to leave out; 1000000000 when not given"},
      {"sha256", "HEX", "the digest FILE must have; that in FILE.sha256 when not given"},
      output_option(),
  };
  command.run = restore;
  return command;
}

}  // namespace limen::app
