#include "aggregation/remote_discovery.h"

#include <gtest/gtest.h>

namespace limen::aggregation {
namespace {

using object::Json;

Json discovery(const std::string& resources) {
  return boost::json::parse(
      R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
        {"metadata":{"name":"other.example.com"},"versions":[{"version":"v1","resources":[]}]},
        {"metadata":{"name":"a.example.com"},"versions":[{"version":"v1","freshness":"Current","resources":)" +
      resources + "}]}]}");
}

std::string taken(const std::string& resources) {
  return resources_of(discovery(resources), "a.example.com", "v1").value_or("none");
}

TEST(RemoteDiscovery, TakesOverWhatIsDefined) {
  const std::string resource =
      R"({"resource":"widgets","responseKind":{"group":"a.example.com","version":"v1","kind":"Widget"},)"
      R"("scope":"Namespaced","singularResource":"widget","verbs":["get","list"],"shortNames":["wi"],)"
      R"("categories":["all"],"subresources":[{"subresource":"status",)"
      R"("responseKind":{"group":"a.example.com","version":"v1","kind":"Widget"},"verbs":["get"]}]})";
  EXPECT_EQ(taken("[" + resource + "]"), "[" + resource + "]");
}

TEST(RemoteDiscovery, LeavesOutWhatClientsCouldNotRead) {
  EXPECT_EQ(taken(R"([{"resource":"widgets","verbs":7,"shortNames":{"a":1},"scope":"Moon","evil":1},
                      {"verbs":["get"]}, 5, null])"),
            R"([{"resource":"widgets","scope":"Namespaced","singularResource":"","verbs":[]}])");
  EXPECT_EQ(taken("7"), "[]");
}

TEST(RemoteDiscovery, KnowsOnlyTheGroupVersionItWasAskedFor) {
  EXPECT_FALSE(resources_of(discovery("[]"), "a.example.com", "v2"));
  EXPECT_FALSE(resources_of(discovery("[]"), "b.example.com", "v1"));
  EXPECT_FALSE(
      resources_of(boost::json::parse(R"({"kind":"APIGroupList"})"), "a.example.com", "v1"));
  EXPECT_FALSE(resources_of(Json(), "a.example.com", "v1"));
}

TEST(RemoteDiscovery, ListsAThousandResourcesAndNoMore) {
  std::string list;
  for (std::size_t i = 0; i < kMaxListedResources + 1; ++i) {
    list += (i ? "," : "") + std::string(R"({"resource":"r)") + std::to_string(i) + R"("})";
  }
  const Json read = boost::json::parse(taken("[" + list + "]"));
  EXPECT_EQ(read.get_array().size(), kMaxListedResources);
}

TEST(RemoteDiscovery, FoldsSubresourcesOfTheOlderList) {
  const Json list = boost::json::parse(
      R"({"kind":"APIResourceList","groupVersion":"a.example.com/v1","resources":[
    {"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","verbs":["get"],"shortNames":["wi"]},
    {"name":"widgets/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale",
     "verbs":["update"]},
    {"name":"orphans/status","namespaced":false,"kind":"Orphan","verbs":["get"]}]})");
  EXPECT_EQ(boost::json::parse(*resources_of_list(list, "a.example.com", "v1")),
            boost::json::parse(R"([
    {"resource":"widgets","scope":"Namespaced","singularResource":"widget","verbs":["get"],"shortNames":["wi"],
     "responseKind":{"group":"a.example.com","version":"v1","kind":"Widget"},
     "subresources":[{"subresource":"scale","verbs":["update"],
                      "responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"}}]},
    {"resource":"orphans","scope":"Cluster","singularResource":"","verbs":[],
     "subresources":[{"subresource":"status","verbs":["get"],
                      "responseKind":{"group":"a.example.com","version":"v1","kind":"Orphan"}}]}])"));
  EXPECT_FALSE(
      resources_of_list(boost::json::parse(R"({"kind":"Status"})"), "a.example.com", "v1"));
}

}  // namespace
}  // namespace limen::aggregation
