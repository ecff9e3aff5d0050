// AbiController: a module's admission table as an admission::Controller. Any thread.
#pragma once

#include <memory>

#include "admission/controller.h"
#include "modules/module_instance.h"

namespace limen::modules {

class AbiController final : public admission::Controller {
 public:
  // `instance` has started and is of kind admission.
  explicit AbiController(std::shared_ptr<ModuleInstance> instance);

  const std::string& name() const override { return instance_->name(); }
  bool handles(admission::Operation operation) const override;
  bool mutates() const override { return table_.admit != nullptr; }
  bool validates() const override { return table_.validate != nullptr; }
  // A module that errs, breaks the ABI, is late or edits what it may not is a failure: an error, or
  // with FailurePolicy::ignore admitted unchanged, annotated and logged.
  base::Task<admission::Result> admit(const admission::Review& review,
                                      request::CallScope& scope) override;
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope& scope) override;

 private:
  base::Task<admission::Result> review(const admission::Review& review, request::CallScope& scope,
                                       CallKind kind);
  admission::Result take_result(Call& call, const admission::Review& review,
                                request::CallScope& scope, const CallTime& time);
  admission::Result failed(std::string error, request::CallScope& scope) const;

  const std::shared_ptr<ModuleInstance> instance_;
  const limen_admission& table_;
};

}  // namespace limen::modules
