#include "catalog/custom/custom_catalog.h"

#include <gtest/gtest.h>

#include "object/canonical.h"
#include "support/custom_definition.h"

namespace limen::catalog {
namespace {

using test::definition;
using test::definition_text;
using test::Served;

TEST(VersionOrder, IsThatOfKubernetes) {
  const std::vector<std::string> sorted = {"v10",      "v2",      "v1",        "v11beta2",
                                           "v10beta3", "v3beta1", "v12alpha1", "v11alpha2",
                                           "foo1",     "foo10"};
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    EXPECT_TRUE(version_before(sorted[i], sorted[i + 1])) << sorted[i] << " " << sorted[i + 1];
    EXPECT_FALSE(version_before(sorted[i + 1], sorted[i]));
  }
}

constexpr const char* kSchema = R"({"type":"object","properties":{"spec":{"type":"object"}}})";

TEST(CustomCatalog, ServesWhatIsEstablished) {
  const Served served({definition(definition_text("Widget", "widgets", kSchema))});
  const ResourcePtr widget = lookup("example.com", "v1", "widgets");
  ASSERT_TRUE(widget);
  EXPECT_EQ(widget->kind, "Widget");
  EXPECT_EQ(widget->short_names.front(), "sh");
  EXPECT_EQ(widget->categories.front(), "all");
  EXPECT_TRUE(widget->namespaced);
  EXPECT_TRUE(widget->stored());
  EXPECT_EQ(widget->type, nullptr);
  EXPECT_FALSE(lookup("example.com", "v2", "widgets"));
  EXPECT_FALSE(lookup("example.com", "v1", "gadgets"));
  EXPECT_TRUE(lookup_any("example.com", "widgets"));
}

TEST(CustomCatalog, ServesNothingThatIsNotEstablished) {
  std::string text = definition_text("Widget", "widgets", kSchema);
  const std::size_t at = text.find(R"("status":"True")");
  text.replace(at, 15, R"("status":"False")");
  const Served served({definition(text)});
  EXPECT_FALSE(lookup("example.com", "v1", "widgets"));
}

TEST(CustomCatalog, AnEntryOutlivesItsSnapshot) {
  ResourcePtr held;
  {
    const Served served({definition(definition_text("Widget", "widgets", kSchema))});
    held = lookup("example.com", "v1", "widgets");
  }
  EXPECT_FALSE(lookup("example.com", "v1", "widgets"));
  EXPECT_EQ(held->kind, "Widget");
  EXPECT_EQ(held->custom->storage->resource.version, "v1");
}

TEST(CustomCatalog, BuiltInKindsAreFoundAsBefore) {
  EXPECT_EQ(lookup("apps", "v1", "deployments").get(), find_resource("apps", "v1", "deployments"));
}

TEST(CustomCatalog, GroupsVersionsWithThePreferredFirst) {
  const std::string two =
      R"(},{"name":"v2beta1","served":true,"storage":false,"schema":{"openAPIV3Schema":)" +
      std::string(kSchema) + "}";
  const Served served({definition(definition_text("Widget", "widgets", kSchema, two)),
                       definition(definition_text("Gadget", "gadgets", kSchema))});
  const auto custom = custom_catalog();
  ASSERT_EQ(custom->versions_of("example.com").size(), 2U);
  EXPECT_EQ(custom->versions_of("example.com")[0].version, "v1");
  EXPECT_EQ(custom->versions_of("example.com")[0].resources.size(), 2U);
  EXPECT_EQ(custom->versions_of("example.com")[1].version, "v2beta1");
  EXPECT_EQ(custom->stored_resources().size(), 2U);
}

TEST(CustomDefinition, TellsWhenItRetires) {
  const DefinitionPtr one = definition(definition_text("Widget", "widgets", kSchema));
  int told = 0;
  auto place = CustomDefinition::on_retire(one, [&] { ++told; });
  {
    auto given_up = CustomDefinition::on_retire(one, [&] { told += 100; });
  }
  one->retire();
  EXPECT_EQ(told, 1);
  auto late = CustomDefinition::on_retire(one, [&] { ++told; });
  EXPECT_EQ(told, 2);
}

TEST(CustomSchema, SaysWhatIsBelow) {
  const Schema schema = compile_schema(boost::json::parse(
      R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":
         {"b":{"type":"string","default":"x","pattern":"^x"}}}},"c":{"type":"integer",
         "x-kubernetes-validations":[{"rule":"self>0"}]}}})"));
  EXPECT_TRUE(schema.has_defaults);
  EXPECT_TRUE(schema.has_rules);
  const Schema* b = schema.property("a")->items()->property("b");
  ASSERT_TRUE(b && b->rules && b->rules->pattern);
  EXPECT_TRUE(b->rules->pattern->found_in("xy"));
  EXPECT_FALSE(b->rules->pattern->found_in("yx"));
  EXPECT_FALSE(Pattern::problem("(").empty());
}

TEST(CustomSchema, OutlivesTheDocumentItWasReadFrom) {
  Schema schema;
  {
    const auto document = object::Document::parse(
        R"({"type":"object","default":{"a":["a text with memory of its own"]},)"
        R"("enum":[{"b":"another text with memory of its own"}]})");
    schema = compile_schema(document.root());
    EXPECT_FALSE(object::Document::owner(*schema.otherwise()));
    EXPECT_FALSE(object::Document::owner(schema.rules->allowed.front()));
  }
  EXPECT_EQ(schema.otherwise()->at("a").at(0).as_string(), "a text with memory of its own");
  EXPECT_EQ(schema.rules->allowed.front().at("b").as_string(),
            "another text with memory of its own");
}

}  // namespace
}  // namespace limen::catalog
