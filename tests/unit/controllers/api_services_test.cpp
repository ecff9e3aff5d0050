#include "controllers/api_services.h"

#include <gtest/gtest.h>

#include "aggregation/swagger.h"
#include "observability/metrics.h"
#include "unit/aggregation/remote_fixture.h"
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kApiServices{"apiregistration.k8s.io", "apiservices"};
const Key kRemote{kApiServices, "", "v1.a.example.com"};
const Key kService{{"", "services"}, "ns", "svc"};
const char kGroupPath[] = "/apis/a.example.com/v1";

class ApiServicesTest : public WithManager {
 protected:
  ~ApiServicesTest() override { manager_.reset(); }
  void run_with_remote() {
    servers_ = std::make_unique<aggregation::RemoteServers>(*store_, remote_.options());
    Options options;
    options.remote_servers = servers_.get();
    manager_ = std::make_unique<Manager>(*store_, options);
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  void add_remote() {
    ASSERT_EQ(create(kRemote, test::api_service_object().c_str()).status, WriteStatus::ok);
  }
  void add_service() {
    ASSERT_EQ(create(kService, test::kExternalService).status, WriteStatus::ok);
  }
  void answer_discovery() {
    remote_.answer(kGroupPath, 200,
                   R"({"kind":"APIResourceList","groupVersion":"a.example.com/v1","resources":[)"
                   R"({"name":"widgets","namespaced":true,"kind":"Widget","verbs":["get"]}]})");
  }
  // "True Passed: all checks passed"
  std::string condition() {
    const Json object = read(kRemote);
    const Json* list = object::find(object, {"status", "conditions"});
    if (!list) return "";
    const Json& one = list->at(0);
    return std::string(object::text_at(one, "status")) + " " +
           std::string(object::text_at(one, "reason")) + ": " +
           std::string(object::text_at(one, "message"));
  }
  bool comes_to(const std::string& wanted) {
    return eventually([&] { return condition() == wanted; });
  }
  static aggregation::RoutePtr route() { return aggregation::route_of(kGroupPath); }

  test::FakeRemote remote_;
  std::unique_ptr<aggregation::RemoteServers> servers_;
};

TEST_F(ApiServicesTest, SaysWhatIsMissing) {
  run_with_remote();
  add_remote();
  EXPECT_TRUE(comes_to(R"(False ServiceNotFound: service/svc in "ns" is not present)"))
      << condition();
  ASSERT_TRUE(route());
  EXPECT_FALSE(route()->available);
}

TEST_F(ApiServicesTest, AsksTheServerWhenItsServiceComes) {
  run_with_remote();
  answer_discovery();
  add_remote();
  ASSERT_TRUE(comes_to(R"(False ServiceNotFound: service/svc in "ns" is not present)"));
  add_service();
  EXPECT_TRUE(comes_to("True Passed: all checks passed")) << condition();
  EXPECT_TRUE(eventually([&] { return route()->available && route()->fresh; }));
  EXPECT_NE(route()->documents.resources.find("widgets"), std::string::npos);
  // The answer to the check, and to who asks for discovery.
  EXPECT_GE(remote_.asked(kGroupPath).size(), 1U);
  EXPECT_EQ(remote_.asked(kGroupPath)[0].headers[1],
            (std::pair<std::string, std::string>{"X-Remote-User", "system:kube-aggregator"}));
  remove(kService);
  EXPECT_TRUE(comes_to(R"(False ServiceNotFound: service/svc in "ns" is not present)"));
  EXPECT_TRUE(eventually([&] { return !route()->available && !route()->fresh; }));
}

TEST_F(ApiServicesTest, SaysHowTheServerFailsAndTriesAgain) {
  run_with_remote();
  remote_.be_down();
  add_service();
  add_remote();
  const std::string url = "https://remote.example.com:8443/apis/a.example.com/v1";
  EXPECT_TRUE(comes_to("False FailedDiscoveryCheck: failing or missing response from " + url +
                       ": Get \"" + url + "\": connection refused"))
      << condition();
  remote_.be_down(false);
  EXPECT_TRUE(comes_to("False FailedDiscoveryCheck: failing or missing response from " + url +
                       ": bad status from " + url + ": 404"))
      << condition();
  answer_discovery();
  EXPECT_TRUE(comes_to("True Passed: all checks passed")) << condition();
}

TEST_F(ApiServicesTest, MakesSeveralAttemptsAndNoneForLocalOnes) {
  run_with_remote();
  remote_.be_down();
  add_service();
  add_remote();
  ASSERT_TRUE(eventually([&] { return condition().starts_with("False Failed"); }));
  EXPECT_GE(remote_.asked(kGroupPath).size(), 5U);
  EXPECT_TRUE(remote_.asked("/apis/apps/v1").empty());
}

TEST_F(ApiServicesTest, KeepsAsMuchOpenApiAsFits) {
  constexpr std::size_t kQuarter = aggregation::kMaxMergedSwaggerBytes / 4;
  const std::vector<std::string> groups{"a.example.com", "b.example.com", "c.example.com",
                                        "d.example.com", "e.example.com"};
  std::string paths;
  for (const std::string& group : groups) {
    remote_.answer("/apis/" + group + "/v1", 200,
                   R"({"kind":"APIResourceList","resources":[{"name":"widgets"}]})");
    paths +=
        (paths.empty() ? "" : ",") + ("\"/apis/" + group) + R"(/v1/":{"$ref":"#/definitions/Big"})";
  }
  const auto document = [&](std::size_t bytes) {
    return R"({"swagger":"2.0","paths":{)" + paths + R"(},"definitions":{"Big":")" +
           std::string(bytes, 'x') + "\"}}";
  };
  const std::size_t around =
      aggregation::swagger_part(document(0), "/apis/a.example.com/v1")->size();
  remote_.answer("/openapi/v2", 200, document(kQuarter - around));
  add_service();
  run_with_remote();
  const auto kept = [&](const std::string& group) {
    const auto found = aggregation::route_of("/apis/" + group + "/v1");
    return found && found->documents.swagger;
  };
  const auto listed = [&](const std::string& group) {
    const auto found = aggregation::route_of("/apis/" + group + "/v1");
    return found && found->available;
  };
  for (const std::string& group : groups) {
    ASSERT_EQ(
        create({kApiServices, "", "v1." + group}, test::api_service_object(group).c_str()).status,
        WriteStatus::ok);
    ASSERT_TRUE(eventually([&] { return listed(group); }));
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(kept(groups[i])) << i;
  EXPECT_FALSE(kept(groups[4])) << "four together are exactly as much as fits";
}

