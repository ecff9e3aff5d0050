// The chains of a generation of modules, as requests hold them.
#include "app/access_control.h"

#include <gtest/gtest.h>

#include "support/scratch_folder.h"

namespace limen::app {
namespace {

// An admission controller's question to the authorizers may outlive its request, and so shares them.
TEST(AccessControlTest, WhoHasTheChainsCanShareThem) {
  const test::ScratchFolder folder;
  modules::Runtime runtime({.folder = folder.path()});
  const api::AccessChainsPtr chains = chains_of(runtime.build({}), {});
  ASSERT_NE(chains, nullptr);
  EXPECT_EQ(chains->weak_from_this().lock(), chains);
  EXPECT_NE(chains->followers, nullptr);
}

}  // namespace
}  // namespace limen::app
