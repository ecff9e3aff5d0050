// What admission controllers are told of an object's versions, and what they get in each.
#include "api/equivalent_versions.h"

#include "support/custom_definition.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

using Texts = std::vector<std::string>;

const std::string kScalersV1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const std::string kScalersV2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";

std::string scaler(const std::string& version, const std::string& spec) {
  return R"({"apiVersion":"autoscaling/)" + version +
         R"(","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3,)" +
         R"("scaleTargetRef":{"kind":"Deployment","name":"d","apiVersion":"apps/v1"},)" + spec +
         "}}";
}
const std::string kHalf = R"("targetCPUUtilizationPercentage":50)";
std::string metrics(int percent) {
  return R"("metrics":[{"type":"Resource","resource":{"name":"cpu","target":)"
         R"({"type":"Utilization","averageUtilization":)" +
         std::to_string(percent) + "}}}]";
}

class EquivalentVersions : public ApiTest {
 protected:
  Translator& translate(const std::string& to) {
    translator = std::make_shared<Translator>(to);
    admit_with({translator});
    return *translator;
  }
  std::string stored(const std::string& group, const std::string& resource,
                     const std::string& name) {
    const auto object = store.get({{group, resource}, "default", name});
    return object == nullptr ? "" : object->json;
  }
  static std::string part(const object::Json& object, const char* pointer) {
    boost::system::error_code error;
    const auto* found = object.find_pointer(pointer, error);
    return found == nullptr ? "" : boost::json::serialize(*found);
  }
  std::shared_ptr<Translator> translator;
};

TEST_F(EquivalentVersions, TheRequestsOwnVersionIsTheFirst) {
  translate("autoscaling/v1");
  EXPECT_EQ(call("POST", kScalersV1, scaler("v1", kHalf)).status, 201);
  EXPECT_EQ(translator->versions, (Texts{"autoscaling/v1 HorizontalPodAutoscaler",
                                         "autoscaling/v2 HorizontalPodAutoscaler"}));
  EXPECT_EQ(call("PUT", kScalersV2 + "/h", scaler("v2", metrics(60))).status, 200);
  EXPECT_EQ(translator->versions, (Texts{"autoscaling/v2 HorizontalPodAutoscaler",
                                         "autoscaling/v1 HorizontalPodAutoscaler"}));
}

TEST_F(EquivalentVersions, AnObjectAndWhatItReplacesAreThereInEach) {
  struct {
    const char *to, *pointer, *before, *after;
  } const cases[] = {
      {"autoscaling/v1", "/spec/targetCPUUtilizationPercentage", "50", "60"},
      {"autoscaling/v2", "/spec/metrics/0/resource/target/averageUtilization", "50", "60"}};
  for (const auto& one : cases) {
    for (const bool old_version : {true, false}) {
      store = {};
      api.reset();
      translate(one.to);
      ASSERT_EQ(call("POST", kScalersV1, scaler("v1", kHalf)).status, 201);
      const Answered put = old_version
                               ? call("PUT", kScalersV1 + "/h",
                                      scaler("v1", R"("targetCPUUtilizationPercentage":60)"))
                               : call("PUT", kScalersV2 + "/h", scaler("v2", metrics(60)));
      ASSERT_EQ(put.status, 200) << put.text;
      ASSERT_EQ(translator->objects.size(), 2U);
      ASSERT_EQ(translator->old_ones.size(), 1U);
      EXPECT_EQ(part(translator->objects[0], one.pointer), one.before);
      EXPECT_EQ(part(translator->objects[1], one.pointer), one.after);
      EXPECT_EQ(part(translator->old_ones[0], one.pointer), one.before);
      for (const object::Json& object : translator->objects) {
        EXPECT_EQ(part(object, "/apiVersion"), "\"" + std::string(one.to) + "\"");
      }
    }
  }
}

