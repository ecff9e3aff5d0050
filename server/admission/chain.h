// The admission chain: mutate in order, then validate in order; the first refusal ends it.
//
// One chain per configuration generation; immutable; any thread. Never asked about reads.
#pragma once

#include <memory>
#include <vector>

#include "admission/controller.h"

namespace limen::admission {

class Chain {
 public:
  Chain() = default;
  explicit Chain(std::vector<std::shared_ptr<Controller>> controllers);

  // Runs the mutating controllers over `review.object`, which each may replace. When one changed
  // the object after another had seen it, all run once more with `reinvocation` set. Throws
  // ApiError: a refusal as kube-apiserver words it (`pods "x" is forbidden: why`), or 500 naming
  // the controller that failed.
  base::Task<void> mutate(Review& review, request::CallScope& scope) const;
  // Runs the validating controllers over the final object. Throws as mutate does.
  base::Task<void> validate(Review& review, request::CallScope& scope) const;

  const std::vector<std::shared_ptr<Controller>>& controllers() const { return controllers_; }

 private:
  std::vector<std::shared_ptr<Controller>> controllers_;
};

}  // namespace limen::admission
