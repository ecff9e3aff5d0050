// LoadError: why a module was not taken, in one sentence that names both sides and the way out.
//
// Thrown by the gates (0 path, 1 probe, 2 open, 3 entry, 4 descriptor, 5 config, 6 start) before
// anything of the module serves a request. Each throw counts in
// limen_module_load_failures_total{reason}. The way out stands behind the last colon of the
// sentence:
// `... may be written by others than its owner: chmod go-w it`.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/config_schema.h"

namespace limen::modules {

enum class Gate { path = 0, probe = 1, open = 2, entry = 3, descriptor = 4, config = 5, start = 6 };

std::string_view gate_name(Gate gate);

class LoadError : public std::runtime_error {
 public:
  // `message` is a whole sentence without a final stop. Constructing one counts it.
  LoadError(Gate gate, const std::string& message);
  // Of a config (gate 5): `message` tells all of `findings`.
  LoadError(const std::string& message, std::vector<ConfigFinding> findings)
      : LoadError(Gate::config, message) {
    findings_ = std::move(findings);
  }
  Gate gate() const { return gate_; }
  // What is wrong with the config, one by one; empty for errors of another kind.
  const std::vector<ConfigFinding>& findings() const { return findings_; }
  // The same error with `prefix: ` before its sentence; not counted again.
  LoadError located(const std::string& prefix) const;

 private:
  struct Uncounted {};
  LoadError(Gate gate, const std::string& message, Uncounted)
      : std::runtime_error(message), gate_(gate) {}
  Gate gate_;
  std::vector<ConfigFinding> findings_;
};

}  // namespace limen::modules
