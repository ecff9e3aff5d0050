#include "app/access_control.h"

#include <gtest/gtest.h>

#include "modules/runtime.h"

namespace limen::app {
namespace {

// Questions that a module asks in the middle of admission keep the chains of their request, and its
// generation with them, by what the chains say of their owner.
TEST(PinnedChains, KnowTheirOwner) {
  modules::Runtime runtime(modules::RuntimeOptions{});
  const modules::GenerationPtr generation = runtime.build({});
  const long before = generation.use_count();
  api::AccessChainsPtr chains = chains_of(generation, AccessOptions{});
  EXPECT_GT(generation.use_count(), before);
  const api::AccessChainsPtr owner = chains->weak_from_this().lock();
  EXPECT_EQ(owner, chains);
  chains.reset();
  EXPECT_GT(generation.use_count(), before);
}

}  // namespace
}  // namespace limen::app