TEST_F(EquivalentVersions, WhatIsChangedInOneIsStored) {
  translate("autoscaling/v1").edit = [](object::Json& object) {
    object.at("spec").as_object()["targetCPUUtilizationPercentage"] = 70;
  };
  EXPECT_EQ(call("POST", kScalersV2, scaler("v2", metrics(60))).status, 201);
  const std::string text = stored("autoscaling", "horizontalpodautoscalers", "h");
  EXPECT_NE(text.find(R"("averageUtilization":70)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("apiVersion":"autoscaling/v2")"), std::string::npos) << text;
}

TEST_F(EquivalentVersions, EventsAreOfTwoGroups) {
  translate("events.k8s.io/v1");
  const Answered made = call("POST", "/api/v1/namespaces/default/events",
                             R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},)"
                             R"("involvedObject":{"kind":"Pod","name":"p","namespace":"default"},)"
                             R"("message":"hello","reason":"Because","type":"Normal"})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(translator->versions, (Texts{"v1 Event", "events.k8s.io/v1 Event"}));
  EXPECT_EQ(part(translator->objects.at(0), "/note"), "\"hello\"");
  EXPECT_EQ(part(translator->objects.at(0), "/regarding/name"), "\"p\"");
}

TEST_F(EquivalentVersions, WhatHasOneVersionOnlyIsInNoOther) {
  translate("apps/v1");
  const Answered refused = call("POST", config_maps, config_map("c"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(translator->versions, Texts{"v1 ConfigMap"});
  EXPECT_EQ(translator->error, "objects of this request cannot be apps/v1, Kind=ConfigMap");
}

// Strategy None: the versions differ in apiVersion alone. Nothing is pruned on the way, whatever
// the schema of the other version knows.
TEST_F(EquivalentVersions, CustomVersionsThatDifferByNameKeepAllFields) {
  const std::string schema = R"({"type":"object","properties":{"spec":{"type":"object",)"
                             R"("properties":{"size":{"type":"integer"}}}}})";
  const std::string second =
      R"(},{"name":"v2","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object",)"
      R"("properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"},)"
      R"("color":{"type":"string"}}}}}}},{"name":"v3","served":false,"storage":false,)"
      R"("schema":{"openAPIV3Schema":{"type":"object"}})";
  const Served served{{definition(definition_text("Gadget", "gadgets", schema, second))}};
  translate("example.com/v2").edit = [](object::Json& object) {
    object.at("spec").as_object()["size"] = 5;
  };
  const Answered made =
      call("POST", "/apis/example.com/v1/namespaces/default/gadgets",
           R"({"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"g"},)"
           R"("spec":{"size":1}})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(translator->versions, (Texts{"example.com/v1 Gadget", "example.com/v2 Gadget"}));
  EXPECT_EQ(part(translator->objects.at(0), "/apiVersion"), "\"example.com/v2\"");
  EXPECT_EQ(made.at("spec.size"), "5");
  EXPECT_EQ(made.at("apiVersion"), "example.com/v1");
  translate("example.com/v9");
  const Answered refused =
      call("POST", "/apis/example.com/v1/namespaces/default/gadgets",
           R"({"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"g2"}})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(translator->error, "objects of this request cannot be example.com/v9, Kind=Gadget");
}

TEST_F(EquivalentVersions, SubresourcesAreInTheSameVersions) {
  translate("autoscaling/v1");
  ASSERT_EQ(call("POST", kScalersV2, scaler("v2", metrics(60))).status, 201);
  const Answered put = call("PATCH", kScalersV2 + "/h/status",
                            R"({"status":{"currentReplicas":2,"desiredReplicas":2}})",
                            {{"Content-Type", "application/merge-patch+json"}});
  ASSERT_EQ(put.status, 200) << put.text;
  EXPECT_EQ(translator->versions, (Texts{"autoscaling/v2 HorizontalPodAutoscaler",
                                         "autoscaling/v1 HorizontalPodAutoscaler"}));
  EXPECT_EQ(part(translator->objects.at(1), "/status/currentReplicas"), "2");
}

}  // namespace
}  // namespace limen::test
