// See support/deny_list_properties.h.
#include <gtest/gtest.h>

#include "support/deny_list_properties.h"

namespace limen::test::deny_list {
namespace {

TEST(TheDenyListWins, WhateverTheAuthorizersAfterItAllow) {
  const std::string folder = LIMEN_BINARY_DIR "/lib/limen/modules/";
  const testkit::Module deny_list(folder + "deny-list.so");
  const testkit::Module rbac(folder + "rbac.so");
  const testkit::Module abac(folder + "abac.so");
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Choices choices(seed);
    ASSERT_EQ(always_wins({deny_list, rbac, abac}, choices, 100, tally), "")
        << "with seed " << seed;
  }
  EXPECT_GT(tally.denied, 600) << "the questions must not all have one answer";
  EXPECT_GT(tally.would_be_allowed, 100);
  EXPECT_GT(tally.allowed, 600);
}

}  // namespace
}  // namespace limen::test::deny_list
