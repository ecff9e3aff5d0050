#include "admission/chain.h"

#include <utility>

#include "admission/passage.h"

namespace limen::admission {

Chain::Chain(std::vector<std::shared_ptr<Controller>> controllers)
    : controllers_(std::move(controllers)) {}

base::Task<void> Chain::mutate(Review& review, request::CallScope& scope) const {
  Passage passage(controllers_, scope, false);
  co_await passage.mutate(review);
}

base::Task<void> Chain::validate(Review& review, request::CallScope& scope) const {
  Passage passage(controllers_, scope, false);
  co_await passage.validate(review);
}

}  // namespace limen::admission
