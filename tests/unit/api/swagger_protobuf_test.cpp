#include "api/openapi/swagger_protobuf.h"

#include <gtest/gtest.h>

#include <string>

namespace limen::api {
namespace {

std::string written(const std::string& document) {
  return swagger_to_protobuf(boost::json::parse(document));
}

TEST(SwaggerProtobuf, WritesWhatADocumentHas) {
  EXPECT_EQ(written(R"({"swagger":"2.0","info":{"title":"T","version":"1"},"paths":{},
                        "definitions":{"A":{"$ref":"#/definitions/B"}}})"),
            std::string("\n\x03"
                        "2.0"
                        "\x12\x06\n\x01T\x12\x01"
                        "1"
                        "B\0J\x18\n\x16\n\x01"
                        "A\x12\x11\n\x0f#/definitions/B",
                        41));
}

// Paths and definitions come from servers behind this one as well.
TEST(SwaggerProtobuf, LeavesOutWhatHasNotTheTypeItShouldHave) {
  for (
      const char* odd :
      {R"({})", R"({"paths":7,"definitions":[],"info":null})",
       R"({"paths":{"/a":[1],"/b":{"get":5,"parameters":{}}},"definitions":{"A":1,"B":[{}]}})",
       R"({"paths":{"/a":{"get":{"tags":[1,null],"responses":[],"parameters":[7,null,{"in":"body"}]}}}})",
       R"({"definitions":{"A":{"required":[{}],"properties":[],"items":[{}],"additionalProperties":true}}})"}) {
    EXPECT_FALSE(written(odd).empty()) << odd;
  }
}

}  // namespace
}  // namespace limen::api
