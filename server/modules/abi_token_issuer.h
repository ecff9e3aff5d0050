// AbiTokenIssuer: a module's limen.token-issuer/1 table as an authn::TokenIssuer. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "authn/token_issuer.h"
#include "modules/module_instance.h"

namespace limen::modules {

class AbiTokenIssuer final : public authn::TokenIssuer {
 public:
  // Null when the instance, a started authenticator, has no such table.
  static std::shared_ptr<AbiTokenIssuer> of(std::shared_ptr<ModuleInstance> instance);

  const std::string& name() const override { return instance_->name(); }
  const std::vector<std::string>& audiences() const override { return audiences_; }
  // A module that errs, breaks the ABI or is late grants nothing.
  base::Task<authn::IssuedToken> issue(const authn::TokenOrder& order,
                                       request::CallScope& scope) override;
  base::Task<authn::IssuerText> document(authn::IssuerDocument which,
                                         request::CallScope& scope) override;

 private:
  AbiTokenIssuer(std::shared_ptr<ModuleInstance> instance, const limen_token_issuer& table);
  base::Task<std::string> run(CallLease& call, request::CallScope& scope,
                              ModuleInstance::Invoke function, const void* input);

  const std::shared_ptr<ModuleInstance> instance_;
  const limen_token_issuer& table_;
  const std::vector<std::string> audiences_;
};

}  // namespace limen::modules
