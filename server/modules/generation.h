// Generation: all module instances of one configuration, in the order they are asked.
//
// Immutable once built. A request pins the generation it began with, so that a reload never takes
// an instance from under it; the Runtime stops and destroys the instances of an old generation once
// nobody pins it. Any thread.
#pragma once

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

  // Every instance, authenticators first.
  std::vector<InstanceInfo> instances() const;
  // One sentence for each instance that is not being called because too many of its calls hang.
  std::vector<std::string> troubles() const;

 private:
  friend class Runtime;
  std::vector<Authenticator> authenticators_;
  std::vector<std::shared_ptr<authz::Authorizer>> authorizers_;
  std::vector<std::shared_ptr<admission::Controller>> admission_;
  Shadows shadows_;
  std::shared_ptr<authn::TokenIssuer> token_issuer_;
  std::vector<std::shared_ptr<ModuleInstance>> modules_;
};
using GenerationPtr = std::shared_ptr<const Generation>;

}  // namespace limen::modules
