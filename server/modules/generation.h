// Generation: all module instances of one configuration, in the order they are asked.
//
// Immutable once built. A request pins the generation it began with, so that a reload never takes
// an instance from under it; the Runtime stops and destroys the instances of an old generation once
// nobody pins it. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admission/controller.h"
#include "authn/authenticator.h"
#include "authn/token_issuer.h"
#include "authz/authorizer.h"
#include "modules/module_spec.h"
#include "object/document.h"
#include "storage/followers.h"

namespace limen::modules {

class ModuleInstance;

// What operators see of one instance.
struct InstanceInfo {
  Kind kind = Kind::authenticator;
  std::string name;         // of the instance
  std::string module;       // file name without ".so"
  std::string id, version;  // of the descriptor
  std::string file;
  bool may_block = false;
  bool shadow = false;
  std::uint64_t serial = 0;       // of the instance: another one has another
  std::uint64_t file_serial = 0;  // of the loaded file: a replaced file has another
  std::uint64_t generation = 0;   // the first it served in
  std::chrono::system_clock::time_point started;
  std::string refusal;      // why it is not called at this moment; empty: it is
  std::size_t calls = 0;    // open at this moment, those that hang included
  std::size_t hanging = 0;  // past their deadline and not completed by the module
};

class Generation final : public storage::Followers {
 public:
  struct Authenticator {
    std::shared_ptr<authn::Authenticator> instance;
    std::string module;       // the descriptor's id, by which `anonymous` is known
    object::Document config;  // checked, with defaults
  };

  const std::vector<Authenticator>& authenticators() const { return authenticators_; }
  const std::vector<std::shared_ptr<authz::Authorizer>>& authorizers() const {
    return authorizers_;
  }
  const std::vector<std::shared_ptr<admission::Controller>>& admission() const {
    return admission_;
  }

  // Instances that are told of live traffic and decide nothing; in none of the lists above.
  struct Shadows {
    std::vector<std::shared_ptr<authn::Authenticator>> authenticators;
    std::vector<std::shared_ptr<authz::Authorizer>> authorizers;
    std::vector<std::shared_ptr<admission::Controller>> admission;
    bool empty() const {
      return authenticators.empty() && authorizers.empty() && admission.empty();
    }
  };
  const Shadows& shadows() const { return shadows_; }

  // The first authenticator that signs tokens; null when none does.
  const std::shared_ptr<authn::TokenIssuer>& token_issuer() const { return token_issuer_; }
  // Whether every module that follows a resource has been told of a write. Nobody waits for
  // shadows, nor is it a trouble when they hang.
  bool seen(const storage::ResourceId& id, storage::Revision revision,
            std::function<void()> told) const override;
  void catch_up(std::function<void()> told) const override;

  // 1 for the first that a Runtime built, then one more each time.
  std::uint64_t number() const { return number_; }
  // Every instance, authenticators first.
  std::vector<InstanceInfo> instances() const;
  // One sentence for each instance that is not being called because too many of its calls hang.
  std::vector<std::string> troubles() const;

 private:
  friend class Runtime;
  std::uint64_t number_ = 0;
  std::vector<Authenticator> authenticators_;
  std::vector<std::shared_ptr<authz::Authorizer>> authorizers_;
  std::vector<std::shared_ptr<admission::Controller>> admission_;
  Shadows shadows_;
  std::shared_ptr<authn::TokenIssuer> token_issuer_;
  std::vector<std::shared_ptr<ModuleInstance>> modules_;
};
using GenerationPtr = std::shared_ptr<const Generation>;

}  // namespace limen::modules
