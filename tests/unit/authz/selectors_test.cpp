#include "authz/selectors.h"

#include <gtest/gtest.h>

#include "authz/attributes.h"
#include "base/strings.h"

namespace limen::authz {
namespace {

// `key op value,value; ...`
std::string shown(const Selector& selector) {
  static constexpr const char* kOps[] = {"in", "notin", "exists", "absent", ">", "<"};
  std::string out;
  for (const Requirement& one : selector.requirements) {
    out += (out.empty() ? "" : "; ") + one.key + " " + kOps[static_cast<int>(one.op)];
    if (!one.values.empty()) out += " " + base::join(one.values, ",");
  }
  return out;
}
std::string fields(std::string_view text) { return shown(read_field_selector(text)); }
std::string labels(std::string_view text) { return shown(read_label_selector(text)); }

TEST(SelectorsInAuthorization, FieldsAreEqualOrNot) {
  EXPECT_EQ(fields("spec.nodeName=n1"), "spec.nodeName in n1");
  EXPECT_EQ(fields("a==b,c!=d"), "a in b; c notin d");
  EXPECT_EQ(fields("z=1,a=2"), "a in 2; z in 1") << "sorted, as Kubernetes reads them";
  EXPECT_EQ(fields("a=x\\,y"), "a in x,y");
  EXPECT_EQ(read_field_selector("a=x\\,y").requirements[0].values.size(), 1U);
}

TEST(SelectorsInAuthorization, LabelsHaveEveryOperator) {
  EXPECT_EQ(labels("z=1,b!=2,c in (y,x,y),d notin (w),e,!f,g>3,h<4"),
            "b notin 2; c in x,y; d notin w; e exists; f absent; g > 3; h < 4; z in 1");
}

TEST(SelectorsInAuthorization, WhatCannotBeReadMakesTheQuestionBroader) {
  const Selector labels = read_label_selector("a in (");
  EXPECT_EQ(labels.text, "a in (");
  EXPECT_TRUE(labels.requirements.empty());
  EXPECT_FALSE(labels.error.empty());
  const Selector fields = read_field_selector("nonsense");
  EXPECT_TRUE(fields.requirements.empty());
  EXPECT_FALSE(fields.error.empty());
}

Attributes asked(std::string_view method, std::string_view target) {
  request::RequestInfo info;
  parse_request(method, target, info);
  return attributes_of(info, {});
}

TEST(SelectorsInAuthorization, TravelWithListWatchAndDeletecollectionAlone) {
  const std::string query = "?labelSelector=a%3Db&fieldSelector=c%3Dd";
  for (const auto& [method, target, verb] :
       {std::tuple{"GET", "/api/v1/pods", "list"},
        {"GET", "/api/v1/pods?watch=1", "watch"},
        {"DELETE", "/api/v1/namespaces/x/pods", "deletecollection"}}) {
    std::string with = query;
    if (std::string_view(target).find('?') != std::string_view::npos) with[0] = '&';
    const Attributes attributes = asked(method, target + with);
    EXPECT_EQ(attributes.verb, verb);
    EXPECT_EQ(shown(attributes.labels), "a in b") << target;
    EXPECT_EQ(shown(attributes.fields), "c in d") << target;
  }
  for (const auto& [method, target] : {std::pair{"GET", "/api/v1/namespaces/x/pods/p"},
                                       {"POST", "/api/v1/namespaces/x/pods"},
                                       {"DELETE", "/api/v1/namespaces/x/pods/p"},
                                       {"GET", "/api/v1/watch/pods"},
                                       {"GET", "/healthz"}}) {
    const Attributes attributes = asked(method, target + query);
    EXPECT_EQ(attributes.labels.text + attributes.fields.text, "") << target;
  }
}

// ---- the attributes of a review

Selector review_fields(std::string_view json) {
  return field_selector_of(boost::json::parse(json));
}
Selector review_labels(std::string_view json) {
  return label_selector_of(boost::json::parse(json));
}

TEST(SelectorsOfReviews, AreReadFromTheirText) {
  EXPECT_EQ(shown(review_fields(R"({"rawSelector":"a=b"})")), "a in b");
  EXPECT_EQ(shown(review_labels(R"j({"rawSelector":"a in (c,b)"})j")), "a in b,c");
}

TEST(SelectorsOfReviews, AreReadFromTheirRequirements) {
  const Selector fields = review_fields(R"({"requirements":[
      {"key":"a","operator":"In","values":["x,y"]},{"key":"b","operator":"NotIn","values":["z"]}]})");
  EXPECT_EQ(shown(fields), "a in x,y; b notin z");
  EXPECT_EQ(fields.text, "a=x\\,y,b!=z");
  EXPECT_EQ(fields.error, "");
  const Selector labels = review_labels(R"({"requirements":[
      {"key":"z","operator":"In","values":["2","1"]},{"key":"a","operator":"Exists"},
      {"key":"b","operator":"DoesNotExist"},{"key":"c","operator":"NotIn","values":["3"]}]})");
  EXPECT_EQ(shown(labels), "z in 1,2; a exists; b absent; c notin 3");
  EXPECT_EQ(labels.text, "z in (1,2),a,!b,c notin (3)");
}

TEST(SelectorsOfReviews, LeaveOutWhatIsNoRequirement) {
  const Selector fields = review_fields(R"({"requirements":[
      {"key":"a","operator":"In","values":["x","y"]},{"key":"b","operator":"In","values":[]},
      {"key":"c","operator":"Exists"},{"key":"d","operator":"In","values":["z"]}]})");
  EXPECT_EQ(shown(fields), "d in z");
  EXPECT_EQ(fields.error,
            "[fieldSelectors do not yet support multiple values, fieldSelectors in must have "
            "values, \"Exists\" is not a valid field selector operator]");
  const Selector labels = review_labels(R"({"requirements":[
      {"key":"a","operator":"Near","values":["x"]},{"key":"b","operator":"Exists"}]})");
  EXPECT_EQ(shown(labels), "b exists");
  EXPECT_FALSE(labels.error.empty());
}

}  // namespace
}  // namespace limen::authz
