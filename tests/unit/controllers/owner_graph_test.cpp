// OwnerGraph and the reading of owner references.
#include "controllers/owner_graph.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "controllers/owner_references.h"

namespace limen::controllers {
namespace {

using Owner = OwnerGraph::Owner;

storage::ObjectPtr object(const std::string& uid) {
  auto made = std::make_shared<storage::StoredObject>();
  made->uid = uid;
  made->name = uid;
  return made;
}

class OwnerGraphTest : public testing::Test {
 protected:
  bool put(const std::string& uid, std::vector<Owner> owners) {
    unblocked_.clear();
    return graph_.put(7, object(uid), std::move(owners), unblocked_);
  }
  std::vector<std::string> dependents_of(const std::string& owner) const {
    std::vector<std::string> names;
    graph_.for_each_dependent(to_uid(owner), [&](std::uint32_t resource, const auto& one) {
      EXPECT_EQ(resource, 7u);
      names.push_back(one->name);
    });
    std::sort(names.begin(), names.end());
    return names;
  }
  OwnerGraph graph_;
  std::vector<Uid> unblocked_;
};

TEST(Uids, AreExactWhenTheyAreUuids) {
  const Uid uid = to_uid("00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(uid.high, 0x0011223344556677u);
  EXPECT_EQ(uid.low, 0x8899aabbccddeeffu);
  EXPECT_EQ(to_uid("u-1"), to_uid("u-1"));
  EXPECT_FALSE(to_uid("u-1") == to_uid("u-2"));
  EXPECT_FALSE(to_uid("00112233-4455-6677-8899-AABBCCDDEEFF") == uid);
}

TEST_F(OwnerGraphTest, AnObjectWithoutOwnersIsNotRemembered) {
  EXPECT_FALSE(put("a", {}));
  EXPECT_FALSE(graph_.has_dependents(to_uid("a")));
}

TEST_F(OwnerGraphTest, DependentsAreFoundByEachOfTheirOwners) {
  EXPECT_TRUE(put("a", {{to_uid("x")}, {to_uid("y")}}));
  EXPECT_TRUE(put("b", {{to_uid("x")}}));
  EXPECT_EQ(dependents_of("x"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(dependents_of("y"), (std::vector<std::string>{"a"}));
}

TEST_F(OwnerGraphTest, OnlyAChangeOfOwnersIsAChange) {
  put("a", {{to_uid("x")}});
  EXPECT_FALSE(put("a", {{to_uid("x")}}));
  EXPECT_TRUE(put("a", {{to_uid("x"), true}}));
  EXPECT_TRUE(put("a", {{to_uid("y")}}));
  EXPECT_FALSE(graph_.has_dependents(to_uid("x")));
  EXPECT_TRUE(put("a", {}));
  EXPECT_FALSE(graph_.has_dependents(to_uid("y")));
}

TEST_F(OwnerGraphTest, AnOwnerIsUnblockedByTheLastThatBlockedIt) {
  put("a", {{to_uid("x"), true}});
  put("b", {{to_uid("x"), true}});
  put("c", {{to_uid("x"), false}});
  EXPECT_EQ(graph_.blocking(to_uid("x")), 2u);
  put("a", {{to_uid("x"), false}});
  EXPECT_TRUE(unblocked_.empty());
  graph_.erase(to_uid("b"), unblocked_);
  EXPECT_EQ(unblocked_, (std::vector<Uid>{to_uid("x")}));
  EXPECT_EQ(graph_.blocking(to_uid("x")), 0u);
  EXPECT_EQ(dependents_of("x"), (std::vector<std::string>{"a", "c"}));
}

TEST_F(OwnerGraphTest, AnotherOwnerDoesNotUnblockTheOneThatStays) {
  put("a", {{to_uid("x"), true}});
  put("a", {{to_uid("x"), true}, {to_uid("y")}});
  EXPECT_TRUE(unblocked_.empty());
  EXPECT_EQ(graph_.blocking(to_uid("x")), 1u);
}

TEST_F(OwnerGraphTest, WhatIsErasedOrForgottenIsNowhere) {
  put("a", {{to_uid("x"), true}});
  graph_.erase(to_uid("nobody"), unblocked_);
  graph_.erase(to_uid("a"), unblocked_);
  EXPECT_FALSE(graph_.has_dependents(to_uid("x")));
  put("a", {{to_uid("x"), true}});
  graph_.clear();
  EXPECT_FALSE(graph_.has_dependents(to_uid("x")));
}

TEST(OwnerReferences, AnOwnerNamedTwiceIsOneAndBlocksWhenOneSaysSo) {
  const object::Json object = boost::json::parse(
      R"({"metadata":{"ownerReferences":[{"uid":"x"},{"uid":"x","blockOwnerDeletion":true}]}})");
  EXPECT_EQ(owners_of(object), (std::vector<Owner>{{to_uid("x"), true}}));
}

TEST(OwnerReferences, WhatIsMisshapenIsNoOwner) {
  EXPECT_TRUE(owners_of(boost::json::parse(R"({"metadata":{"ownerReferences":{}}})")).empty());
  EXPECT_TRUE(owners_of(boost::json::parse(R"({})")).empty());
}

TEST(OwnerReferences, ReferencesAreDroppedAndTheLastTakesTheListWithIt) {
  object::Json object =
      boost::json::parse(R"({"metadata":{"ownerReferences":[{"uid":"x"},{"uid":"y"}]}})");
  const auto is = [](std::string_view uid) {
    return [uid](const OwnerReference& reference) { return reference.uid == uid; };
  };
  EXPECT_FALSE(drop_owners(object, is("z")));
  EXPECT_TRUE(drop_owners(object, is("x")));
  EXPECT_EQ(object.at("metadata").at("ownerReferences").as_array().size(), 1u);
  EXPECT_TRUE(drop_owners(object, is("y")));
  EXPECT_FALSE(object.at("metadata").as_object().contains("ownerReferences"));
}

}  // namespace
}  // namespace limen::controllers
