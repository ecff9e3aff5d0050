// ModuleSpec: one entry of the configuration's module lists, as this room needs it.
//
// Plain values, so that building a generation does not depend on how the file was parsed.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::modules {

enum class Kind { authenticator, authorizer, admission, store };

// "authenticator", "authorizer", "admission", "store": for messages and metric labels.
std::string_view kind_name(Kind kind);
// "limen.authenticator/1" and so on: the descriptor's kind.
std::string_view kind_id(Kind kind);

// What an admission module that errs or times out means for the object. Authenticators and
// authorizers have no choice: an error is never a success.
enum class FailurePolicy { fail, ignore };

// Where an instance lives: in the server, or in a process of its own that may die without harm.
enum class Isolation { none, process };

// What the config demands of a module's file beside its owner and mode; see modules/trust.h.
struct Pins {
  std::string sha256;  // lower-case hex of the file; empty: any
  std::string
      signed_by;  // the key's name in the config, for messages; empty: no signature is asked for
  std::string public_key;  // ed25519, raw 32 bytes

  bool empty() const { return sha256.empty() && signed_by.empty(); }
  bool operator==(const Pins&) const = default;
};

struct ModuleSpec {
  std::string name;    // of the instance; unique in its list
  std::string module;  // file name without ".so"; empty: the name
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  std::size_t max_calls = 1024;  // at one time; what comes beyond is refused at once
  FailurePolicy failure_policy = FailurePolicy::fail;
  Isolation isolation = Isolation::none;
  std::int64_t memory_limit = 0;  // bytes of an isolated one's process; 0: the default
  bool shadow = false;            // it sees what happens and decides nothing
  object::Document config;        // empty: no config was given
  std::string position;           // "limen.yaml:12:5"; names it in refusals
  // Where the config value at a JSON pointer stands; null: `position` is all that is known.
  std::function<std::string(std::string_view pointer)> locate;
  Pins pins;

  const std::string& module_name() const { return module.empty() ? name : module; }
};

// Everything one configuration says about modules. Order is the order of asking.
struct GenerationSpec {
  std::vector<ModuleSpec> authenticators;
  std::vector<ModuleSpec> authorizers;
  std::vector<ModuleSpec> admission;
};

}  // namespace limen::modules
