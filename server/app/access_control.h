// AccessControl: the module generations of a running server, as the chains a request pins.
//
// current() is for any thread and costs one atomic load; what changes it is for one thread at a
// time. A request that holds chains holds the generation they were made from: every decision about
// it is of that one generation, whatever is put in force meanwhile. A write it makes is
// acknowledged when the modules of every generation that decides now, or is about to, have seen it
// as well.
#pragma once

#include <atomic>
#include <functional>
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
  // The generations that have to see a write beside the one that pins it; null: none.
  std::function<std::vector<modules::GenerationPtr>()> beside = nullptr;
};

class AccessControl {
 public:
  // `runtime` outlives this.
  explicit AccessControl(modules::Runtime& runtime, AccessOptions options = {});

  // A generation that is made, started and in step with the store, and not in force. It is taken
  // down with the Prepared unless it was committed.
  class Prepared {
   public:
    Prepared(AccessControl& control, modules::GenerationPtr generation);
    ~Prepared();
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    const modules::Generation& generation() const { return *generation_; }

   private:
    friend class AccessControl;
    AccessControl& control_;
    modules::GenerationPtr generation_;
    api::AccessChainsPtr chains_;
    bool committed_ = false;
  };
  // Makes and starts what `spec` names beside what is in force. Throws modules::LoadError; nothing
  // is left of the attempt then. One at a time.
  std::unique_ptr<Prepared> prepare(const modules::GenerationSpec& spec);
  // Puts it in force: requests that begin from now on belong to it.
  void commit(Prepared& prepared);

  // Both at once.
  void change(const modules::GenerationSpec& spec);

  // Null before the first change().
  api::AccessChainsPtr current() const { return chains_.load(std::memory_order_acquire); }
  modules::GenerationPtr generation() const { return runtime_.current(); }

 private:
  void wait_in_step(const modules::Generation& next) const;
  std::vector<modules::GenerationPtr> deciding() const;

  modules::Runtime& runtime_;
  AccessOptions options_;
  std::atomic<modules::GenerationPtr> joining_;  // started, and not in force yet
  std::atomic<api::AccessChainsPtr> chains_;
};

// The chains of a generation, in its order; they keep it alive. Beside always-allow the anonymous
// authenticators are left out.
api::AccessChainsPtr chains_of(modules::GenerationPtr generation,
                               const AccessOptions& options = {});

}  // namespace limen::app
