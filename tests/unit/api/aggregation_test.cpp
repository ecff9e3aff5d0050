// Group versions that other servers answer for, in this server's paths, discovery and OpenAPI.
#include <gtest/gtest.h>

#include "aggregation/remote_servers.h"
#include "api/discovery/discovery.h"
#include "api/openapi/openapi.h"
#include "support/custom_definition.h"
#include "unit/aggregation/remote_fixture.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

using aggregation::ApiService;
using aggregation::Route;
using aggregation::RoutePtr;
using aggregation::Routes;
using boost::json::value;

constexpr std::string_view kV2 =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

class AggregationTest : public ApiTest {
 protected:
  ~AggregationTest() override { aggregation::publish_routes(std::make_shared<const Routes>()); }

  Route& add(const std::string& group, const std::string& version = "v1",
             aggregation::Priority priority = {1500, 20}) {
    auto route = std::make_shared<Route>();
    route->service = remote_service(group, version);
    route->service.priority = priority;
    route->available = true;
    route->fresh = true;
    remotes_.push_back(route);
    return *remotes_.back();
  }
  void publish(const std::vector<ApiService>& local = {}) {
    std::vector<RoutePtr> list(remotes_.begin(), remotes_.end());
    aggregation::publish_routes(std::make_shared<const Routes>(list, local, ++version_));
  }
  static value page(std::string_view path, std::string_view accept = "application/json") {
    const auto found = api::discovery_page(path, accept);
    return found ? boost::json::parse(*found->body) : value();
  }
  // "apps b.example.com ..."
  static std::string names(const value& list, const char* member) {
    std::string out;
    for (const value& one : list.at(member).as_array()) {
      const value* name = one.as_object().if_contains("name");
      if (!name) name = one.at("metadata").as_object().if_contains("name");
      out += (out.empty() ? "" : " ") + std::string(name->as_string());
    }
    return out;
  }
  static value openapi(std::string_view path) {
    const auto reply = api::openapi_reply(path, "", "", "", std::chrono::system_clock::now());
    return boost::json::parse(*reply->body);
  }
  static std::string openapi_tag(std::string_view path) {
    const auto reply = api::openapi_reply(path, "", "", "", std::chrono::system_clock::now());
    return reply->headers.front().second;
  }

  std::vector<std::shared_ptr<Route>> remotes_;
  std::uint64_t version_ = 1000;
};

TEST_F(AggregationTest, RequestsForTheirGroupVersionsAreTheirs) {
  add("remote.example.com");
  publish();
  FakeRemote remote;
  aggregation::RemoteServers servers(store, remote.options());
  options.remote_servers = &servers;
  for (const char* path : {"/apis/remote.example.com/v1", "/apis/remote.example.com/v1/widgets",
                           "/openapi/v3/apis/remote.example.com/v1"}) {
    const Answered answer = call("GET", path);
    EXPECT_EQ(answer.status, 503) << path;  // the Service does not exist
    EXPECT_EQ(answer.text, "service unavailable\n");
  }
  EXPECT_EQ(call("GET", "/apis/remote.example.com").status, 200);
  EXPECT_EQ(call("GET", config_maps).status, 200);
}

TEST_F(AggregationTest, AnAPIServiceTakesAGroupVersionFromTheCatalog) {
  const Served served({definition(definition_text("Widget", "widgets", R"({"type":"object"})"))});
  EXPECT_EQ(call("GET", "/apis/example.com/v1/widgets").status, 200);
  add("example.com");
  publish();
  FakeRemote remote;
  aggregation::RemoteServers servers(store, remote.options());
  options.remote_servers = &servers;
  api.reset();
  EXPECT_EQ(call("GET", "/apis/example.com/v1/widgets").status, 503);
}

TEST_F(AggregationTest, GroupsAreListedByPriorityAndThenByName) {
  add("low.example.com", "v1", {10, 1});
  add("high.example.com", "v1", {17900, 1});
  add("b.example.com");
  add("a.example.com");
  publish();
  const std::string listed = names(page("/apis"), "groups");
  EXPECT_TRUE(listed.starts_with("apiregistration.k8s.io high.example.com apps ")) << listed;
  EXPECT_TRUE(
      listed.ends_with(" storagemigration.k8s.io a.example.com b.example.com low.example.com"))
      << listed;
  EXPECT_EQ(names(page("/apis", kV2), "items"), listed);
}

TEST_F(AggregationTest, AGroupStandsWhereItsHighestVersionDoes) {
  add("a.example.com", "v1", {10, 20});
  add("a.example.com", "v2beta1", {17900, 10});
  add("a.example.com", "v2", {20, 10});
  publish();
  const std::string listed = names(page("/apis"), "groups");
  EXPECT_TRUE(listed.starts_with("apiregistration.k8s.io a.example.com apps ")) << listed;
  const value group = page("/apis/a.example.com");
  EXPECT_EQ(group.at("preferredVersion").at("version"), "v1");
  EXPECT_EQ(group.at("versions").at(1).at("version"), "v2");
  EXPECT_EQ(group.at("versions").at(2).at("version"), "v2beta1");
}

