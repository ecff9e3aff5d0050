#include "authz/rule_cover.h"

#include <gtest/gtest.h>

namespace limen::authz {
namespace {

Rules holding(std::vector<ResourceRule> resources, std::vector<NonResourceRule> urls = {}) {
  Rules rules;
  rules.resource_rules = std::move(resources);
  rules.non_resource_rules = std::move(urls);
  return rules;
}

PolicyRule wanting(std::vector<std::string> verbs, std::vector<std::string> groups,
                   std::vector<std::string> resources, std::vector<std::string> names = {}) {
  return {std::move(verbs), std::move(groups), std::move(resources), std::move(names), {}};
}

std::string missing(const Rules& held, std::vector<PolicyRule> wanted) {
  return describe_rules(missing_rules(held, wanted));
}

TEST(RuleCover, WhatIsHeldIsNotMissing) {
  const Rules held = holding({{{"get", "list"}, {""}, {"pods"}, {}}});
  EXPECT_EQ(missing(held, {wanting({"get"}, {""}, {"pods"})}), "");
  EXPECT_EQ(missing(held, {wanting({"get", "list"}, {""}, {"pods"}, {"a", "b"})}), "");
}

TEST(RuleCover, RulesHeldApartCoverOneThatJoinsThem) {
  const Rules held = holding({{{"get"}, {""}, {"pods"}, {}},
                              {{"get"}, {"apps"}, {"pods"}, {}},
                              {{"get"}, {""}, {"services"}, {}},
                              {{"get"}, {"apps"}, {"services"}, {}}});
  EXPECT_EQ(missing(held, {wanting({"get"}, {"", "apps"}, {"pods", "services"})}), "");
}

TEST(RuleCover, MissingVerbsOfOneResourceAreJoined) {
  const Rules held = holding({{{"get"}, {""}, {"pods"}, {}}});
  EXPECT_EQ(missing(held, {wanting({"get", "list", "watch"}, {""}, {"pods"})}),
            R"({APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]})");
}

TEST(RuleCover, EachMissingResourceIsALineOfItsOwnInOrder) {
  EXPECT_EQ(missing({}, {wanting({"get"}, {""}, {"secrets", "pods"})}),
            "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\"]}\n"
            "{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}");
}

TEST(RuleCover, AStarIsCoveredOnlyByAStar) {
  const Rules all_verbs_named = holding({{{"get", "list", "create"}, {""}, {"pods"}, {}}});
  EXPECT_NE(missing(all_verbs_named, {wanting({"*"}, {""}, {"pods"})}), "");
  const Rules star = holding({{{"*"}, {"*"}, {"*"}, {}}});
  EXPECT_EQ(missing(star, {wanting({"*"}, {"*"}, {"*"})}), "");
  EXPECT_EQ(missing(star, {wanting({"get"}, {"apps"}, {"deployments/scale"})}), "");
}

TEST(RuleCover, ASubresourceOfAnythingCoversThatOfOne) {
  const Rules held = holding({{{"get"}, {"apps"}, {"*/scale"}, {}}});
  EXPECT_EQ(missing(held, {wanting({"get"}, {"apps"}, {"deployments/scale"})}), "");
  EXPECT_NE(missing(held, {wanting({"get"}, {"apps"}, {"deployments"})}), "");
  EXPECT_NE(missing(held, {wanting({"get"}, {"apps"}, {"deployments/status"})}), "");
  EXPECT_NE(missing(holding({{{"get"}, {"apps"}, {"deployments"}, {}}}),
                    {wanting({"get"}, {"apps"}, {"deployments/scale"})}),
            "");
}

TEST(RuleCover, NamesHeldDoNotCoverAllNames) {
  const Rules held = holding({{{"get"}, {""}, {"secrets"}, {"mine"}}});
  EXPECT_EQ(missing(held, {wanting({"get"}, {""}, {"secrets"}, {"mine"})}), "");
  EXPECT_EQ(missing(held, {wanting({"get"}, {""}, {"secrets"})}),
            R"({APIGroups:[""], Resources:["secrets"], Verbs:["get"]})");
  EXPECT_EQ(missing(held, {wanting({"get"}, {""}, {"secrets"}, {"mine", "yours"})}),
            R"({APIGroups:[""], Resources:["secrets"], ResourceNames:["yours"], Verbs:["get"]})");
}

TEST(RuleCover, UrlsAreCoveredByThemselvesAndByPrefixes) {
  const Rules held = holding({}, {{{"get"}, {"/healthz", "/metrics/*"}}});
  EXPECT_EQ(missing(held, {{{"get"}, {}, {}, {}, {"/healthz", "/metrics/x", "/metrics/*"}}}), "");
  EXPECT_EQ(missing(held, {{{"get", "post"}, {}, {}, {}, {"/healthz"}}}),
            R"({NonResourceURLs:["/healthz"], Verbs:["post"]})");
  EXPECT_NE(missing(held, {{{"get"}, {}, {}, {}, {"*"}}}), "");
}

TEST(RuleCover, ResourcesDoNotCoverUrlsNorTheOtherWayRound) {
  const Rules resources = holding({{{"*"}, {"*"}, {"*"}, {}}});
  EXPECT_EQ(missing(resources, full_authority()), R"({NonResourceURLs:["*"], Verbs:["*"]})");
  const Rules urls = holding({}, {{{"*"}, {"*"}}});
  EXPECT_EQ(missing(urls, full_authority()), R"({APIGroups:["*"], Resources:["*"], Verbs:["*"]})");
}

TEST(RuleCover, ARuleWithoutVerbsGrantsNothing) {
  EXPECT_EQ(missing({}, {wanting({}, {""}, {"pods"}), wanting({"get"}, {""}, {})}), "");
}

}  // namespace
}  // namespace limen::authz
