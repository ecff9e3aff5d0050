// AbiAuthenticator: a module's authenticator table as an authn::Authenticator. Any thread.
#pragma once

#include <memory>

#include "authn/authenticator.h"
#include "modules/module_instance.h"

namespace limen::modules {

class AbiAuthenticator final : public authn::Authenticator {
 public:
  // `instance` has started and is of kind authenticator.
  explicit AbiAuthenticator(std::shared_ptr<ModuleInstance> instance);

  const std::string& name() const override { return instance_->name(); }
  bool by_token() const override { return instance_->descriptor().by_token(); }
  // A module that errs, breaks the ABI or is late gives Verdict::error; nobody is authenticated by
  // it.
  base::Task<authn::Result> authenticate(const authn::Credentials& credentials,
                                         request::CallScope& scope) override;

 private:
  authn::Result take_result(Call& call, const CallTime& time);

  const std::shared_ptr<ModuleInstance> instance_;
};

}  // namespace limen::modules
