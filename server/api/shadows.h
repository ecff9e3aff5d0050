// Shadows: modules that see live traffic and decide nothing (`mode: shadow` in the configuration).
//
// Once a stage has decided, each of its shadows is asked the same thing, with copies, on worker
// threads of its own, while the request goes on. What it says is compared with what was decided,
// counted in limen_shadow_verdicts_total, and a difference is logged, at most once a second for one
// shadow:
//   same        it would have decided the same
//   different   it would have decided otherwise
//   no-opinion  it would have left the decision to others
//   error       it failed, or too many of its calls wait
// Immutable; any thread. The modules live as long as this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admission/controller.h"
#include "authn/chain.h"
#include "authz/chain.h"
#include "request/call_scope.h"

namespace limen::api {

class Shadows : public std::enable_shared_from_this<Shadows> {
 public:
  Shadows(const std::vector<std::shared_ptr<authn::Authenticator>>& authenticators,
          const std::vector<std::shared_ptr<authz::Authorizer>>& authorizers,
          const std::vector<std::shared_ptr<admission::Controller>>& controllers);

  // What was decided. They return at once; everything they need is copied, and `scope` says where
  // to go on.
  void authenticated(const authn::Credentials& credentials, const authn::Outcome& outcome,
                     const request::CallScope& scope) const;
  void authorized(const authz::Attributes& attributes, const authz::Outcome& outcome,
                  const request::CallScope& scope) const;
  // `review` is about the object as it was last, admitted or refused.
  void admitted(const admission::Review& review, bool admitted,
                const request::CallScope& scope) const;
  bool has_controllers() const { return !controllers_.empty(); }

 private:
  class Tally;
  template <class Module>
  struct Shadow {
    std::shared_ptr<Module> module;
    std::shared_ptr<Tally> tally;
  };
  struct Presented;
  struct Asked;
  struct Reviewed;
  using Self = std::shared_ptr<const Shadows>;

  template <class Module>
  static std::vector<Shadow<Module>> with_tallies(
      const char* kind, const std::vector<std::shared_ptr<Module>>& modules);
  static base::Task<void> ask(Self self, std::shared_ptr<Presented> presented);
  static base::Task<void> ask(Self self, std::shared_ptr<Asked> asked);
  static base::Task<void> ask(Self self, std::shared_ptr<Reviewed> reviewed);
  template <class Question>
  void ask_later(std::shared_ptr<Question> question) const;

  std::vector<Shadow<authn::Authenticator>> authenticators_;
  std::vector<Shadow<authz::Authorizer>> authorizers_;
  std::vector<Shadow<admission::Controller>> controllers_;
};

}  // namespace limen::api