TEST_F(ApiServicesTest, CountsUnavailableServers) {
  run_with_remote();
  add_remote();
  ASSERT_TRUE(comes_to(R"(False ServiceNotFound: service/svc in "ns" is not present)"));
  const std::string gauge = R"(aggregator_unavailable_apiservice{name="v1.a.example.com"} )";
  EXPECT_NE(metrics::render().find(gauge + "1"), std::string::npos);
  EXPECT_NE(
      metrics::render().find(
          R"(aggregator_unavailable_apiservice_total{name="v1.a.example.com",reason="ServiceNotFound"})"),
      std::string::npos);
  remove(kRemote);
  EXPECT_TRUE(eventually([&] { return !route(); }));
  EXPECT_NE(metrics::render().find(gauge + "0"), std::string::npos);
}

TEST_F(ApiServicesTest, ServesWhatIsStoredFromTheStart) {
  ASSERT_EQ(
      create(kRemote, test::api_service_object(
                          "a.example.com", "v1",
                          R"(,"status":{"conditions":[{"type":"Available","status":"True"}]})")
                          .c_str())
          .status,
      WriteStatus::ok);
  manager_ = std::make_unique<Manager>(*store_, Options{});
  ASSERT_TRUE(route());
  EXPECT_TRUE(route()->available);
  manager_.reset();
  EXPECT_FALSE(route());
}

TEST_F(ApiServicesTest, AConditionSomebodyElseWroteIsPutRight) {
  run_with_remote();
  answer_discovery();
  add_service();
  add_remote();
  ASSERT_TRUE(comes_to("True Passed: all checks passed"));
  change(kRemote,
         [](Json& object) { object.at("status").at("conditions").at(0).at("status") = "False"; });
  EXPECT_TRUE(comes_to("True Passed: all checks passed"));
}

}  // namespace
}  // namespace limen::controllers
