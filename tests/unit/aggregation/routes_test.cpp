#include "aggregation/routes.h"

#include <gtest/gtest.h>

namespace limen::aggregation {
namespace {

RoutePtr route(const std::string& group, const std::string& version) {
  auto out = std::make_shared<Route>();
  out->service.name = api_service_name(group, version);
  out->service.group = group;
  out->service.version = version;
  out->service.priority = {1500, 20};
  out->service.service = ServiceReference{"ns", "svc", 443};
  return out;
}

class RoutesTest : public testing::Test {
 protected:
  ~RoutesTest() override { publish_routes(std::make_shared<const Routes>()); }
  void publish(std::vector<RoutePtr> remotes, const std::vector<ApiService>& local = {}) {
    publish_routes(std::make_shared<const Routes>(std::move(remotes), local, 1));
  }
};

TEST_F(RoutesTest, LeadsWhatIsBelowAGroupVersion) {
  publish({route("b.example.com", "v1"), route("a.example.com", "v1")});
  for (const char* path :
       {"/apis/a.example.com/v1", "/apis/a.example.com/v1/", "/apis/a.example.com/v1/widgets",
        "/apis/a.example.com/v1/namespaces/x/widgets/y/status",
        "/openapi/v3/apis/a.example.com/v1"}) {
    ASSERT_TRUE(route_of(path)) << path;
    EXPECT_EQ(route_of(path)->service.group, "a.example.com");
  }
}

TEST_F(RoutesTest, LeavesEverythingElseToThisServer) {
  publish({route("a.example.com", "v1")});
  for (const char* path :
       {"/", "/apis", "/apis/", "/apis/a.example.com", "/apis/a.example.com/",
        "/apis/a.example.com/v2", "/apis/a.example.com/v1x/widgets", "/apis/apps/v1/deployments",
        "/api/v1/pods", "/openapi/v3", "/openapi/v2", "/openapi/v3/apis/a.example.com/v1/more",
        "/apis/a.example.comx/v1", "/version"}) {
    EXPECT_FALSE(route_of(path)) << path;
  }
}

TEST_F(RoutesTest, LeadsNowhereWithoutRemoteGroups) {
  publish({});
  EXPECT_FALSE(route_of("/apis/a.example.com/v1"));
}

TEST_F(RoutesTest, ARequestKeepsTheRouteItBeganWith) {
  publish({route("a.example.com", "v1")});
  const RoutePtr kept = route_of("/apis/a.example.com/v1");
  publish({});
  EXPECT_EQ(kept->service.name, "v1.a.example.com");
}

TEST_F(RoutesTest, PrioritiesAreTheObjectsOrTheDefaults) {
  ApiService apps;
  apps.group = "apps";
  apps.version = "v1";
  apps.priority = {5, 6};
  publish({route("a.example.com", "v1")}, {apps});
  EXPECT_EQ(routes()->priority("apps", "v1"), (Priority{5, 6}));
  EXPECT_EQ(routes()->priority("a.example.com", "v1"), (Priority{1500, 20}));
  EXPECT_EQ(routes()->priority("batch", "v1"), (Priority{17400, 15}));
  EXPECT_EQ(routes()->priority("custom.example.com", "v1"), (Priority{1000, 100}));
}

TEST(ApiServiceObject, IsReadWithItsDefaults) {
  const ApiService read = read_api_service(boost::json::parse(R"({
    "metadata":{"name":"v1.a.example.com"},
    "spec":{"group":"a.example.com","version":"v1","groupPriorityMinimum":100,"versionPriority":10,
            "caBundle":"UEVN","service":{"namespace":"ns","name":"svc"}}})"));
  EXPECT_EQ(read.name, "v1.a.example.com");
  EXPECT_EQ(read.service->port, 443);
  EXPECT_EQ(read.ca_pem, "PEM");
  EXPECT_FALSE(read.skip_verify);
  EXPECT_EQ(read.server_name(), "svc.ns.svc");
  EXPECT_EQ(read.base_path(), "/apis/a.example.com/v1");
}

TEST(ApiServiceObject, IsLocalWithoutAService) {
  const ApiService read = read_api_service(
      boost::json::parse(R"({"spec":{"group":"apps","version":"v1","service":null}})"));
  EXPECT_FALSE(read.service);
  EXPECT_EQ(read.server_name(), "");
}

TEST(ApiServiceObject, IsAvailableWhenItsConditionSaysTrue) {
  const auto available = [](const char* text) {
    return read_availability(boost::json::parse(text)).available;
  };
  EXPECT_TRUE(available(R"({"status":{"conditions":[{"type":"Available","status":"True"}]}})"));
  EXPECT_FALSE(available(R"({"status":{"conditions":[{"type":"Available","status":"False"}]}})"));
  EXPECT_FALSE(available(R"({"status":{"conditions":[{"type":"Other","status":"True"}]}})"));
  EXPECT_FALSE(available(R"({"spec":{}})"));
}

}  // namespace
}  // namespace limen::aggregation
