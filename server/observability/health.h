// Health: the named checks behind /healthz, /livez and /readyz, and the text those paths answer.
//
// A check says nothing when it is well and otherwise why not. The reason is logged and told on the
// check's own path; the summary withholds it, because the summary is open to anybody. Paths and
// texts are kube-apiserver's: `?verbose`, `?exclude=NAME` (repeatable), `/readyz/NAME`. Thread
// rule: add() before serving, answer() from any thread; a check must be quick and never block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::health {

// Where a check counts; values combine.
enum Probe : unsigned { kHealthz = 1, kLivez = 2, kReadyz = 4, kEverywhere = 7 };

// Empty: well. Otherwise one sentence of why not, without secrets.
using Check = std::function<std::string()>;

struct Answer {
  int status = 200;  // 200 or 500
  std::string body;  // text/plain; charset=utf-8, to be sent with X-Content-Type-Options: nosniff
};

class Health {
 public:
  // `ping` is there from the start and always well.
  Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // Adds a check to the probes named. Checks run and are shown in the order they were added. A name
  // that exists is replaced. In the probes `spared`, some of `probes`, the check is shown and
  // always well: for what is no reason to start the server anew.
  void add(std::string name, unsigned probes, Check check, unsigned spared = 0);

  // The answer to a request for `path` (decoded) with `query` (raw, without "?"), or nothing when
  // the path is not one of a probe or of a check.
  std::optional<Answer> answer(std::string_view path, std::string_view query) const;

  // What the checks said whenever they were asked, as Prometheus text: kubernetes_healthcheck and
  // kubernetes_healthchecks_total, as /metrics/slis has them (KEP-3466).
  std::string indicators() const;
  // The path of every probe and of every check of it, sorted.
  std::vector<std::string> paths() const;

 private:
  struct Entry {
    std::string name;
    unsigned probes;
    Check check;
    unsigned spared;
  };
  // What a check of a probe said.
  struct Tally {
    bool well = false;  // the last time
    std::uint64_t successes = 0, errors = 0;
  };
  std::vector<Entry> entries_of(unsigned probe) const;
  std::string ask(const Entry& entry, unsigned probe, std::string_view probe_name) const;

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  mutable std::map<std::pair<std::string, std::string>, Tally> tallies_;  // by check and probe
};

}  // namespace limen::health
