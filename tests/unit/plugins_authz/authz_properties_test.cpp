// What holds of rbac and abac whatever the policy; see support/authz_properties.h.
#include "support/authz_properties.h"

#include <gtest/gtest.h>

namespace limen::test {
namespace {

const testkit::Module& rbac() {
  static const testkit::Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/rbac.so");
  return loaded;
}
const testkit::Module& abac() {
  static const testkit::Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/abac.so");
  return loaded;
}

using Property = std::string (*)(const testkit::Module&, Choices&);

void hold(Property property, const testkit::Module& module) {
  constexpr std::uint64_t kSeeds = 150;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Choices choices(seed);
    ASSERT_EQ(property(module, choices), "") << "with seed " << seed;
  }
}

TEST(RbacProperties, InstancesOverTheSameObjectsDecideAlikeWhateverTheOrderOfTheEvents) {
  hold(rbac_decides_alike_in_any_order, rbac());
}

TEST(RbacProperties, AddingARuleASubjectARoleOrABindingNeverTakesARightAway) {
  hold(rbac_never_takes_away_by_adding, rbac());
}

TEST(AbacProperties, InstancesOverTheSameLinesDecideAlikeWhateverTheirOrder) {
  hold(abac_decides_alike_in_any_order, abac());
}

TEST(AbacProperties, AddingALineNeverTakesARightAway) {
  hold(abac_never_takes_away_by_adding, abac());
}

}  // namespace
}  // namespace limen::test
