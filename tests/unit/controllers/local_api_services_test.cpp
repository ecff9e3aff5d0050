#include "controllers/local_api_services.h"

#include <gtest/gtest.h>

#include "support/custom_definition.h"
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kServices{"apiregistration.k8s.io", "apiservices"};
const ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

class LocalApiServicesTest : public WithManager {
 protected:
  Json service(const std::string& name) { return read({kServices, "", name}); }
  bool exists(const std::string& name) { return store_->get({kServices, "", name}) != nullptr; }
  static std::string managed(const Json& object) {
    for (const auto& [key, value] : object::labels(object)) {
      if (key == "kube-aggregator.kubernetes.io/automanaged") return value;
    }
    return {};
  }
  void define() {
    ASSERT_EQ(create({kDefinitions, "", "widgets.example.com"},
                     test::definition_text("Widget", "widgets", R"({"type":"object"})").c_str())
                  .status,
              WriteStatus::ok);
  }
  void store_service(const std::string& name, const std::string& spec, const std::string& label) {
    const std::string labels =
        label.empty()
            ? ""
            : R"(,"labels":{"kube-aggregator.kubernetes.io/automanaged":")" + label + "\"}";
    ASSERT_EQ(create({kServices, "", name},
                     (R"({"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","spec":)" +
                      spec + R"(,"metadata":{"name":")" + name + R"(","uid":"u")" + labels + "}}")
                         .c_str())
                  .status,
              WriteStatus::ok);
  }
};

TEST_F(LocalApiServicesTest, KeepsOneForEveryBuiltInGroupVersionButItsOwn) {
  run();
  const Json apps = service("v1.apps");
  EXPECT_EQ(apps.at("spec"), boost::json::parse(R"({"group":"apps","groupPriorityMinimum":17800,)"
                                                R"("version":"v1","versionPriority":15})"));
  EXPECT_EQ(managed(apps), "onstart");
  EXPECT_EQ(
      service("v1.").at("spec"),
      boost::json::parse(R"({"groupPriorityMinimum":18000,"version":"v1","versionPriority":1})"));
  EXPECT_TRUE(exists("v2.autoscaling"));
  EXPECT_FALSE(exists("v1.apiregistration.k8s.io"));
}

TEST_F(LocalApiServicesTest, SaysThatTheyAreAvailable) {
  run();
  ASSERT_TRUE(eventually([&] {
    return object::find(service("v1.apps"), {"status", "conditions"});
  }));
  const Json condition = service("v1.apps").at("status").at("conditions").at(0);
  EXPECT_EQ(condition.at("type"), "Available");
  EXPECT_EQ(condition.at("status"), "True");
  EXPECT_EQ(condition.at("reason"), "Local");
  EXPECT_EQ(condition.at("message"), "Local APIServices are always available");
}

TEST_F(LocalApiServicesTest, FollowsCustomResources) {
  run();
  define();
  ASSERT_TRUE(eventually([&] { return exists("v1.example.com"); }));
  const Json made = service("v1.example.com");
  EXPECT_EQ(managed(made), "true");
  EXPECT_EQ(made.at("spec").at("groupPriorityMinimum"), 1000);
  EXPECT_EQ(made.at("spec").at("versionPriority"), 100);
  remove({kDefinitions, "", "widgets.example.com"});
  EXPECT_TRUE(eventually([&] { return !exists("v1.example.com"); }));
}

TEST_F(LocalApiServicesTest, PutsThoseOfCustomResourcesRightAlways) {
  run();
  define();
  ASSERT_TRUE(eventually([&] { return exists("v1.example.com"); }));
  change({kServices, "", "v1.example.com"},
         [](Json& object) { object.at("spec").at("versionPriority") = 1; });
  EXPECT_TRUE(eventually(
      [&] { return service("v1.example.com").at("spec").at("versionPriority") == 100; }));
  remove({kServices, "", "v1.example.com"});
  EXPECT_TRUE(eventually([&] { return exists("v1.example.com"); }));
}

TEST_F(LocalApiServicesTest, PutsThoseOfBuiltInGroupsRightAtTheStart) {
  store_service("v1.apps",
                R"({"group":"apps","groupPriorityMinimum":1,"version":"v1","versionPriority":1})",
                "onstart");
  run();
  EXPECT_TRUE(
      eventually([&] { return service("v1.apps").at("spec").at("versionPriority") == 15; }));
  change({kServices, "", "v1.apps"},
         [](Json& object) { object.at("spec").at("versionPriority") = 7; });
  define();
  ASSERT_TRUE(eventually([&] { return exists("v1.example.com"); }));
  EXPECT_EQ(service("v1.apps").at("spec").at("versionPriority"), 7);
}

TEST_F(LocalApiServicesTest, LeavesAloneWhatSomebodyElseManages) {
  store_service("v1.apps",
                R"({"group":"apps","groupPriorityMinimum":1,"version":"v1","versionPriority":1})",
                "");
  store_service(
      "v1.mine.example.com",
      R"({"group":"mine.example.com","groupPriorityMinimum":1,"version":"v1","versionPriority":1})",
      "");
  run();
  EXPECT_EQ(service("v1.apps").at("spec").at("versionPriority"), 1);
  EXPECT_TRUE(exists("v1.mine.example.com"));
}

TEST_F(LocalApiServicesTest, TakesAwayWhatNobodyServesAnyMore) {
  const std::string spec = R"(,"groupPriorityMinimum":1,"version":"v1","versionPriority":1})";
  store_service("v1.old.k8s.io", R"({"group":"old.k8s.io")" + spec, "onstart");
  store_service("v1.gone.example.com", R"({"group":"gone.example.com")" + spec, "true");
  run();
  EXPECT_TRUE(
      eventually([&] { return !exists("v1.old.k8s.io") && !exists("v1.gone.example.com"); }));
}

}  // namespace
}  // namespace limen::controllers
