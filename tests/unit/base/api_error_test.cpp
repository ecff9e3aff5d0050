#include "base/api_error.h"

#include <gtest/gtest.h>

namespace limen::base {
namespace {

TEST(ApiError, UnauthorizedIsKubernetesBodyToTheByte) {
  EXPECT_EQ(ApiError::unauthorized().to_json(),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"Unauthorized","reason":"Unauthorized","code":401})"
            "\n");
}

TEST(ApiError, NotFoundNamesTheGroupBehindTheResource) {
  const ApiError error = ApiError::not_found("apps", "deployments", "web");
  EXPECT_EQ(error.message(), "deployments.apps \"web\" not found");
  EXPECT_EQ(error.to_json(),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"deployments.apps \"web\" not found","reason":"NotFound",)"
            R"("details":{"name":"web","group":"apps","kind":"deployments"},"code":404})"
            "\n");
}

TEST(ApiError, ForbiddenHasThreeForms) {
  EXPECT_EQ(ApiError::forbidden("", "pods", "p", "no").message(), "pods \"p\" is forbidden: no");
  EXPECT_EQ(ApiError::forbidden("", "pods", "", "no").message(), "pods is forbidden: no");
  EXPECT_EQ(ApiError::forbidden("", "", "", "no").message(), "forbidden: no");
}

TEST(ApiError, ConflictTellsWhatToDo) {
  EXPECT_EQ(ApiError::conflict("", "pods", "x",
                               "the object has been modified; please apply your changes to the "
                               "latest version and try again")
                .message(),
            "Operation cannot be fulfilled on pods \"x\": the object has been modified; please "
            "apply your changes to the latest version and try again");
}

TEST(ApiError, InvalidShowsOneCauseBareAndSeveralInBrackets) {
  const StatusCause one{"FieldValueRequired", "Required value", "spec.a"};
  const StatusCause two{"FieldValueInvalid", "Invalid value: 1: too small", "spec.b"};
  EXPECT_EQ(ApiError::invalid("apps", "Deployment", "web", {one}).message(),
            "Deployment.apps \"web\" is invalid: spec.a: Required value");
  EXPECT_EQ(ApiError::invalid("", "Pod", "p", {one, two}).message(),
            "Pod \"p\" is invalid: [spec.a: Required value, spec.b: Invalid value: 1: too small]");
}

TEST(ApiError, CausesAndRetryAfterAreInTheDetails) {
  ApiError error = ApiError::timeout("slow", 1);
  error.details().causes.push_back({"ResourceVersionTooLarge", "Too large resource version", ""});
  EXPECT_EQ(
      error.to_json(),
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"slow",)"
      R"("reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge",)"
      R"("message":"Too large resource version"}],"retryAfterSeconds":1},"code":504})"
      "\n");
}

TEST(ApiError, WhereKubernetesShowsEmptyDetailsSoDoWe) {
  EXPECT_EQ(ApiError::page_not_found().to_json(),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"the server could not find the requested resource","reason":"NotFound",)"
            R"("details":{},"code":404})"
            "\n");
  EXPECT_NE(ApiError::method_not_supported().to_json().find("\"details\":{},\"code\":405"),
            std::string::npos);
  EXPECT_NE(ApiError::forbidden("", "", "", "no").to_json().find("\"details\":{},\"code\":403"),
            std::string::npos);
  EXPECT_EQ(ApiError::unauthorized().to_json().find("details"), std::string::npos);
}

}  // namespace
}  // namespace limen::base
