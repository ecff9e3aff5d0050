// Reloader: takes a new configuration in while the server serves: as a whole, or not at all.
//
// A reload reads the file again, lets every Reloadable part prepare, and commits when all of them
// are ready. With anything wrong the old configuration goes on serving, and the reason is in the
// report, in the log, in limen_config_reloads_total and, until the next reload, in last(). Keys
// that no part takes are named in needs_restart; the rest is applied all the same. Thread rule: any
// thread may request; reloads run one after another on a thread of the Reloader, and those
// requested while one runs share the next. Lifetime: what it is given outlives it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/reload_report.h"
#include "app/reloadable.h"
#include "config/load.h"

namespace limen::app {

class Reloader {
 public:
  // Reads the configuration as at the start: the same file, the same flags.
  using Load = std::function<config::Loaded()>;
  // Told once, on the Reloader's thread; must be quick and must not throw.
  using Done = std::function<void(const ReloadReport&)>;

  // `running` is what the server was started with.
  Reloader(const config::ServerConfiguration& running, Load load, std::vector<Reloadable> parts,
           std::function<std::uint64_t()> generation);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader();

  // Asks for a reload by `by` ("SIGHUP" or a user's name). `done` may be null.
  void request(std::string by, Done done);

  // Waits for a reload that runs; later requests, and those that wait, are refused with a word.
  void stop();

  // The last reload that ended; none: there was none.
  std::optional<ReloadReport> last() const;
  // The keys that were changed in the file and need a restart.
  std::vector<std::string> needs_restart() const;

 private:
  struct Asked {
    std::string by;
    Done done;
  };
  void run();
  ReloadReport reload(const std::string& by);
  void apply(const config::Loaded& loaded, ReloadReport& report);
  std::vector<std::string> restart_keys(const config::ServerConfiguration& next) const;

  const config::ServerConfiguration& running_;
  const Load load_;
  const std::vector<Reloadable> parts_;
  const std::function<std::uint64_t()> generation_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Asked> waiting_;
  bool stopping_ = false;
  std::optional<ReloadReport> last_;
  std::vector<std::string> needs_restart_;
  std::thread thread_;  // last: it uses what stands above; starts with the first request
};

}  // namespace limen::app
