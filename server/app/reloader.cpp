#include "app/reloader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/changed_keys.h"
#include "base/strings.h"
#include "modules/load_error.h"
#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::app {

namespace {

void refuse(ReloadReport& report, std::string reason, std::vector<std::string> problems) {
  report.applied = false;
  report.reason = std::move(reason);
  report.problems = std::move(problems);
}

void tell_log(const ReloadReport& report) {
  for (const std::string& problem : report.problems) {
    log::error("the configuration is not used", {{"problem", problem}});
  }
  for (const std::string& warning : report.warnings) {
    log::warn("the configuration may not be meant", {{"warning", warning}});
  }
  if (!report.applied) return;
  if (!report.needs_restart.empty()) {
    log::warn("changed keys are not in force before a restart",
              {{"keys", base::join(report.needs_restart, ", ")}});
  }
  std::size_t kept = 0;
  for (const modules::InstanceChange& change : report.modules) {
    if (change.what == modules::Change::kept) {
      ++kept;
      continue;
    }
    log::info("module changed", {{"kind", modules::kind_name(change.kind)},
                                 {"name", change.name},
                                 {"change", modules::change_name(change.what)}});
  }
  log::info("configuration reloaded", {{"generation", std::to_string(report.generation)},
                                       {"carriedOver", std::to_string(kept)}});
}

void count(const ReloadReport& report) {
  static auto& reloads = metrics::counter(
      "limen_config_reloads_total",
      "Reloads of the configuration, by outcome and why they were refused.", {"outcome", "reason"});
  static auto& succeeded =
      metrics::gauge("limen_config_last_reload_successful",
                     "1 when the last reload was applied or there was none, 0 when it was refused.")
          .with({});
  static auto& applied_at = metrics::gauge("limen_config_last_reload_success_timestamp_seconds",
                                           "When a reload was last applied, in seconds since 1970.")
                                .with({});
  static auto& pending = metrics::gauge("limen_config_keys_pending_restart",
                                        "Keys changed in the configuration that need a restart.")
                             .with({});
  static auto& seconds =
      metrics::histogram("limen_config_reload_seconds", "How long reloads took.", {}).with({});
  reloads.with({report.applied ? "applied" : "refused", report.reason}).add();
  succeeded.set(report.applied ? 1 : 0);
  seconds.observe(std::chrono::duration<double>(report.took).count());
  if (!report.applied) return;
  pending.set(static_cast<double>(report.needs_restart.size()));
  applied_at.set(std::chrono::duration<double>(report.at.time_since_epoch()).count());
}

// Who asked, each once: one reload may answer several.
std::string all_of(const std::vector<std::string>& names) {
  std::vector<std::string> once;
  for (const std::string& name : names) {
    if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
  }
  return base::join(once, ", ");
}

}  // namespace

Reloader::Reloader(const config::ServerConfiguration& running, Load load,
                   std::vector<Reloadable> parts, std::function<std::uint64_t()> generation)
    : running_(running),
      load_(std::move(load)),
      parts_(std::move(parts)),
      generation_(std::move(generation)) {
  metrics::gauge("limen_config_last_reload_successful",
                 "1 when the last reload was applied or there was none, 0 when it was refused.")
      .with({})
      .set(1);
}

Reloader::~Reloader() { stop(); }

void Reloader::request(std::string by, Done done) {
  std::unique_lock lock(mutex_);
  if (!stopping_) {
    waiting_.push_back({std::move(by), std::move(done)});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_all();
    return;
  }
  lock.unlock();
  ReloadReport report;
  report.by = std::move(by);
  refuse(report, "stopping", {"the server is stopping"});
  if (done) done(report);
}

void Reloader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::optional<ReloadReport> Reloader::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::vector<std::string> Reloader::needs_restart() const {
  const std::lock_guard lock(mutex_);
  return needs_restart_;
}

void Reloader::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    const std::vector<Asked> asked = std::exchange(waiting_, {});
    if (asked.empty()) return;
    const bool stopping = stopping_;
    lock.unlock();
    std::vector<std::string> names;
    for (const Asked& one : asked) names.push_back(one.by);
    ReloadReport report;
    if (stopping) {
      refuse(report, "stopping", {"the server is stopping"});
    } else {
      report = reload(all_of(names));
    }
    lock.lock();
    if (!stopping) last_ = report;
    if (report.applied) needs_restart_ = report.needs_restart;
    lock.unlock();
    for (const Asked& one : asked) {
      if (one.done) one.done(report);
    }
    lock.lock();
  }
}

ReloadReport Reloader::reload(const std::string& by) {
  const auto begun = std::chrono::steady_clock::now();
  ReloadReport report;
  report.by = by;
  report.at = std::chrono::system_clock::now();
  log::info("reloading the configuration", {{"by", by}});
  try {
    const config::Loaded loaded = load_();
    report.warnings = loaded.warnings;
    if (loaded.ok()) {
      apply(loaded, report);
    } else {
      refuse(report, "config", loaded.problems());
    }
  } catch (const std::exception& error) {
    refuse(report, "config", {error.what()});
  }
  report.generation = generation_();
  report.took = std::chrono::steady_clock::now() - begun;
  count(report);
  tell_log(report);
  return report;
}

void Reloader::apply(const config::Loaded& loaded, ReloadReport& report) {
  const config::ServerConfiguration& next = loaded.configuration;
  std::vector<ReloadCommit> commits;
  for (const Reloadable& part : parts_) {
    try {
      commits.push_back(part.prepare(next, report));
    } catch (const modules::LoadError& error) {
      return refuse(report, std::string(modules::gate_name(error.gate())), {error.what()});
    } catch (const std::exception& error) {
      return refuse(report, part.name, {error.what()});
    }
  }
  report.applied = true;
  report.needs_restart = restart_keys(next);
  for (const ReloadCommit& commit : commits) {
    if (commit) commit(report);
  }
}

std::vector<std::string> Reloader::restart_keys(const config::ServerConfiguration& next) const {
  std::vector<std::string> keys = changed_keys(running_, next);
  std::erase_if(keys, [this](const std::string& key) {
    return std::any_of(parts_.begin(), parts_.end(), [&key](const Reloadable& part) {
      return std::any_of(part.keys.begin(), part.keys.end(),
                         [&key](const std::string& pattern) { return key_matches(key, pattern); });
    });
  });
  return keys;
}

}  // namespace limen::app
