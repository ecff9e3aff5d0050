#include "modules/load_error.h"

#include "modules/module_spec.h"
#include "observability/metrics.h"

namespace limen::modules {

std::string_view gate_name(Gate gate) {
  switch (gate) {
    case Gate::path:
      return "path";
    case Gate::probe:
      return "probe";
    case Gate::open:
      return "open";
    case Gate::entry:
      return "entry";
    case Gate::descriptor:
      return "descriptor";
    case Gate::config:
      return "config";
    case Gate::start:
      return "start";
  }
  return "unknown";
}

LoadError::LoadError(Gate gate, const std::string& message)
    : std::runtime_error(message), gate_(gate) {
  metrics::counter("limen_module_load_failures_total",
                   "Modules that were refused, by the gate that refused them.", {"reason"})
      .with({gate_name(gate)})
      .add();
}

LoadError LoadError::located(const std::string& prefix) const {
  LoadError out(gate_, prefix + ": " + what(), Uncounted{});
  out.findings_ = findings_;
  return out;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::authenticator:
      return "authenticator";
    case Kind::authorizer:
      return "authorizer";
    case Kind::admission:
      return "admission";
    case Kind::store:
      return "store";
  }
  return "unknown";
}

std::string_view kind_id(Kind kind) {
  switch (kind) {
    case Kind::authenticator:
      return "limen.authenticator/1";
    case Kind::authorizer:
      return "limen.authorizer/1";
    case Kind::admission:
      return "limen.admission/1";
    case Kind::store:
      return "limen.store/0";
  }
  return "unknown";
}

}  // namespace limen::modules
