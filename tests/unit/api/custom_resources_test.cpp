#include <gtest/gtest.h>

#include "api/discovery/discovery.h"
#include "support/allows.h"
#include "support/custom_definition.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

constexpr const char* kSchema =
    R"({"type":"object","properties":{"spec":{"type":"object","properties":{
    "size":{"type":"integer","minimum":1},"color":{"type":"string","default":"red"},
    "replicas":{"type":"integer"}}},"status":{"type":"object","properties":{
    "ready":{"type":"string"},"replicas":{"type":"integer"},"selector":{"type":"string"}}}}})";
constexpr const char* kMore = R"(,"subresources":{"status":{},"scale":{
    "specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas",
    "labelSelectorPath":".status.selector"}},
    "additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"},
    {"name":"Ready","type":"string","jsonPath":".status.ready","priority":1}],
    "selectableFields":[{"jsonPath":".spec.color"}])";
const std::string kWidgets = "/apis/example.com/v1/namespaces/default/widgets";

class CustomResourcesTest : public ApiTest {
 protected:
  static std::string widget(const std::string& name, const std::string& spec,
                            const std::string& more = "") {
    return R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":")" + name + "\"" +
           more + R"(},"spec":)" + spec + "}";
  }
  Served served{{definition(definition_text("Widget", "widgets", kSchema, kMore))}};
};

TEST_F(CustomResourcesTest, AreCreatedWithTheirDefaults) {
  const Answered made = call("POST", kWidgets, widget("a", R"({"size":2,"odd":1})"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.at("spec"), R"({"size":2,"color":"red"})");
  EXPECT_EQ(made.at("metadata.generation"), "1");
  EXPECT_NE(made.headers.find(R"(unknown field \"spec.odd\")"), std::string::npos);
  EXPECT_EQ(call("GET", kWidgets + "/a").at("spec.color"), "red");
}

TEST_F(CustomResourcesTest, AreHeldToTheirSchema) {
  const Answered refused = call("POST", kWidgets, widget("a", R"({"size":0})"));
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.message(),
            "Widget.example.com \"a\" is invalid: spec.size: Invalid value: 0: spec.size in body "
            "should be greater than or equal to 1");
  const Answered strict =
      call("POST", kWidgets + "?fieldValidation=Strict", widget("a", R"({"odd":0})"));
  EXPECT_EQ(strict.status, 400);
  EXPECT_EQ(
      strict.message(),
      "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: unknown "
      "field \"spec.odd\"");
}

TEST_F(CustomResourcesTest, SayWhatTheyAre) {
  EXPECT_EQ(call("POST", kWidgets, R"({"metadata":{"name":"a"}})").status, 400);
  const Answered other =
      call("POST", kWidgets,
           R"({"apiVersion":"example.com/v2","kind":"Widget","metadata":{"name":"a"}})");
  EXPECT_EQ(other.message(),
            "the API version in the data (example.com/v2) does not match the expected API version "
            "(example.com/v1)");
}

TEST_F(CustomResourcesTest, AreUpdatedOnlyAtAVersion) {
  const Answered made = call("POST", kWidgets, widget("a", R"({"size":2})"));
  const Answered refused = call("PUT", kWidgets + "/a", widget("a", R"({"size":3})"));
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.message().find("metadata.resourceVersion: Invalid value: 0: must be specified "
                                   "for an update"),
            std::string::npos);
  const std::string version =
      R"(,"resourceVersion":")" + made.at("metadata.resourceVersion") + "\"";
  const Answered changed = call("PUT", kWidgets + "/a", widget("a", R"({"size":3})", version));
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.at("metadata.generation"), "2");
}

