// The edits of limen_patch_api as the kit applies them; the server's own must do the same.

#include <gtest/gtest.h>

#include <limen/testkit/patch.hpp>

namespace limen::testkit {
namespace {

using Action = Edit::Action;

std::string after(const char* object, std::vector<Edit> edits) {
  try {
    return boost::json::serialize(apply_edits(boost::json::parse(object), edits));
  } catch (const std::invalid_argument&) {
    return "refused";
  }
}

TEST(Patch, SetAddsAndReplacesMembers) {
  EXPECT_EQ(after(R"({"a":1})", {{Action::set, "/a", 2}, {Action::set, "/b", 3}}),
            R"({"a":2,"b":3})");
}

TEST(Patch, SetMakesMissingParentsObjects) {
  EXPECT_EQ(after("{}", {{Action::set, "/a/b/c", "x"}}), R"({"a":{"b":{"c":"x"}}})");
}

TEST(Patch, SetReplacesItemsAndDashAppends) {
  EXPECT_EQ(after("[1,2]", {{Action::set, "/0", 9}, {Action::set, "/-", 3}}), "[9,2,3]");
  EXPECT_EQ(after("[1,2]", {{Action::set, "/2", 9}}), "refused");
}

TEST(Patch, InsertPutsBeforeAnItem) {
  EXPECT_EQ(after("[1,2]", {{Action::insert, "/0", 0}, {Action::insert, "/-", 3}}), "[0,1,2,3]");
}

TEST(Patch, RemovingWhatIsNotThereDoesNothing) {
  EXPECT_EQ(after(R"({"a":[1,2]})", {{Action::remove, "/a/0", {}}, {Action::remove, "/x/y", {}}}),
            R"({"a":[2]})");
}

TEST(Patch, WalkingThroughAScalarIsRefused) {
  EXPECT_EQ(after(R"({"a":1})", {{Action::set, "/a/b", 2}}), "refused");
}

TEST(Patch, EscapesInPointersAreRead) {
  EXPECT_EQ(after("{}", {{Action::set, "/a~1b/c~0d", 1}}), R"({"a/b":{"c~d":1}})");
  EXPECT_EQ(after("{}", {{Action::set, "/a~2", 1}}), "refused");
  EXPECT_EQ(after("{}", {{Action::set, "a", 1}}), "refused");
}

TEST(Patch, IndexesHaveNoLeadingZerosAndSigns) {
  EXPECT_EQ(after("[1,2]", {{Action::set, "/01", 9}}), "refused");
  EXPECT_EQ(after("[1,2]", {{Action::set, "/+1", 9}}), "refused");
}

}  // namespace
}  // namespace limen::testkit
