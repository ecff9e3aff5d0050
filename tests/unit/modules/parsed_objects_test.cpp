// Stored objects as documents, parsed once.
#include "modules/parsed_objects.h"

#include <gtest/gtest.h>

namespace limen::modules {
namespace {

storage::ObjectPtr stored(const std::string& json) {
  auto made = std::make_shared<storage::StoredObject>();
  made->json = json;
  return made;
}

TEST(ParsedObjects, GivesTheSameDocumentForTheSameObject) {
  ParsedObjects objects;
  const storage::ObjectPtr object = stored(R"({"a":1})");
  const object::Document first = objects.of(object);
  EXPECT_EQ(&objects.of(object).root(), &first.root());
  EXPECT_EQ(first.to_json(), R"({"a":1})");
  EXPECT_NE(&objects.of(stored(R"({"a":1})")).root(), &first.root());
}

TEST(ParsedObjects, KeepsNoMoreThanItsNumberAndTheLatest) {
  ParsedObjects objects;
  const storage::ObjectPtr first = stored("{}");
  const boost::json::value* const root = &objects.of(first).root();
  const object::Document kept = objects.of(first);
  for (std::size_t i = 0; i < ParsedObjects::kMaxObjects; ++i) objects.of(stored("{}"));
  EXPECT_EQ(objects.size(), ParsedObjects::kMaxObjects);
  EXPECT_NE(&objects.of(first).root(), root) << "the oldest went and was parsed anew";
}

TEST(ParsedObjects, DoesNotKeepLargeOnes) {
  ParsedObjects objects;
  objects.of(stored("{\"a\":\"" + std::string(ParsedObjects::kMaxBytes, 'x') + "\"}"));
  EXPECT_EQ(objects.size(), 0u);
}

TEST(ParsedObjects, WhatIsNoJsonIsNotKept) {
  ParsedObjects objects;
  EXPECT_ANY_THROW(objects.of(stored("{")));
  EXPECT_EQ(objects.size(), 0u);
}

}  // namespace
}  // namespace limen::modules
