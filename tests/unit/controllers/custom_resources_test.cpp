#include "controllers/custom_resources.h"

#include <gtest/gtest.h>

#include "support/custom_definition.h"
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};
const ResourceId kWidgets{"example.com", "widgets"};

std::string fresh(const std::string& kind, const std::string& plural,
                  const std::string& group = "example.com") {
  return R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{)"
         R"("group":")" +
         group + R"(","scope":"Namespaced","names":{"plural":")" + plural + R"(","singular":")" +
         plural + R"(-one","kind":")" + kind + R"(","listKind":")" + kind +
         R"(List"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":)"
         R"({"type":"object"}}}]},"metadata":{"name":")" +
         plural + "." + group + R"(","uid":"u","generation":1}})";
}

class CustomResourcesController : public WithManager {
 protected:
  void define(const std::string& kind, const std::string& plural,
              const std::string& group = "example.com") {
    ASSERT_EQ(
        create({kDefinitions, "", plural + "." + group}, fresh(kind, plural, group).c_str()).status,
        WriteStatus::ok);
  }
  std::string condition(const std::string& name, std::string_view type) {
    return std::string(catalog::condition_of(read({kDefinitions, "", name}), type));
  }
  void add_widget(const std::string& name, const std::string& finalizers = "[]") {
    ASSERT_EQ(create({kWidgets, "default", name},
                     (R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":")" +
                      name + R"(","namespace":"default","finalizers":)" + finalizers + "}}")
                         .c_str())
                  .status,
              WriteStatus::ok);
  }
  void mark_deleted(const std::string& name) {
    change({kDefinitions, "", name}, [](Json& object) {
      object::set_metadata(object, "deletionTimestamp", "2026-01-01T00:00:00Z");
      object::set_finalizers(object, {"customresourcecleanup.apiextensions.k8s.io"});
    });
  }
};

TEST_F(CustomResourcesController, EstablishesWhatHasNamesOfItsOwn) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  EXPECT_EQ(condition("widgets.example.com", "NamesAccepted"), "True");
  EXPECT_TRUE(catalog::lookup("example.com", "v1", "widgets"));
}

TEST_F(CustomResourcesController, DoesNotAcceptNamesThatAreTaken) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  define("Widget", "others");
  ASSERT_TRUE(
      eventually([&] { return condition("others.example.com", "NamesAccepted") == "False"; }));
  EXPECT_EQ(condition("others.example.com", "Established"), "False");
  EXPECT_FALSE(catalog::lookup("example.com", "v1", "others"));
  // The name becomes free.
  mark_deleted("widgets.example.com");
  EXPECT_TRUE(eventually([&] { return condition("others.example.com", "Established") == "True"; }));
}

TEST_F(CustomResourcesController, DoesNotAddToGroupsThatAreBuiltIn) {
  run();
  define("Widget", "widgets", "networking.k8s.io");
  ASSERT_TRUE(eventually(
      [&] { return condition("widgets.networking.k8s.io", "NamesAccepted") == "False"; }));
  EXPECT_FALSE(catalog::lookup("networking.k8s.io", "v1", "widgets"));
}

TEST_F(CustomResourcesController, ServesWhatIsStoredFromTheStart) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  manager_.reset();
  EXPECT_FALSE(catalog::lookup("example.com", "v1", "widgets"));
  manager_ = std::make_unique<Manager>(*store_, Options{});
  EXPECT_TRUE(catalog::lookup("example.com", "v1", "widgets"));
}

TEST_F(CustomResourcesController, EndsADefinitionAfterItsObjects) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  add_widget("a");
  add_widget("b", R"(["x.example.com/wait"])");
  mark_deleted("widgets.example.com");
  ASSERT_TRUE(eventually([&] { return !store_->get({kWidgets, "default", "a"}); }));
  ASSERT_TRUE(eventually([&] {
    return store_->get({kDefinitions, "", "widgets.example.com"})
               ->json.find("InstanceDeletionInProgress") != std::string::npos;
  }));
  EXPECT_TRUE(catalog::lookup("example.com", "v1", "widgets"));
  change({kWidgets, "default", "b"}, [](Json& object) { object::set_finalizers(object, {}); });
  ASSERT_TRUE(eventually([&] { return !store_->get({kDefinitions, "", "widgets.example.com"}); }));
  EXPECT_EQ(store_->count(kWidgets), 0U);
  EXPECT_FALSE(catalog::lookup("example.com", "v1", "widgets"));
}

TEST_F(CustomResourcesController, SweepsWhatWasCreatedTooLate) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  mark_deleted("widgets.example.com");
  ASSERT_TRUE(eventually([&] { return !store_->get({kDefinitions, "", "widgets.example.com"}); }));
  add_widget("late");
  EXPECT_TRUE(eventually([&] { return store_->count(kWidgets) == 0; }));
}

TEST_F(CustomResourcesController, ANamespaceTakesItsCustomObjectsAlong) {
  run();
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  add_namespace("team");
  ASSERT_EQ(
      create(
          {kWidgets, "team", "a"},
          R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","namespace":"team"}})")
          .status,
      WriteStatus::ok);
  terminate("team");
  EXPECT_TRUE(eventually([&] { return !store_->get({kNamespaceResource, "", "team"}); }));
  EXPECT_FALSE(store_->get({kWidgets, "team", "a"}));
}

}  // namespace
}  // namespace limen::controllers