TEST_F(CustomResourcesTest, ArePatchedButNotStrategically) {
  call("POST", kWidgets, widget("a", R"({"size":2})"));
  const Answered merged = call("PATCH", kWidgets + "/a", R"({"spec":{"size":5}})",
                               {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(merged.at("spec.size"), "5");
  const Answered patched =
      call("PATCH", kWidgets + "/a", R"([{"op":"replace","path":"/spec/size","value":6}])",
           {{"Content-Type", "application/json-patch+json"}});
  EXPECT_EQ(patched.at("spec.size"), "6");
  for (const char* name : {"/a", "/not-there"}) {
    const Answered refused = call("PATCH", kWidgets + name, R"({"spec":{"size":7}})",
                                  {{"Content-Type", "application/strategic-merge-patch+json"}});
    EXPECT_EQ(refused.status, 415);
    EXPECT_EQ(
        refused.message(),
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
  }
}

TEST_F(CustomResourcesTest, AreNotReadAsProtobuf) {
  EXPECT_EQ(call("POST", kWidgets, "k8s", {{"Content-Type", "application/vnd.kubernetes.protobuf"}})
                .status,
            415);
}

TEST_F(CustomResourcesTest, AreAnsweredInTheSecondChoiceOfProtobufClients) {
  call("POST", kWidgets, widget("a", R"({"size":2})"));
  const Headers both = {{"Accept", "application/vnd.kubernetes.protobuf,application/json"}};
  EXPECT_EQ(call("GET", kWidgets + "/a", {}, both).at("spec.size"), "2");
  EXPECT_EQ(call("GET", kWidgets, {}, both).at("kind"), "WidgetList");
  const Headers stream = {
      {"Accept", "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch"}};
  const Open watch = start("GET", kWidgets + "?watch=1", {}, stream);
  EXPECT_EQ(watch.story(), "ADDED a");
  end(watch);
  const Headers only = {{"Accept", "application/vnd.kubernetes.protobuf"}};
  EXPECT_EQ(call("GET", kWidgets, {}, only).status, 406);
}

TEST_F(CustomResourcesTest, StatusIsWrittenByItself) {
  call("POST", kWidgets, R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},
      "spec":{"size":1},"status":{"ready":"no"}})");
  EXPECT_EQ(call("GET", kWidgets + "/a").at("status"), "");
  const Answered told =
      call("PATCH", kWidgets + "/a/status",
           R"({"metadata":{"labels":{"x":"y"}},"spec":{"size":9},"status":{"ready":"yes"}})",
           {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.at("status.ready"), "yes");
  EXPECT_EQ(told.at("spec.size"), "1");
  EXPECT_EQ(told.at("metadata.labels"), "");
  EXPECT_EQ(told.at("metadata.generation"), "1");
}

TEST_F(CustomResourcesTest, ScaleIsWhereTheDefinitionSays) {
  call("POST", kWidgets, widget("a", R"({"size":1})"));
  EXPECT_EQ(call("GET", kWidgets + "/a/scale").message(),
            "Internal error occurred: the spec replicas field \".spec.replicas\" does not exist");
  call("PATCH", kWidgets + "/a", R"({"spec":{"replicas":2}})",
       {{"Content-Type", "application/merge-patch+json"}});
  call("PATCH", kWidgets + "/a/status", R"({"status":{"replicas":1,"selector":"a=b"}})",
       {{"Content-Type", "application/merge-patch+json"}});
  const Answered scale = call("GET", kWidgets + "/a/scale");
  EXPECT_EQ(scale.at("kind"), "Scale");
  EXPECT_EQ(scale.at("spec.replicas"), "2");
  EXPECT_EQ(scale.at("status"), R"({"replicas":1,"selector":"a=b"})");
  EXPECT_EQ(call("PATCH", kWidgets + "/a/scale", R"({"spec":{"replicas":4}})",
                 {{"Content-Type", "application/merge-patch+json"}})
                .status,
            200);
  EXPECT_EQ(call("GET", kWidgets + "/a").at("spec.replicas"), "4");
}

TEST_F(CustomResourcesTest, ArePrintedByTheirColumns) {
  call("POST", kWidgets, widget("a", R"({"size":7})"));
  const Answered table =
      call("GET", kWidgets, "", {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_NE(table.text.find(R"("cells":["a",7,null])"), std::string::npos) << table.text;
  EXPECT_NE(table.text.find(R"("name":"Ready","type":"string")"), std::string::npos);
}

TEST_F(CustomResourcesTest, AreSelectedByTheirFields) {
  call("POST", kWidgets, widget("a", R"({"size":1})"));
  call("POST", kWidgets, widget("b", R"({"size":1,"color":"blue"})"));
  EXPECT_EQ(
      call("GET", kWidgets + "?fieldSelector=spec.color=blue").json.at("items").as_array().size(),
      1U);
  EXPECT_EQ(call("GET", kWidgets + "?fieldSelector=spec.size=1").status, 400);
}

TEST_F(CustomResourcesTest, LiveWhereTheirScopeSays) {
  EXPECT_EQ(call("GET", "/apis/example.com/v1/widgets/a").status, 404);
  EXPECT_EQ(call("GET", "/apis/example.com/v1/widgets").status, 200);
}

TEST_F(CustomResourcesTest, AreWatchedUntilTheirDefinitionGoes) {
  const auto held = catalog::custom_catalog()->definitions().front();
  Open watch = start("GET", kWidgets + "?watch=1");
  call("POST", kWidgets, widget("a", R"({"size":1})"));
  EXPECT_EQ(watch.story(), "ADDED a");
  EXPECT_FALSE(*watch.done);
  held->retire();
  loop.run();
  EXPECT_TRUE(*watch.done);
}

TEST_F(CustomResourcesTest, AreDiscoveredWhileTheyAreServed) {
  EXPECT_NE(call("GET", "/apis").text.find("example.com"), std::string::npos);
  EXPECT_NE(call("GET", "/apis/example.com/v1").text.find(R"("name":"widgets/scale")"),
            std::string::npos);
  const Answered aggregated =
      call("GET", "/apis", "",
           {{"Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}});
  EXPECT_NE(aggregated.text.find(R"("resource":"widgets")"), std::string::npos);
  catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>());
  EXPECT_EQ(call("GET", "/apis").text.find("example.com"), std::string::npos);
  EXPECT_EQ(call("GET", "/apis/example.com/v1").status, 404);
  EXPECT_EQ(call("GET", kWidgets).status, 404);
}

TEST_F(CustomResourcesTest, AreExplainedByOpenApi) {
  const Answered index = call("GET", "/openapi/v3");
  EXPECT_NE(index.text.find("apis/example.com/v1"), std::string::npos);
  const Answered document = call("GET", "/openapi/v3/apis/example.com/v1");
  ASSERT_EQ(document.status, 200);
  const object::Json& schemas = document.json.at("components").at("schemas");
  const object::Json& widget = schemas.at("com.example.v1.Widget");
  EXPECT_EQ(widget.at("properties").at("spec").at("properties").at("size").at("minimum"), 1);
  EXPECT_EQ(widget.at("properties").at("metadata").at("$ref"),
            "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  EXPECT_EQ(widget.at("x-kubernetes-group-version-kind").at(0).at("kind"), "Widget");
  EXPECT_TRUE(schemas.as_object().contains("com.example.v1.WidgetList"));
  EXPECT_TRUE(document.json.at("paths").as_object().contains(
      "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/scale"));
  // Every schema that is referred to is there.
  for (std::size_t at = document.text.find("#/components/schemas/"); at != std::string::npos;
       at = document.text.find("#/components/schemas/", at + 1)) {
    const std::size_t from = at + std::string_view("#/components/schemas/").size();
    const std::string name = document.text.substr(from, document.text.find('"', from) - from);
    EXPECT_TRUE(schemas.as_object().contains(name)) << name;
  }
}

TEST_F(CustomResourcesTest, AreInSwaggerAsFarAsItCanSayThem) {
  const Answered document = call("GET", "/openapi/v2");
  ASSERT_EQ(document.status, 200);
  const object::Json& widget = document.json.at("definitions").at("com.example.v1.Widget");
  EXPECT_EQ(widget.at("properties")
                .at("spec")
                .at("properties")
                .at("color")
                .as_object()
                .contains("default"),
            false);
  EXPECT_EQ(call("GET", "/openapi/v2", "",
                 {{"Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}})
                .status,
            200);
  catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>());
  EXPECT_EQ(call("GET", "/openapi/v2").text.find("com.example.v1.Widget"), std::string::npos);
  EXPECT_EQ(call("GET", "/openapi/v3/apis/example.com/v1").status, 404);
}

TEST_F(CustomResourcesTest, AreShownByTheSchemaOfToday) {
  call("POST", kWidgets, widget("a", R"({"size":1})"));
  const Served changed({definition(
      definition_text("Widget", "widgets",
                      R"({"type":"object","properties":{"spec":{"type":"object","properties":{
         "color":{"type":"string"},"taste":{"type":"string","default":"sweet"}}}}})"))});
  EXPECT_EQ(call("GET", kWidgets + "/a").at("spec"), R"({"color":"red","taste":"sweet"})");
}

TEST_F(CustomResourcesTest, AreLookedAtOnceForASchema) {
  call("POST", kWidgets, widget("a", R"({"size":1,"color":"blue"})"));
  const storage::ResourceId id{"example.com", "widgets"};
  const std::uint32_t serial =
      catalog::custom_catalog()->find("example.com", "v1", "widgets")->custom->serial;
  const storage::ObjectPtr stored = store.get({id, "default", "a"});
  const Answered first = call("GET", kWidgets + "/a");
  EXPECT_EQ(stored->unchanged_by.get(), serial);
  EXPECT_EQ(call("GET", kWidgets + "/a").text, first.text);
  // A schema that shows it otherwise leaves no mark.
  const Served changed({definition(definition_text("Widget", "widgets", R"({"type":"object"})"))});
  EXPECT_EQ(call("GET", kWidgets + "/a").at("spec"), "");
  EXPECT_EQ(stored->unchanged_by.get(), serial);
}

TEST_F(CustomResourcesTest, AreAppliedByTheirSchema) {
  chains = allowing_chains();
  const Headers apply = {{"Content-Type", "application/apply-patch+yaml"}};
  const Answered made =
      call("PATCH", kWidgets + "/a?fieldManager=m", widget("a", R"({"size":2})"), apply);
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("spec"), R"({"size":2,"color":"red"})");
  EXPECT_EQ(made.json.at("metadata").at("managedFields").at(0).at("fieldsV1"),
            boost::json::parse(R"({"f:spec":{"f:size":{}}})"));
  const Answered odd =
      call("PATCH", kWidgets + "/a?fieldManager=m", widget("a", R"({"odd":2})"), apply);
  EXPECT_EQ(odd.status, 500);
  EXPECT_EQ(odd.message(),
            "failed to create typed patch object (/a; example.com/v1, Kind=Widget): .spec.odd: "
            "field not declared in schema");
}

TEST_F(CustomResourcesTest, NobodyOwnsWhatIsPruned) {
  chains = allowing_chains();
  const Served loose({definition(definition_text(
      "Widget", "widgets", R"({"type":"object","properties":{"spec":{"type":"object"}}})"))});
  const Answered made = call("PATCH", kWidgets + "/a?fieldManager=m",
                             widget("a", R"({"size":2})", R"(,"labels":{"x":"y"})"),
                             {{"Content-Type", "application/apply-patch+yaml"}});
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("spec"), "{}");
  EXPECT_EQ(made.json.at("metadata").at("managedFields").at(0).at("fieldsV1"),
            boost::json::parse(R"({"f:metadata":{"f:labels":{"f:x":{}}},"f:spec":{}})"));
}

TEST_F(CustomResourcesTest, OfDeprecatedVersionsWarn) {
  const Served changed(
      {definition(definition_text("Widget", "widgets", kSchema, R"(,"deprecated":true)"))});
  EXPECT_NE(call("GET", kWidgets).headers.find("example.com/v1 Widget is deprecated"),
            std::string::npos);
}

TEST_F(CustomResourcesTest, AreNotCreatedWhileTheirDefinitionGoes) {
  const Served going({definition(definition_text(
      "Widget", "widgets", kSchema, "", R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")"))});
  const Answered refused = call("POST", kWidgets, widget("a", R"({"size":1})"));
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.message(),
            "create not allowed while custom resource definition is terminating");
}

TEST_F(CustomResourcesTest, DefinitionsWarnOfWhatIsNotEvaluated) {
  const Answered made =
      call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
           definition_text("Gadget", "gadgets",
                           R"({"type":"object","properties":{"spec":{"type":"object",
        "x-kubernetes-validations":[{"rule":"self.a > 1"}],"properties":{"a":{"type":"integer"}}}}})"));
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_NE(made.headers.find("x-kubernetes-validations are stored"), std::string::npos);
  EXPECT_EQ(made.at("status.storedVersions"), R"(["v1"])");
  EXPECT_EQ(made.at("status.conditions"), "");
}

TEST_F(CustomResourcesTest, DefinitionsAreMarkedWhenTheyAreDeleted) {
  const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  call("POST", definitions, definition_text("Gadget", "gadgets", R"({"type":"object"})"));
  const Answered marked = call("DELETE", definitions + "/gadgets.example.com");
  EXPECT_EQ(marked.status, 200);
  EXPECT_EQ(marked.at("metadata.finalizers"), R"(["customresourcecleanup.apiextensions.k8s.io"])");
  EXPECT_NE(marked.text.find(R"("reason":"InstanceDeletionPending")"), std::string::npos);
}

}  // namespace
}  // namespace limen::test
