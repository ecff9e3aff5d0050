// LoadError: why a module was not taken, in one sentence that names both sides and the way out.
//
// Thrown by the gates (0 path, 1 probe, 2 open, 3 entry, 4 descriptor, 5 config, 6 start) before
// anything of the module serves a request. Each throw counts in
// limen_module_load_failures_total{reason}.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace limen::modules {

enum class Gate { path = 0, probe = 1, open = 2, entry = 3, descriptor = 4, config = 5, start = 6 };

std::string_view gate_name(Gate gate);

class LoadError : public std::runtime_error {
 public:
  // `message` is a whole sentence without a final stop. Constructing one counts it.
  LoadError(Gate gate, const std::string& message);
  Gate gate() const { return gate_; }
  // The same error with `prefix: ` before its sentence; not counted again.
  LoadError located(const std::string& prefix) const;

 private:
  struct Uncounted {};
  LoadError(Gate gate, const std::string& message, Uncounted)
      : std::runtime_error(message), gate_(gate) {}
  Gate gate_;
};

}  // namespace limen::modules
