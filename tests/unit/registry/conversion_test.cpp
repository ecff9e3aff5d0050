#include "registry/conversion.h"

#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace limen::registry {
namespace {

using object::Json;

const catalog::Resource& find(std::string_view group, std::string_view version,
                              std::string_view resource) {
  const catalog::Resource* found = catalog::find_resource(group, version, resource);
  if (!found) throw std::runtime_error("no such resource in the catalog");
  return *found;
}

TEST(Conversion, MostKindsAreServedAsTheyAreStored) {
  EXPECT_EQ(difference(find("", "v1", "pods")), Difference::none);
  EXPECT_EQ(difference(find("apps", "v1", "deployments")), Difference::none);
}

TEST(Conversion, OtherVersionsOfAShapeDifferInType) {
  const catalog::Resource& beta =
      find("admissionregistration.k8s.io", "v1beta1", "mutatingadmissionpolicies");
  EXPECT_EQ(difference(beta), Difference::type);
  EXPECT_EQ(storage_resource(beta).version, "v1");
}

TEST(Conversion, EventsRenameTheirFieldsAndComeBackTheSame) {
  const catalog::Resource& events = find("events.k8s.io", "v1", "events");
  const Json served = boost::json::parse(
      R"({"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},
          "regarding":{"name":"p"},"note":"n","reportingController":"c","action":"a",
          "deprecatedCount":3,"deprecatedSource":{"component":"x"},"reason":"r",
          "deprecatedFirstTimestamp":"2026-01-01T00:00:00Z"})");
  Json object = served;
  to_stored(events, object);
  EXPECT_EQ(object.at("apiVersion").as_string(), "v1");
  EXPECT_EQ(object.at("message").as_string(), "n");
  EXPECT_EQ(object.at("involvedObject").at("name").as_string(), "p");
  EXPECT_EQ(object.at("count").as_int64(), 3);
  EXPECT_EQ(object.at("source").at("component").as_string(), "x");
  EXPECT_EQ(object.as_object().count("note"), 0u);
  to_served(events, object);
  EXPECT_EQ(object, served);
}

TEST(Conversion, AnAutoscalersOtherMetricsSurviveInAnnotations) {
  const catalog::Resource& v1 = find("autoscaling", "v1", "horizontalpodautoscalers");
  const Json stored = boost::json::parse(
      R"({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},
          "spec":{"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"d"},"metrics":[
            {"type":"Resource","resource":{"name":"cpu",
              "target":{"averageUtilization":70,"type":"Utilization"}}},
            {"type":"Resource","resource":{"name":"memory",
              "target":{"averageValue":"1Gi","type":"AverageValue"}}},
            {"type":"Pods","pods":{"metric":{"name":"rps","selector":{"matchLabels":{"a":"b"}}},
              "target":{"averageValue":"10","type":"AverageValue"}}},
            {"type":"Object","object":{"describedObject":{"kind":"Service","name":"s"},
              "metric":{"name":"hits"},"target":{"value":"100","type":"Value"}}},
            {"type":"External","external":{"metric":{"name":"queue",
              "selector":{"matchLabels":{"q":"1"}}},"target":{"value":"7","type":"Value"}}}],
            "behavior":{"scaleDown":{"selectPolicy":"Min"}}},
          "status":{"desiredReplicas":2,"currentMetrics":[{"type":"Resource","resource":{
            "name":"cpu","current":{"averageUtilization":33,"averageValue":"300m"}}}],
            "conditions":[{"type":"AbleToScale","status":"True"}]}})");
  Json object = stored;
  to_served(v1, object);
  EXPECT_EQ(object.at("apiVersion").as_string(), "autoscaling/v1");
  EXPECT_EQ(object.at("spec").at("targetCPUUtilizationPercentage").as_int64(), 70);
  EXPECT_EQ(object.at("spec").as_object().count("metrics"), 0u);
  EXPECT_EQ(object.at("status").at("currentCPUUtilizationPercentage").as_int64(), 33);
  const auto& annotations = object.at("metadata").at("annotations").as_object();
  EXPECT_EQ(annotations.size(), 4u);
  const Json metrics =
      boost::json::parse(annotations.at("autoscaling.alpha.kubernetes.io/metrics").as_string());
  EXPECT_EQ(metrics.at(0).at("resource").at("targetAverageValue").as_string(), "1Gi");
  EXPECT_EQ(metrics.at(1).at("pods").at("metricName").as_string(), "rps");
  EXPECT_EQ(metrics.at(2).at("object").at("target").at("name").as_string(), "s");
  EXPECT_EQ(metrics.at(3).at("external").at("targetValue").as_string(), "7");

  to_stored(v1, object);
  EXPECT_EQ(object, stored);
}

TEST(Conversion, AnAutoscalerOfVersionOneStatesItsProcessorTarget) {
  const catalog::Resource& v1 = find("autoscaling", "v1", "horizontalpodautoscalers");
  Json object = boost::json::parse(
      R"({"metadata":{"name":"h"},"spec":{"maxReplicas":5,"targetCPUUtilizationPercentage":80}})");
  to_stored(v1, object);
  EXPECT_EQ(boost::json::serialize(object.at("spec").at("metrics")),
            R"([{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":80,)"
            R"("type":"Utilization"}}}])");
}

TEST(Conversion, AnAnnotationThatIsNoMetricsIsNotTrusted) {
  const catalog::Resource& v1 = find("autoscaling", "v1", "horizontalpodautoscalers");
  Json object = boost::json::parse(
      R"({"metadata":{"name":"h","annotations":{"autoscaling.alpha.kubernetes.io/metrics":"[1,"}},
          "spec":{"maxReplicas":5}})");
  to_stored(v1, object);
  EXPECT_EQ(object.at("spec").as_object().count("metrics"), 0u);
}

TEST(Conversion, AClaimsRequestMovesUnderExactly) {
  const catalog::Resource& beta = find("resource.k8s.io", "v1beta1", "resourceclaims");
  const Json served = boost::json::parse(
      R"({"apiVersion":"resource.k8s.io/v1beta1","kind":"ResourceClaim","metadata":{"name":"c"},
          "spec":{"devices":{"requests":[{"name":"r","deviceClassName":"gpu","count":2},
            {"name":"s","firstAvailable":[{"name":"x","deviceClassName":"y"}]}]}}})");
  Json object = served;
  to_stored(beta, object);
  const Json& requests = object.at("spec").at("devices").at("requests");
  EXPECT_EQ(requests.at(0).at("exactly").at("count").as_int64(), 2);
  EXPECT_EQ(requests.at(1).as_object().count("exactly"), 0u);
  to_served(beta, object);
  EXPECT_EQ(object, served);
}

TEST(Conversion, ADeviceLosesItsWrapper) {
  const catalog::Resource& beta = find("resource.k8s.io", "v1beta1", "resourceslices");
  const Json served = boost::json::parse(
      R"({"apiVersion":"resource.k8s.io/v1beta1","kind":"ResourceSlice","metadata":{"name":"s"},
          "spec":{"devices":[{"name":"d","basic":{"allNodes":true}}]}})");
  Json object = served;
  to_stored(beta, object);
  EXPECT_TRUE(object.at("spec").at("devices").at(0).at("allNodes").as_bool());
  to_served(beta, object);
  EXPECT_EQ(object, served);
}

}  // namespace
}  // namespace limen::registry
