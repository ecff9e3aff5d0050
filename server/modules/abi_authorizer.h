// AbiAuthorizer: a module's authorizer table as an authz::Authorizer. Any thread.
#pragma once

#include <memory>

#include "authz/authorizer.h"
#include "modules/module_instance.h"

namespace limen::modules {

class AbiAuthorizer final : public authz::Authorizer {
 public:
  // `instance` has started and is of kind authorizer.
  explicit AbiAuthorizer(std::shared_ptr<ModuleInstance> instance);

  const std::string& name() const override { return instance_->name(); }
  const std::string& module() const override { return instance_->descriptor().id; }
  // A module that errs, breaks the ABI or is late denies, with an error. A question that explains
  // is not counted.
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope& scope) override;
  // A module without limen.authorizer.rules/1 answers incomplete, as kube-apiserver words it.
  base::Task<authz::Rules> rules_for(const request::Identity& user, const std::string& ns,
                                     request::CallScope& scope) override;

 private:
  authz::Result take_result(Call& call, const CallTime& time);
  authz::Rules take_rules(Call& call, const CallTime& time);

  const std::shared_ptr<ModuleInstance> instance_;
  const limen_authorizer_rules* rules_ = nullptr;  // null: cannot enumerate
};

}  // namespace limen::modules
