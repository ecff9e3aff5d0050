#include "object/merge_patch.h"

#include <gtest/gtest.h>

#include "object/canonical.h"

namespace limen::object {
namespace {

// The examples of RFC 7386, appendix A: original, patch, result.
struct Example {
  const char *original, *patch, *result;
};
class Rfc7386 : public testing::TestWithParam<Example> {};

TEST_P(Rfc7386, ExampleHolds) {
  Json target = boost::json::parse(GetParam().original);
  apply_merge_patch(target, boost::json::parse(GetParam().patch));
  EXPECT_EQ(target, boost::json::parse(GetParam().result)) << to_json(target);
}

INSTANTIATE_TEST_SUITE_P(
    MergePatch, Rfc7386,
    testing::Values(Example{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                    Example{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                    Example{R"({"a":"b"})", R"({"a":null})", "{}"},
                    Example{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                    Example{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                    Example{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                    Example{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})",
                            R"({"a":{"b":"d"}})"},
                    Example{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                    Example{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                    Example{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
                    Example{R"({"a":"foo"})", "null", "null"},
                    Example{R"({"a":"foo"})", R"("bar")", R"("bar")"},
                    Example{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                    Example{"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
                    Example{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}));

}  // namespace
}  // namespace limen::object
