// Operations and subresources as enumerations.
#include <gtest/gtest.h>

#include <limen/cpp/operations.hpp>
#include <string>

namespace {

using limen::Operation;
using limen::Subresource;

TEST(Operations, AreNamedAsKubernetesNamesThem) {
  EXPECT_EQ(limen::operation_name(Operation::create), "CREATE");
  EXPECT_EQ(limen::operation_name(Operation::update), "UPDATE");
  EXPECT_EQ(limen::operation_name(Operation::remove), "DELETE");
  EXPECT_EQ(limen::operation_name(Operation::connect), "CONNECT");
}

TEST(Subresources, EachNameIsOne) {
  for (const auto& [name, subresource] : limen::kSubresources) {
    EXPECT_EQ(limen::subresource_of(name), subresource) << name;
    EXPECT_NE(limen::subresource_of(name), Subresource::other) << name;
  }
  EXPECT_EQ(limen::subresource_of(""), Subresource::none);
  EXPECT_EQ(limen::subresource_of("Status"), Subresource::other);
  EXPECT_EQ(limen::subresource_of("statuses"), Subresource::other);
}

TEST(Subresources, ThoseOfAWholeObjectAreHeldToWhatACreateIs) {
  std::string whole;
  for (const auto& [name, subresource] : limen::kSubresources) {
    if (limen::carries_whole_object(subresource)) whole += std::string(name) + ",";
  }
  EXPECT_EQ(whole, ",status,ephemeralcontainers,resize,approval,finalize,");
  EXPECT_FALSE(limen::carries_whole_object(Subresource::other));
}

}  // namespace
