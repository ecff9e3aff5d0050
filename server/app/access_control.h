// AccessControl: the module generations of a running server, as the chains a request pins.
//
// current() is for any thread and costs one atomic load; change() is for the control thread. A
// request that holds chains holds the generation they were made from.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/access_chains.h"
#include "modules/runtime.h"

namespace limen::app {

// The id of the authorizer beside which no request is anonymous.
inline constexpr std::string_view kAlwaysAllowModule = "always-allow";

// What the chains of every generation share.
struct AccessOptions {
  const authn::Revocations* revocations = nullptr;  // null: none; outlives the chains
  std::vector<std::string> api_audiences;           // empty: as the token issuer names them
};

class AccessControl {
 public:
  // `runtime` outlives this.
  explicit AccessControl(modules::Runtime& runtime, AccessOptions options = {})
      : runtime_(runtime), options_(std::move(options)) {}

  // Makes and starts what `spec` names and puts it in force. Throws modules::LoadError; what was in
  // force stays in force then.
  void change(const modules::GenerationSpec& spec);

  // Null before the first change().
  api::AccessChainsPtr current() const { return chains_.load(std::memory_order_acquire); }
  modules::GenerationPtr generation() const { return runtime_.current(); }

 private:
  modules::Runtime& runtime_;
  const AccessOptions options_;
  std::atomic<api::AccessChainsPtr> chains_;
};

// The chains of a generation, in its order; they keep it alive. Beside always-allow the anonymous
// authenticators are left out.
api::AccessChainsPtr chains_of(modules::GenerationPtr generation,
                               const AccessOptions& options = {});

}  // namespace limen::app
