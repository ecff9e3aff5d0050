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
  // "Reason: message" of a condition.
  std::string said(const std::string& name, std::string_view type) {
    const Json definition = read({kDefinitions, "", name});
    const Json* conditions = object::find(definition, {"status", "conditions"});
    if (conditions == nullptr) return "no condition";
    for (const Json& one : conditions->as_array()) {
      if (object::text_at(one, "type") == type) {
        return std::string(object::text_at(one, "reason")) + ": " +
               std::string(object::text_at(one, "message"));
      }
    }
    return "no condition";
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
  EXPECT_EQ(said("others.example.com", "NamesAccepted"),
            R"(ListKindConflict: "WidgetList" is already in use)");
  EXPECT_EQ(said("others.example.com", "Established"), "NotAccepted: not all names are accepted");
  EXPECT_EQ(object::to_json(*object::find(read({kDefinitions, "", "others.example.com"}),
                                          {"status", "acceptedNames"})),
            R"({"plural":"others","singular":"others-one"})");
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

TEST_F(CustomResourcesController, AnEstablishedDefinitionKeepsItsNamesWhenItAsksForTakenOnes) {
  run();
  define("Widget", "widgets");
  define("Gadget", "gadgets");
  ASSERT_TRUE(eventually([&] {
    return condition("widgets.example.com", "Established") == "True" &&
           condition("gadgets.example.com", "Established") == "True";
  }));
  change({kDefinitions, "", "gadgets.example.com"}, [](Json& object) {
    object.at("spec").at("names").as_object()["shortNames"] = {"widgets"};
  });
  ASSERT_TRUE(
      eventually([&] { return condition("gadgets.example.com", "NamesAccepted") == "False"; }));
  EXPECT_EQ(said("gadgets.example.com", "NamesAccepted"),
            R"(ShortNamesConflict: "widgets" is already in use)");
  EXPECT_EQ(condition("gadgets.example.com", "Established"), "True");
  const auto served = catalog::lookup("example.com", "v1", "gadgets");
  ASSERT_TRUE(served);
  EXPECT_TRUE(served->short_names.empty());
}

TEST_F(CustomResourcesController, SaysWhetherTheProjectApproved) {
  run();
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"https://github.com/kubernetes/kubernetes/pull/78458",
       "ApprovedAnnotation: approved in https://github.com/kubernetes/kubernetes/pull/78458"},
      {"unapproved, experimental",
       "UnapprovedAnnotation: not approved: \"unapproved, experimental\""},
      {"yes",
       "InvalidAnnotation: protected groups must have approval annotation "
       "\"api-approved.kubernetes.io\" with either a URL or a reason starting with "
       "\"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111"},
      {"",
       "MissingAnnotation: protected groups must have approval annotation "
       "\"api-approved.kubernetes.io\", see "
       "https://github.com/kubernetes/enhancements/pull/1111"}};
  define("Widget", "widgets", "example.k8s.io");
  const std::string name = "widgets.example.k8s.io";
  for (const auto& [annotation, expected] : cases) {
    change({kDefinitions, "", name}, [&](Json& object) {
      object::object_at(object.at("metadata"), "annotations")["api-approved.kubernetes.io"] =
          annotation;
    });
    EXPECT_TRUE(eventually([&] {
      return said(name, "KubernetesAPIApprovalPolicyConformant") == expected;
    })) << said(name, "KubernetesAPIApprovalPolicyConformant");
  }
  define("Widget", "widgets");
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
  EXPECT_EQ(said("widgets.example.com", "KubernetesAPIApprovalPolicyConformant"), "no condition");
}

TEST_F(CustomResourcesController, ABadBundleKeepsADefinitionFromBeingEstablished) {
  run();
  Json object = boost::json::parse(fresh("Widget", "widgets"));
  object.at("spec").as_object()["conversion"] = boost::json::parse(
      R"({"strategy":"Webhook","webhook":{"clientConfig":{"url":"https://a","caBundle":"eHl6"},
          "conversionReviewVersions":["v1"]}})");
  create({kDefinitions, "", "widgets.example.com"}, object::to_json(object).c_str());
  ASSERT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "False"; }));
  EXPECT_EQ(said("widgets.example.com", "Established"),
            "InvalidCABundle: The conversion webhook CABundle is invalid");
  EXPECT_EQ(condition("widgets.example.com", "NamesAccepted"), "True");
  EXPECT_FALSE(catalog::lookup("example.com", "v1", "widgets"));
  change({kDefinitions, "", "widgets.example.com"}, [](Json& definition) {
    definition.at("spec")
        .at("conversion")
        .at("webhook")
        .at("clientConfig")
        .as_object()
        .erase("caBundle");
  });
  EXPECT_TRUE(
      eventually([&] { return condition("widgets.example.com", "Established") == "True"; }));
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
