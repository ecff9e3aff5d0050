#include "object/document.h"

#include <gtest/gtest.h>

#include "object/decode.h"

namespace limen::object {
namespace {

TEST(Document, IsEmptyAndReadsAsNullByDefault) {
  const Document empty;
  EXPECT_FALSE(empty);
  EXPECT_TRUE(empty.root().is_null());
  EXPECT_EQ(empty.to_json(), "null");
}

TEST(Document, KeepsItsOwnCopyOfTheValue) {
  Json value = boost::json::parse(R"({"a":{"b":[1,"two"]}})");
  const Document document(value);
  value = nullptr;
  EXPECT_EQ(document.to_json(), R"({"a":{"b":[1,"two"]}})");
}

TEST(Document, IsFoundFromEveryNodeInIt) {
  const Document document(boost::json::parse(R"({"a":{"b":[1,"two"]}})"));
  const Json& leaf = document.root().at("a").at("b").at(0);
  const Document owner = Document::owner(leaf);
  ASSERT_TRUE(owner);
  EXPECT_EQ(&owner.root(), &document.root());
}

TEST(Document, OutlivesItsFirstHandleThroughANodesOwner) {
  const Json* leaf = nullptr;
  Document kept;
  {
    const Document document(boost::json::parse(R"({"a":"a text too long to be stored inline"})"));
    leaf = &document.root().at("a");
    kept = Document::owner(*leaf);
  }
  EXPECT_EQ(leaf->as_string(), "a text too long to be stored inline");
}

TEST(Document, IsNotFoundFromANodeOutsideAnyDocument) {
  const Json loose = boost::json::parse(R"({"a":1})");
  EXPECT_FALSE(Document::owner(loose.at("a")));
}

TEST(Document, SharesTheArenaWhenMadeFromAnotherDocumentsRoot) {
  const Document first(boost::json::parse("[1]"));
  const Document second(first.root());
  EXPECT_EQ(&first.root(), &second.root());
}

TEST(Document, CopiesWhenMadeFromAnInnerNode) {
  const Document first(boost::json::parse(R"({"a":[1,2]})"));
  const Document second(first.root().at("a"));
  EXPECT_EQ(second.to_json(), "[1,2]");
  EXPECT_NE(&Document::owner(second.root().at(0)).root(), &first.root());
}

TEST(Document, ParsesText) {
  EXPECT_EQ(Document::parse(R"( {"a" : 1} )").to_json(), R"({"a":1})");
  EXPECT_THROW(Document::parse("{"), DecodeError);
}

TEST(DocumentBuilder, BuildsInPlaceAndIsEmptyAfterwards) {
  DocumentBuilder builder;
  builder.root().emplace_object()["name"] = "x";
  const Document document = builder.finish();
  EXPECT_EQ(document.to_json(), R"({"name":"x"})");
  EXPECT_EQ(&Document::owner(document.root().at("name")).root(), &document.root());
}

}  // namespace
}  // namespace limen::object
