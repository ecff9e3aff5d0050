#include "controllers/custom_names.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace limen::controllers {
namespace {

using object::Json;

Json names(const char* text) { return boost::json::parse(text); }

const Json kWidget = names(R"({"plural":"widgets","singular":"widget","kind":"Widget",
    "listKind":"WidgetList","shortNames":["wd","wg"],"categories":["all"]})");

NamesInUse in_use(std::initializer_list<const char*> resources,
                  std::initializer_list<const char*> kinds = {}) {
  NamesInUse used;
  for (const char* one : resources) used.resources.insert(one);
  for (const char* one : kinds) used.kinds.insert(one);
  return used;
}

void expect_conflict(const NamesInUse& used, const char* reason, const char* message,
                     const char* refused) {
  const AcceptedNames out = accept_names(kWidget, nullptr, used);
  EXPECT_EQ(out.reason, reason);
  EXPECT_EQ(out.message, message);
  EXPECT_FALSE(out.names.as_object().contains(refused)) << refused;
  EXPECT_EQ(out.names.as_object().size(), 5U) << "the other names are accepted";
}

TEST(CustomNames, AreAcceptedWhenNobodyHasThem) {
  const AcceptedNames out = accept_names(kWidget, nullptr, in_use({"gadgets"}, {"Gadget"}));
  EXPECT_TRUE(out.all());
  EXPECT_EQ(out.names, kWidget);
}

TEST(CustomNames, ConflictsAreSaidAsKubernetesSaysThem) {
  expect_conflict(in_use({"widgets"}), "PluralConflict", R"("widgets" is already in use)",
                  "plural");
  expect_conflict(in_use({"widget"}), "SingularConflict", R"("widget" is already in use)",
                  "singular");
  expect_conflict(in_use({"wd"}), "ShortNamesConflict", R"("wd" is already in use)", "shortNames");
  expect_conflict(in_use({"wd", "wg"}), "ShortNamesConflict",
                  R"(["wd" is already in use, "wg" is already in use])", "shortNames");
  expect_conflict(in_use({}, {"Widget"}), "KindConflict", R"("Widget" is already in use)", "kind");
  expect_conflict(in_use({}, {"WidgetList"}), "ListKindConflict",
                  R"("WidgetList" is already in use)", "listKind");
}

TEST(CustomNames, TheLastOfSeveralConflictsIsTold) {
  EXPECT_EQ(accept_names(kWidget, nullptr, in_use({"widgets"}, {"Widget"})).reason, "KindConflict");
}

TEST(CustomNames, KindsAndResourcesAreDifferentNames) {
  EXPECT_TRUE(accept_names(kWidget, nullptr, in_use({"Widget"}, {"widgets"})).all());
}

TEST(CustomNames, WhatOneHasOneKeeps) {
  NamesInUse used;
  used.add(&kWidget);
  EXPECT_TRUE(accept_names(kWidget, &kWidget, used).all());
  Json more = kWidget;
  more.as_object()["shortNames"].as_array().push_back("wx");
  EXPECT_TRUE(accept_names(more, &kWidget, used).all());
  used.resources.insert("wx");
  const AcceptedNames out = accept_names(more, &kWidget, used);
  EXPECT_EQ(out.reason, "ShortNamesConflict");
  EXPECT_EQ(out.names, kWidget);
}

TEST(CustomNames, CategoriesAndNoShortNamesAreAlwaysAccepted) {
  const Json wanted = names(R"({"plural":"widgets","singular":"widget","kind":"Widget",
      "listKind":"WidgetList"})");
  NamesInUse used;
  used.add(&kWidget);
  EXPECT_EQ(accept_names(wanted, &kWidget, used).names, wanted);
}

}  // namespace
}  // namespace limen::controllers
