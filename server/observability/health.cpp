#include "observability/health.h"

#include <set>
#include <utility>

#include "base/strings.h"
#include "observability/log.h"

namespace limen::health {

namespace {

struct ProbePath {
  std::string_view name;
  Probe probe;
};
constexpr ProbePath kProbes[] = {{"healthz", kHealthz}, {"livez", kLivez}, {"readyz", kReadyz}};

struct Options {
  bool verbose = false;
  std::set<std::string> excluded;
};

Options parse(std::string_view query) {
  Options options;
  for (const std::string_view item : base::split(query, '&')) {
    const std::size_t equals = item.find('=');
    const auto key = base::percent_decode(item.substr(0, equals), true);
    const auto value = base::percent_decode(
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1), true);
    if (!key || !value) continue;
    if (*key == "verbose") options.verbose = true;
    if (*key == "exclude") options.excluded.insert(*value);
  }
  return options;
}

std::string run(const Check& check) {
  try {
    return check();
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string unmatched_warning(const std::set<std::string>& names) {
  std::string out = "warn: some health checks cannot be excluded: no matches for ";
  std::string_view separator;
  for (const std::string& name : names) {
    out += separator;
    out += base::go_quote(name);
    separator = ",";
  }
  return out + '\n';
}

}  // namespace

Health::Health() {
  add("ping", kEverywhere, [] { return std::string(); });
}

void Health::add(std::string name, unsigned probes, Check check, unsigned spared) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.name == name) {
      entry.probes = probes;
      entry.check = std::move(check);
      entry.spared = spared;
      return;
    }
  }
  entries_.push_back(Entry{std::move(name), probes, std::move(check), spared});
}

std::vector<Health::Entry> Health::entries_of(unsigned probe) const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> result;
  for (const Entry& entry : entries_) {
    if ((entry.probes & probe) != 0) result.push_back(entry);
  }
  return result;
}

std::string Health::ask(const Entry& entry, unsigned probe, std::string_view probe_name) const {
  std::string why;
  if ((entry.spared & probe) == 0) why = run(entry.check);
  const std::lock_guard lock(mutex_);
  Tally& tally = tallies_[{entry.name, std::string(probe_name)}];
  tally.well = why.empty();
  ++(tally.well ? tally.successes : tally.errors);
  return why;
}

std::string Health::indicators() const {
  const std::lock_guard lock(mutex_);
  std::string last =
      "# HELP kubernetes_healthcheck [STABLE] What a health check said when it was last asked.\n"
      "# TYPE kubernetes_healthcheck gauge\n";
  std::string total =
      "# HELP kubernetes_healthchecks_total [STABLE] What health checks said.\n"
      "# TYPE kubernetes_healthchecks_total counter\n";
  for (const auto& [key, tally] : tallies_) {
    const std::string name = "{name=\"" + key.first + "\"";
    const std::string type = ",type=\"" + key.second + "\"} ";
    last += "kubernetes_healthcheck" + name + type + (tally.well ? "1\n" : "0\n");
    const auto add = [&](std::string_view status, std::uint64_t count) {
      if (count == 0) return;
      total += "kubernetes_healthchecks_total" + name + ",status=\"" + std::string(status) + "\"" +
               type + std::to_string(count) + "\n";
    };
    add("error", tally.errors);
    add("success", tally.successes);
  }
  return last + total;
}

std::vector<std::string> Health::paths() const {
  std::set<std::string> found;
  for (const ProbePath& probe : kProbes) {
    const std::string path = "/" + std::string(probe.name);
    found.insert(path);
    for (const Entry& entry : entries_of(probe.probe)) found.insert(path + "/" + entry.name);
  }
  return {found.begin(), found.end()};
}

std::optional<Answer> Health::answer(std::string_view path, std::string_view query) const {
  if (path.empty() || path[0] != '/') return std::nullopt;
  path.remove_prefix(1);
  const std::string_view first = path.substr(0, path.find('/'));
  const ProbePath* probe = nullptr;
  for (const ProbePath& candidate : kProbes) {
    if (candidate.name == first) probe = &candidate;
  }
  if (probe == nullptr) return std::nullopt;
  const std::vector<Entry> entries = entries_of(probe->probe);

  if (path.size() > first.size()) {
    const std::string_view wanted = path.substr(first.size() + 1);
    for (const Entry& entry : entries) {
      if (entry.name != wanted) continue;
      const std::string why = ask(entry, probe->probe, probe->name);
      if (why.empty()) return Answer{200, "ok"};
      return Answer{500, "internal server error: " + why + '\n'};
    }
    return std::nullopt;
  }

  Options options = parse(query);
  std::string lines;
  bool failed = false;
  for (const Entry& entry : entries) {
    if (options.excluded.erase(entry.name) > 0) {
      lines += "[+]" + entry.name + " excluded: ok\n";
      continue;
    }
    const std::string why = ask(entry, probe->probe, probe->name);
    if (why.empty()) {
      lines += "[+]" + entry.name + " ok\n";
      continue;
    }
    failed = true;
    lines += "[-]" + entry.name + " failed: reason withheld\n";
    log::warn("health check failed", {{"probe", probe->name}, {"check", entry.name}, {"why", why}});
  }
  if (!options.excluded.empty()) lines += unmatched_warning(options.excluded);
  const std::string name(probe->name);
  if (failed) return Answer{500, lines + name + " check failed\n"};
  if (!options.verbose) return Answer{200, "ok"};
  return Answer{200, lines + name + " check passed\n"};
}

}  // namespace limen::health
