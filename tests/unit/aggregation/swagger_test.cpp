#include "aggregation/swagger.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <vector>

namespace limen::aggregation {
namespace {

using boost::json::value;

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

value merged(const std::string& whole, const std::vector<std::string>& parts) {
  std::vector<std::shared_ptr<const std::string>> list;
  for (const std::string& one : parts) list.push_back(shared(one));
  return boost::json::parse(merge_swagger(whole, list));
}

const std::string kWhole =
    R"({"swagger":"2.0","info":{},"paths":{"/api/v1/pods":{"x":{"$ref":"#/definitions/Pod"}}},)"
    R"("definitions":{"Pod":{"properties":{"meta":{"$ref":"#/definitions/Meta"}}},"Meta":{"type":"object"}}})";

TEST(SwaggerPart, KeepsTheGroupVersionsPathsAndWhatTheyNeed) {
  const std::string document =
      R"({"swagger":"2.0","paths":{"/apis/a/v1/":{"g":1},"/apis/a/v1/ws":{"s":{"$ref":"#/definitions/W"}},)"
      R"("/apis/a/v10/ws":{"s":{"$ref":"#/definitions/Other"}},"/apis/a/":{}},)"
      R"("definitions":{"W":{"p":{"$ref":"#/definitions/Inner"}},"Inner":{"p":[{"$ref":"#/definitions/W"}]},"Other":{}}})";
  EXPECT_EQ(
      boost::json::parse(*swagger_part(document, "/apis/a/v1")),
      boost::json::parse(
          R"({"paths":{"/apis/a/v1/":{"g":1},"/apis/a/v1/ws":{"s":{"$ref":"#/definitions/W"}}},)"
          R"("definitions":{"W":{"p":{"$ref":"#/definitions/Inner"}},"Inner":{"p":[{"$ref":"#/definitions/W"}]}}})"));
}

TEST(SwaggerPart, IsNothingOfWhatIsNoSwagger) {
  EXPECT_FALSE(swagger_part("", "/apis/a/v1"));
  EXPECT_FALSE(swagger_part("[1]", "/apis/a/v1"));
  EXPECT_FALSE(swagger_part(R"({"openapi":"3.0.0","paths":{"/apis/a/v1/":{}}})", "/apis/a/v1"));
  EXPECT_FALSE(swagger_part(R"({"swagger":"2.0","paths":{"/apis/b/v1/":{}}})", "/apis/a/v1"));
}

TEST(SwaggerPart, IsReadToADepthAndNoDeeper) {
  const auto nested = [](std::size_t lists) {
    return R"({"swagger":"2.0","paths":{"/apis/a/v1/":)" + std::string(lists, '[') +
           std::string(lists, ']') + "}}";
  };
  EXPECT_TRUE(swagger_part(nested(kMaxSwaggerDepth - 2), "/apis/a/v1"));
  EXPECT_FALSE(swagger_part(nested(kMaxSwaggerDepth - 1), "/apis/a/v1"));
}

TEST(MergedSwagger, AddsPathsAndDefinitions) {
  const value all = merged(
      kWhole,
      {R"({"paths":{"/apis/a/v1/ws":{"s":{"$ref":"#/definitions/W"}}},"definitions":{"W":{"t":1}}})"});
  EXPECT_TRUE(all.at("paths").as_object().contains("/api/v1/pods"));
  EXPECT_EQ(all.at("paths").at("/apis/a/v1/ws").at("s").at("$ref"), "#/definitions/W");
  EXPECT_EQ(all.at("definitions").at("W").at("t"), 1);
}

TEST(MergedSwagger, SharesDefinitionsThatAreTheSame) {
  const value all = merged(
      kWhole,
      {R"({"paths":{"/p":{"$ref":"#/definitions/Meta"}},)"
       R"("definitions":{"Meta":{"type":"object","x-kubernetes-group-version-kind":[{"kind":"Meta"}]}}})"});
  EXPECT_EQ(all.at("definitions").as_object().size(), 2U);
  EXPECT_EQ(all.at("paths").at("/p").at("$ref"), "#/definitions/Meta");
}

TEST(MergedSwagger, RenamesWhatDiffersAndWhatRefersToIt) {
  const std::string part =
      R"({"paths":{"/p":{"$ref":"#/definitions/Pod"}},"definitions":{)"
      R"("Pod":{"properties":{"meta":{"$ref":"#/definitions/Meta"}}},"Meta":{"type":"string"}}})";
  const value all = merged(kWhole, {part, R"({"paths":{"/q":{"$ref":"#/definitions/Meta"}},)"
                                          R"("definitions":{"Meta":{"type":"integer"}}})"});
  EXPECT_EQ(all.at("definitions").at("Meta").at("type"), "object");
  EXPECT_EQ(all.at("definitions").at("Meta_v2").at("type"), "string");
  EXPECT_EQ(all.at("definitions").at("Meta_v3").at("type"), "integer");
  EXPECT_EQ(all.at("paths").at("/p").at("$ref"), "#/definitions/Pod_v2");
  EXPECT_EQ(all.at("definitions").at("Pod_v2").at("properties").at("meta").at("$ref"),
            "#/definitions/Meta_v2");
  EXPECT_EQ(all.at("definitions").at("Pod").at("properties").at("meta").at("$ref"),
            "#/definitions/Meta");
  EXPECT_EQ(all.at("paths").at("/q").at("$ref"), "#/definitions/Meta_v3");
}

TEST(MergedSwagger, APathThatIsThereStays) {
  const value all =
      merged(kWhole, {R"({"paths":{"/api/v1/pods":{"stolen":true}},"definitions":{}})"});
  EXPECT_FALSE(all.at("paths").at("/api/v1/pods").as_object().contains("stolen"));
}

TEST(MergedSwagger, IsTheDocumentItselfWithoutParts) {
  EXPECT_EQ(merge_swagger("anything", {}), "anything");
}

}  // namespace
}  // namespace limen::aggregation
