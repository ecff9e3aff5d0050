// Discovery documents: what old and new clients read first.
#include "api/discovery/discovery.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "api/discovery/accept.h"
#include "api/discovery/digest.h"
#include "base/api_error.h"
#include "catalog/catalog.h"

namespace limen::api {
namespace {

using boost::json::value;

constexpr std::string_view kV2 =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
constexpr std::string_view kV2Beta1 =
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

value read(std::string_view path, std::string_view accept = "application/json") {
  const auto page = discovery_page(path, accept);
  if (page == nullptr) throw std::runtime_error("no page at " + std::string(path));
  return boost::json::parse(*page->body);
}

// The entry of `list` whose member `key` is `name`.
const value& entry(const value& list, const char* key, std::string_view name) {
  for (const value& item : list.as_array()) {
    if (item.at(key).as_string() == name) return item;
  }
  throw std::runtime_error("no entry " + std::string(name));
}

TEST(Discovery, RootOfTheCoreGroupListsVersions) {
  const value root = read("/api");
  EXPECT_EQ(root.at("kind"), "APIVersions");
  EXPECT_EQ(root.at("versions").at(0), "v1");
}

TEST(Discovery, GroupListHasEveryGroupInOrderWithItsPreferredVersion) {
  const value list = read("/apis");
  EXPECT_EQ(list.at("kind"), "APIGroupList");
  EXPECT_EQ(list.at("apiVersion"), "v1");
  const auto& groups = list.at("groups").as_array();
  ASSERT_EQ(groups.size(), 22U);
  EXPECT_EQ(groups[0].at("name"), "apiregistration.k8s.io");
  EXPECT_EQ(groups[1].at("name"), "apps");
  const value& autoscaling = entry(list.at("groups"), "name", "autoscaling");
  EXPECT_EQ(autoscaling.at("preferredVersion").at("groupVersion"), "autoscaling/v2");
  EXPECT_EQ(autoscaling.at("versions").as_array().size(), 2U);
}

TEST(Discovery, AGroupHasItsOwnDocument) {
  EXPECT_EQ(*discovery_page("/apis/apps", "")->body,
            "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"apps\",\"versions\":"
            "[{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}],\"preferredVersion\":"
            "{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"}}\n");
}

TEST(Discovery, AGroupVersionIsWrittenAsKubeApiserverWritesIt) {
  const std::string body = *discovery_page("/apis/apps/v1", "")->body;
  const std::string_view deployments =
      "{\"name\":\"deployments\",\"singularName\":\"deployment\",\"namespaced\":true,"
      "\"kind\":\"Deployment\",\"verbs\":[\"create\",\"delete\",\"deletecollection\",\"get\","
      "\"list\",\"patch\",\"update\",\"watch\"],\"shortNames\":[\"deploy\"],"
      "\"categories\":[\"all\"],\"storageVersionHash\":\"8aSe+NMegvE=\"},"
      "{\"name\":\"deployments/scale\",\"singularName\":\"\",\"namespaced\":true,"
      "\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\","
      "\"verbs\":[\"get\",\"patch\",\"update\"]},"
      "{\"name\":\"deployments/status\",\"singularName\":\"\",\"namespaced\":true,"
      "\"kind\":\"Deployment\",\"verbs\":[\"get\",\"patch\",\"update\"]}";
  EXPECT_NE(body.find(deployments), std::string::npos) << body;
  EXPECT_TRUE(body.starts_with(
      "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"apps/v1\","));
}

TEST(Discovery, CoreResourceListHasNoApiVersion) {
  EXPECT_TRUE(discovery_page("/api/v1", "")
                  ->body->starts_with(
                      "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["));
}

TEST(Discovery, EveryGroupVersionHasEveryResourceOfTheCatalog) {
  for (const auto& served : catalog::group_versions()) {
    const std::string path = served.group.empty() ? "/api/v1"
                                                  : "/apis/" + std::string(served.group) + "/" +
                                                        std::string(served.version);
    std::size_t rows = 0;
    for (const auto& resource : served.resources) rows += 1 + resource.subresources.size();
    EXPECT_EQ(read(path).at("resources").as_array().size(), rows) << path;
  }
}

TEST(Discovery, OnlyStoredResourcesHaveAStorageVersionHash) {
  const value list = read("/api/v1");
  EXPECT_EQ(entry(list.at("resources"), "name", "pods").at("storageVersionHash"), "xPOwRZ+Yhw8=");
  EXPECT_FALSE(
      entry(list.at("resources"), "name", "bindings").as_object().contains("storageVersionHash"));
}

TEST(Discovery, EventsOfBothGroupsHaveOneStorageVersionHash) {
  const value core = read("/api/v1");
  const value group = read("/apis/events.k8s.io/v1");
  EXPECT_EQ(entry(core.at("resources"), "name", "events").at("storageVersionHash"),
            entry(group.at("resources"), "name", "events").at("storageVersionHash"));
  EXPECT_EQ(storage_version_hash("", "v1", "Event"), "r2yiGXH7wu8=");
}

TEST(Discovery, ATrailingSlashIsTheSamePage) {
  EXPECT_EQ(discovery_page("/apis/", ""), discovery_page("/apis", ""));
  EXPECT_EQ(discovery_page("/api/v1/", ""), discovery_page("/api/v1", ""));
}

TEST(Discovery, OtherPathsAreNotDiscovery) {
  for (const char* path : {"/", "/api/v2", "/apis/extensions", "/apis/apps/v2", "/apis/apps/v1/x",
                           "/apis//", "/healthz", ""}) {
    EXPECT_EQ(discovery_page(path, ""), nullptr) << path;
    EXPECT_FALSE(discovery_reply(path, "", "").has_value()) << path;
  }
}

TEST(AggregatedDiscovery, IsChosenByAcceptAndEchoedInTheContentType) {
  EXPECT_EQ(discovery_page("/apis", kV2)->content_type, kV2);
  EXPECT_EQ(discovery_page("/apis", kV2Beta1)->content_type, kV2Beta1);
  EXPECT_EQ(discovery_page("/apis", "application/json")->content_type, "application/json");
  EXPECT_EQ(discovery_page("/apis", "*/*")->content_type, "application/json");
  EXPECT_EQ(discovery_page("/apis", "")->content_type, "application/json");
}

TEST(AggregatedDiscovery, TheFirstFormAClientNamesWins) {
  const std::string both = std::string(kV2) + "," + std::string(kV2Beta1) + ",application/json";
  EXPECT_EQ(discovery_page("/api", both)->content_type, kV2);
  EXPECT_EQ(discovery_page("/api", "application/json;q=0.5," + std::string(kV2))->content_type,
            kV2);
}

TEST(AggregatedDiscovery, AClientThatDropsThePeersIsServedToo) {
  EXPECT_EQ(discovery_page("/apis", std::string(kV2) + ";profile=nopeer")->content_type, kV2);
}

TEST(AggregatedDiscovery, AnUnknownVersionFallsBackToWhatElseIsAccepted) {
  const std::string unknown =
      "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList";
  EXPECT_EQ(discovery_page("/apis", unknown + ",application/json")->content_type,
            "application/json");
  EXPECT_THROW(discovery_page("/apis", unknown), base::ApiError);
}

TEST(AggregatedDiscovery, HoldsGroupsVersionsResourcesAndSubresources) {
  const value list = read("/apis", kV2);
  EXPECT_EQ(list.at("kind"), "APIGroupDiscoveryList");
  EXPECT_EQ(list.at("apiVersion"), "apidiscovery.k8s.io/v2");
  ASSERT_EQ(list.at("items").as_array().size(), 22U);
  const value& apps = list.at("items").at(1);
  EXPECT_EQ(apps.at("metadata").at("name"), "apps");
  const value& version = apps.at("versions").at(0);
  EXPECT_EQ(version.at("freshness"), "Current");
  const value& deployments = entry(version.at("resources"), "resource", "deployments");
  EXPECT_EQ(deployments.at("scope"), "Namespaced");
  EXPECT_EQ(deployments.at("singularResource"), "deployment");
  EXPECT_EQ(deployments.at("responseKind").at("kind"), "Deployment");
  const value& scale = entry(deployments.at("subresources"), "subresource", "scale");
  EXPECT_EQ(scale.at("responseKind").at("group"), "autoscaling");
}

TEST(AggregatedDiscovery, TheCoreGroupIsAloneInItsDocument) {
  const value list = read("/api", kV2Beta1);
  EXPECT_EQ(list.at("apiVersion"), "apidiscovery.k8s.io/v2beta1");
  ASSERT_EQ(list.at("items").as_array().size(), 1U);
  EXPECT_FALSE(list.at("items").at(0).at("metadata").as_object().contains("name"));
}

TEST(AggregatedDiscovery, TheEtagIsTheQuotedUpperCaseSha512OfTheBody) {
  const auto page = discovery_page("/apis", kV2);
  EXPECT_EQ(page->etag.size(), 130U);
  EXPECT_EQ(page->etag, '"' + sha512_upper_hex(*page->body) + '"');
  EXPECT_NE(page->etag, discovery_page("/api", kV2)->etag);
}

TEST(AggregatedDiscovery, AClientThatHasThePageGets304) {
  const std::string etag = discovery_page("/apis", kV2)->etag;
  const auto fresh = discovery_reply("/apis", kV2, "\"other\"");
  EXPECT_EQ(fresh->status, 200);
  EXPECT_NE(fresh->body, nullptr);
  const auto same = discovery_reply("/apis", kV2, etag);
  EXPECT_EQ(same->status, 304);
  EXPECT_EQ(same->body, nullptr);
  EXPECT_EQ(same->headers[0], (std::pair<std::string_view, std::string>("Vary", "Accept")));
  EXPECT_EQ(same->headers[1], (std::pair<std::string_view, std::string>("ETag", etag)));
}

TEST(Discovery, WhatNobodyCanReadIs406) {
  try {
    discovery_page("/apis/apps/v1", "application/cbor");
    FAIL();
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 406);
    EXPECT_EQ(error.message(), "only the following media types are accepted: application/json");
  }
}

