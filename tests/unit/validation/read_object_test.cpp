#include "validation/read_object.h"

#include <gtest/gtest.h>

#include "base/api_error.h"
#include "object/canonical.h"

namespace limen::validation {
namespace {

ExpectedKind expected(std::string_view group, std::string_view version, std::string_view kind) {
  const catalog::Resource* resource = catalog::find_kind(group, version, kind);
  EXPECT_NE(resource, nullptr);
  return {group, version, kind, resource->type};
}

ReadObject read(std::string_view body, FieldValidation mode = FieldValidation::warn,
                object::Format format = object::Format::json) {
  return read_object(body, format, expected("apps", "v1", "Deployment"), mode);
}

std::string refusal(std::string_view body, FieldValidation mode = FieldValidation::warn,
                    object::Format format = object::Format::json) {
  try {
    read(body, mode, format);
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 400);
    return error.message();
  }
  return "";
}

TEST(ReadObject, GivesABodyWithoutTypeTheExpectedOne) {
  EXPECT_EQ(object::to_json(read(R"({"metadata":{"name":"x"}})").object),
            R"({"metadata":{"name":"x"},"apiVersion":"apps/v1","kind":"Deployment"})");
}

TEST(ReadObject, ReadsYaml) {
  EXPECT_EQ(object::to_json(read("kind: Deployment\nspec: {replicas: 2}\n", FieldValidation::strict,
                                 object::Format::yaml)
                                .object),
            R"({"kind":"Deployment","spec":{"replicas":2},"apiVersion":"apps/v1"})");
}

TEST(ReadObject, WarnsIgnoresOrRefusesUnknownAndDuplicateFields) {
  constexpr std::string_view kBody =
      R"({"spec":{"foo":1,"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"x":1}]}}}})";
  EXPECT_EQ(
      read(kBody).warnings,
      (std::vector<std::string>{"duplicate field \"spec.replicas\"", "unknown field \"spec.foo\"",
                                "unknown field \"spec.template.spec.containers[0].x\""}));
  EXPECT_TRUE(read(kBody, FieldValidation::ignore).warnings.empty());
  EXPECT_EQ(refusal(kBody, FieldValidation::strict),
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding "
            "error: duplicate field \"spec.replicas\", unknown field \"spec.foo\", unknown field "
            "\"spec.template.spec.containers[0].x\"");
}

TEST(ReadObject, RefusesWhatIsNoObject) {
  EXPECT_EQ(refusal(""),
            "the object provided is unrecognized (must be of type Deployment): couldn't get "
            "version/kind; json parse error: unexpected end of JSON input (<empty>)");
  EXPECT_EQ(refusal("nope"),
            "the object provided is unrecognized (must be of type Deployment): couldn't get "
            "version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') "
            "(6e6f7065)");
  EXPECT_EQ(refusal(R"({"kind":"Deployment","a":0123456789})"),
            "the object provided is unrecognized (must be of type Deployment): couldn't get "
            "version/kind; json parse error: invalid character '1' after object key:value pair "
            "({\"kind\":\"Deployment\",\"a\":01234 ...)");
  EXPECT_NE(refusal("[]").find("cannot unmarshal array into Go value of type struct"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"kind":5})").find("into Go struct field .kind of type string"),
            std::string::npos);
}

TEST(ReadObject, RefusesAnotherKindOrVersion) {
  EXPECT_EQ(refusal(R"({"apiVersion":"v1","kind":"Pod"})"),
            "Pod in version \"v1\" cannot be handled as a Deployment: converting (v1.Pod) to "
            "(apps.Deployment): unknown conversion");
  EXPECT_EQ(refusal(R"({"apiVersion":"apps/v1","kind":"Frob"})"),
            "Frob in version \"v1\" cannot be handled as a Deployment: no kind \"Frob\" is "
            "registered for version \"apps/v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
  EXPECT_EQ(refusal(R"({"apiVersion":"apps/v1beta1","kind":"Deployment"})"),
            "Deployment in version \"v1beta1\" cannot be handled as a Deployment: no kind "
            "\"Deployment\" is registered for version \"apps/v1beta1\" in scheme "
            "\"pkg/api/legacyscheme/scheme.go:30\"");
}

TEST(ReadObject, RefusesAnotherServedVersionOfItsKind) {
  try {
    read_object(R"({"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler"})",
                object::Format::json, expected("autoscaling", "v2", "HorizontalPodAutoscaler"),
                FieldValidation::warn);
    FAIL();
  } catch (const base::ApiError& error) {
    EXPECT_EQ(
        error.message(),
        "the API version in the data (autoscaling/v1) does not match the expected API version "
        "(autoscaling/v2)");
  }
}

TEST(ReadObject, RefusesWrongTypes) {
  EXPECT_EQ(refusal(R"({"spec":{"replicas":"x"}})"),
            "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot "
            "unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32");
}

TEST(ReadObject, ReadsNullAsAnEmptyObject) {
  EXPECT_EQ(object::to_json(read("null").object),
            R"({"apiVersion":"apps/v1","kind":"Deployment"})");
}

TEST(ConformPatched, ReturnsWhatStrictModeRefuses) {
  object::Json value = boost::json::parse(R"({"spec":{"foo":1}})");
  const Typed typed = conform_patched(value, expected("apps", "v1", "Deployment"));
  EXPECT_EQ(typed.strict_errors, std::vector<std::string>{"unknown field \"spec.foo\""});
  EXPECT_EQ(strict_error_text(typed.strict_errors),
            "strict decoding error: unknown field \"spec.foo\"");
}

}  // namespace
}  // namespace limen::validation
