// Rules and defaults hold whatever an object of the right shape says: none of them may trip over
// what is absent, negative, empty or odd.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "catalog/catalog.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "support/choices.h"
#include "support/random_object.h"
#include "validation/defaults.h"
#include "validation/schema.h"
#include "validation/validate.h"

namespace limen::validation {
namespace {

using object::Json;

// Takes a member away, or makes a number of it negative or zero, somewhere below `value`.
void disturb(Json& value, test::Choices& choices) {
  if (value.is_array()) {
    if (value.get_array().empty()) return;
    return disturb(value.get_array()[choices.pick(value.get_array().size())], choices);
  }
  if (!value.is_object() || value.get_object().empty()) return;
  boost::json::object& members = value.get_object();
  auto member = members.begin() + static_cast<std::ptrdiff_t>(choices.pick(members.size()));
  if (choices.pick(4) == 0) {
    members.erase(member);
  } else if (member->value().is_int64()) {
    member->value() = choices.pick(2) == 0 ? -1 : 0;
  } else {
    disturb(member->value(), choices);
  }
}

void judge(const catalog::Resource& resource, test::Choices& choices) {
  test::RandomObject random(choices);
  Json old = random.of(resource);
  conform(old, *resource.type);
  apply_defaults(resource, old);
  for (int change = 0; change < 8; ++change) {
    Json object = choices.pick(2) == 0 ? object::mutable_copy(old) : random.of(resource);
    for (std::size_t count = choices.pick(4); count > 0; --count) disturb(object, choices);
    object::set_metadata(object, "name", "x");
    conform(object, *resource.type);
    (void)validate_create(resource, object);
    apply_defaults(resource, object);
    (void)validate_create(resource, object);
    (void)validate_update(resource, object, old);
    (void)validate_status_update(resource, object, old);
    Json again = object::mutable_copy(object);
    apply_defaults(resource, again);
    EXPECT_EQ(again, object) << resource.kind << ": defaults are filled in once";
  }
}

TEST(RandomObjects, NoRuleTripsOverAnyOfThem) {
  const char* const given = std::getenv("LIMEN_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20261130;
  SCOPED_TRACE("LIMEN_SEED=" + std::to_string(seed));
  for (int round = 0; round < 10; ++round) {
    for (const catalog::GroupVersion& version : catalog::group_versions()) {
      for (const catalog::Resource& resource : version.resources) {
        if (resource.type == nullptr || !resource.stored()) continue;
        SCOPED_TRACE(std::string(resource.name) + "." + std::string(resource.group));
        test::Choices choices(seed + static_cast<std::uint64_t>(round));
        judge(resource, choices);
      }
    }
  }
}

}  // namespace
}  // namespace limen::validation