TEST_F(AggregationTest, TiesAreToldApartByNameOfTheAPIServiceOrTheGroup) {
  add("z.example.com", "v1");
  add("a.example.com", "v2");
  publish();
  EXPECT_TRUE(names(page("/apis"), "groups").ends_with(" z.example.com a.example.com"));
  EXPECT_TRUE(names(page("/apis", kV2), "items").ends_with(" a.example.com z.example.com"));
}

TEST_F(AggregationTest, TheAPIServicesOfLocalGroupsOrderThem) {
  ApiService batch;
  batch.group = "batch";
  batch.version = "v1";
  batch.priority = {19000, 1};
  publish({batch});
  EXPECT_TRUE(names(page("/apis"), "groups").starts_with("apiregistration.k8s.io batch apps "));
}

TEST_F(AggregationTest, AggregatedDiscoveryHasTheirResources) {
  Route& route = add("remote.example.com");
  route.documents.resources =
      R"([{"resource":"widgets","scope":"Namespaced","singularResource":"widget","verbs":["get"]}])";
  publish();
  const value list = page("/apis", kV2);
  const value& last = list.at("items").as_array().back();
  EXPECT_EQ(last.at("metadata").at("name"), "remote.example.com");
  EXPECT_EQ(last.at("versions").at(0).at("freshness"), "Current");
  EXPECT_EQ(last.at("versions").at(0).at("resources").at(0).at("resource"), "widgets");
}

TEST_F(AggregationTest, AServerThatCannotBeReachedIsListedAsStale) {
  Route& route = add("remote.example.com");
  route.available = false;
  route.fresh = false;
  publish();
  const value list = page("/apis", kV2);
  const value& last = list.at("items").as_array().back();
  EXPECT_EQ(last.at("versions").at(0).at("freshness"), "Stale");
  EXPECT_EQ(last.at("versions").at(0).at("resources").as_array().size(), 0U);
  EXPECT_TRUE(names(page("/apis"), "groups").ends_with(" remote.example.com"));
}

TEST_F(AggregationTest, TheTagOfDiscoveryChangesWithIt) {
  publish();
  const std::string before = api::discovery_page("/apis", kV2)->etag;
  EXPECT_EQ(api::discovery_page("/apis", kV2)->etag, before);
  Route& route = add("remote.example.com");
  publish();
  const std::string with = api::discovery_page("/apis", kV2)->etag;
  EXPECT_NE(with, before);
  route.fresh = false;
  publish();
  EXPECT_NE(api::discovery_page("/apis", kV2)->etag, with);
}

TEST_F(AggregationTest, TheOpenApiIndexLeadsToTheirDocuments) {
  Route& route = add("remote.example.com");
  route.documents.openapi3_url = "/openapi/v3/apis/remote.example.com/v1?hash=AB";
  add("down.example.com").documents.openapi3_url = "/openapi/v3/apis/down.example.com/v1?hash=CD";
  remotes_.back()->available = false;
  add("silent.example.com");
  publish();
  const value index = openapi("/openapi/v3");
  EXPECT_EQ(index.at("paths").at("apis/remote.example.com/v1").at("serverRelativeURL"),
            "/openapi/v3/apis/remote.example.com/v1?hash=AB");
  EXPECT_FALSE(index.at("paths").as_object().contains("apis/down.example.com/v1"));
  EXPECT_FALSE(index.at("paths").as_object().contains("apis/silent.example.com/v1"));
  EXPECT_TRUE(index.at("paths").as_object().contains("apis/apps/v1"));
}

TEST_F(AggregationTest, SwaggerHasTheirPathsAndDefinitions) {
  publish();
  const std::string before = openapi_tag("/openapi/v2");
  Route& route = add("remote.example.com");
  route.documents.swagger = std::make_shared<const std::string>(
      R"({"paths":{"/apis/remote.example.com/v1/widgets":{"get":{"responses":{"200":{"description":"OK",)"
      R"("schema":{"$ref":"#/definitions/io.k8s.api.core.v1.Pod"}}}}}},)"
      R"("definitions":{"io.k8s.api.core.v1.Pod":{"description":"another pod","type":"object"}}})");
  publish();
  const value all = openapi("/openapi/v2");
  EXPECT_TRUE(all.at("paths").as_object().contains("/api/v1/pods"));
  EXPECT_TRUE(all.at("paths").as_object().contains("/apis/remote.example.com/v1/widgets"));
  EXPECT_EQ(all.at("definitions").at("io.k8s.api.core.v1.Pod_v2").at("description"), "another pod");
  EXPECT_NE(openapi_tag("/openapi/v2"), before);
  route.available = false;
  publish();
  EXPECT_EQ(openapi_tag("/openapi/v2"), before);
}

TEST_F(AggregationTest, SwaggerWithTheirsIsWrittenInProtobufToo) {
  add("remote.example.com").documents.swagger = std::make_shared<const std::string>(
      R"({"paths":{"/apis/remote.example.com/v1/widgets":{"get":{"responses":{"200":{"description":"OK"}}}}},)"
      R"("definitions":{}})");
  publish();
  const auto reply = api::openapi_reply(
      "/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", "", "",
      std::chrono::system_clock::now());
  EXPECT_NE(reply->body->find("/apis/remote.example.com/v1/widgets"), std::string::npos);
}

}  // namespace
}  // namespace limen::test