TEST(Discovery, VersionTellsTheCompatibleKubernetes) {
  const value version = read("/version");
  EXPECT_EQ(version.at("major"), "1");
  EXPECT_EQ(version.at("minor"), "36");
  EXPECT_TRUE(std::string_view(version.at("gitVersion").as_string()).starts_with("v1.36.0+limen"));
  for (const char* key :
       {"gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"}) {
    EXPECT_TRUE(version.as_object().contains(key)) << key;
  }
}

TEST(Discovery, VersionIsToldToWhoeverAsks) {
  EXPECT_EQ(discovery_page("/version", "text/html")->content_type, "application/json");
}

TEST(Accept, ClausesAreSortedByQualityAndThenAsWritten) {
  const auto clauses = parse_accept("text/html;q=0.3, application/yaml , application/json;q=1");
  ASSERT_EQ(clauses.size(), 3U);
  EXPECT_EQ(clauses[0].subtype, "yaml");
  EXPECT_EQ(clauses[1].subtype, "json");
  EXPECT_EQ(clauses[2].subtype, "html");
}

TEST(Accept, ParametersAreReadAndQualityZeroRefuses) {
  const auto clauses = parse_accept("application/json; as=Table ;v=\"v1\", */*;q=0");
  ASSERT_EQ(clauses.size(), 1U);
  EXPECT_EQ(clauses[0].parameter("as"), "Table");
  EXPECT_EQ(clauses[0].parameter("v"), "v1");
  EXPECT_EQ(clauses[0].parameter("g"), "");
}

TEST(Accept, WildcardsCover) {
  EXPECT_TRUE(parse_accept("")[0].covers("application/json"));
  EXPECT_TRUE(parse_accept("application/*")[0].covers("application/json"));
  EXPECT_FALSE(parse_accept("text/*")[0].covers("application/json"));
  EXPECT_TRUE(parse_accept("garbage, ;").empty());
}

}  // namespace
}  // namespace limen::api
