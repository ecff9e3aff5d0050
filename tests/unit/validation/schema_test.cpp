#include "validation/schema.h"

#include <gtest/gtest.h>

#include "object/canonical.h"
#include "object/decode.h"

namespace limen::validation {
namespace {

using object::Json;

struct Outcome {
  Conformance conformance;
  std::string text;
};

Outcome conformed(std::string_view kind, std::string_view json) {
  const catalog::Type* type = catalog::find_type("io.k8s.api." + std::string(kind));
  EXPECT_NE(type, nullptr) << kind;
  Json object = object::decode(json, object::Format::json).value;
  Conformance result = conform(object, *type);
  return {std::move(result), object::to_json(object)};
}

std::string type_error(std::string_view kind, std::string_view json) {
  return conformed(kind, json).conformance.error;
}

TEST(Schema, KeepsWhatTheTypeHasAndNamesWhatItDrops) {
  const Outcome outcome = conformed(
      "core.v1.Pod",
      R"({"kind":"Pod","foo":1,"spec":{"containers":[{"name":"a","bar":{"x":1}}],"Volumes":[]}})");
  EXPECT_EQ(outcome.text, R"({"kind":"Pod","spec":{"containers":[{"name":"a"}]}})");
  EXPECT_EQ(
      outcome.conformance.unknown,
      (std::vector<std::string>{"unknown field \"foo\"", "unknown field \"spec.containers[0].bar\"",
                                "unknown field \"spec.Volumes\""}));
  EXPECT_EQ(outcome.conformance.error, "");
}

TEST(Schema, TreatsNullAsAbsent) {
  EXPECT_EQ(
      conformed("core.v1.Pod", R"({"metadata":{"creationTimestamp":null,"name":"x"},"spec":null})")
          .text,
      R"({"metadata":{"name":"x"}})");
}

TEST(Schema, TreatsNullInListsAndMapsAsTheZeroValue) {
  EXPECT_EQ(conformed("core.v1.ConfigMap", R"({"data":{"a":null}})").text, R"({"data":{"a":""}})");
  EXPECT_EQ(conformed("core.v1.Pod", R"({"spec":{"containers":[null]}})").text,
            R"({"spec":{"containers":[{}]}})");
}

TEST(Schema, WordsWrongTypesAsGoDoes) {
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":"3"}})"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of "
            "type int32");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"spec":{"containers":{}}})"),
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type "
            "[]v1.Container");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"metadata":{"labels":{"a":5}}})"),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
            "string");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"metadata":{"labels":[]}})"),
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type "
            "map[string]string");
  EXPECT_EQ(
      type_error("core.v1.Pod", R"({"spec":{"containers":[{"env":[{"name":"A","value":true}]}]}})"),
      "json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type "
      "string");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"spec":"x"})"),
            "json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec");
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":3000000000}})"),
            "json: cannot unmarshal number 3000000000 into Go struct field "
            "DeploymentSpec.spec.replicas of type int32");
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":1.5}})"),
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas "
            "of type int32");
  EXPECT_EQ(type_error("core.v1.Service", R"({"spec":{"ports":[{"targetPort":true}]}})"),
            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of "
            "type int32");
}

TEST(Schema, ReportsTheFirstWrongTypeOnly) {
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":"1","paused":"x"}})"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of "
            "type int32");
}

TEST(Schema, AcceptsIntegersAtTheEdgesOfTheirRange) {
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":2147483647}})"), "");
  EXPECT_NE(type_error("apps.v1.Deployment", R"({"spec":{"replicas":2147483648}})"), "");
  EXPECT_EQ(type_error("apps.v1.Deployment", R"({"spec":{"replicas":-2147483648}})"), "");
  EXPECT_NE(type_error("apps.v1.Deployment", R"({"spec":{"replicas":-2147483649}})"), "");
}

TEST(Schema, BringsAmountsToTheirCanonicalText) {
  EXPECT_EQ(conformed("core.v1.PersistentVolume",
                      R"({"spec":{"capacity":{"storage":"1024Mi","x":0.5,"y":1000}}})")
                .text,
            R"({"spec":{"capacity":{"storage":"1Gi","x":"500m","y":"1k"}}})");
  EXPECT_EQ(type_error("core.v1.PersistentVolume", R"({"spec":{"capacity":{"storage":"lots"}}})"),
            "quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

TEST(Schema, BringsTimesToUtcAndRefusesOthers) {
  EXPECT_EQ(conformed("core.v1.Pod",
                      R"({"metadata":{"creationTimestamp":"2026-11-24T03:00:00.5+01:00"}})")
                .text,
            R"({"metadata":{"creationTimestamp":"2026-11-24T02:00:00Z"}})");
  EXPECT_EQ(
      conformed("coordination.v1.Lease", R"({"spec":{"renewTime":"2026-11-24T03:00:00.123456Z"}})")
          .text,
      R"({"spec":{"renewTime":"2026-11-24T03:00:00.123456Z"}})");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"metadata":{"creationTimestamp":"yesterday"}})"),
            "parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
            "\"yesterday\" as \"2006\"");
  EXPECT_EQ(type_error("core.v1.Pod", R"({"metadata":{"creationTimestamp":"2026-11-24"}})"),
            "parsing time \"2026-11-24\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as "
            "\"T\"");
  EXPECT_EQ(
      type_error("core.v1.Pod", R"({"metadata":{"creationTimestamp":"2026-13-24T00:00:00Z"}})"),
      "parsing time \"2026-13-24T00:00:00Z\": month out of range");
}

TEST(Schema, ChecksBase64AndIgnoresItsLineBreaks) {
  EXPECT_EQ(conformed("core.v1.Secret", "{\"data\":{\"a\":\"aGVs\\nbG8=\"}}").text,
            R"({"data":{"a":"aGVsbG8="}})");
  EXPECT_EQ(type_error("core.v1.Secret", R"({"data":{"a":"aG!s"}})"),
            "illegal base64 data at input byte 2");
}

TEST(Schema, LeavesArbitraryJsonAlone) {
  const std::string text = R"({"data":{"anything":[1,{"x":null}]},"revision":1})";
  EXPECT_EQ(conformed("apps.v1.ControllerRevision", text).text, text);
}

TEST(Schema, ListsAtMostAHundredUnknownFields) {
  std::string text = "{\"kind\":\"Pod\"";
  for (int i = 0; i < 150; ++i) text += ",\"x" + std::to_string(i) + "\":1";
  EXPECT_EQ(conformed("core.v1.Pod", text + "}").conformance.unknown.size(), 100u);
}

TEST(Schema, DropsManyUnknownFieldsInLinearTime) {
  std::string text = "{\"kind\":\"Pod\"";
  for (int i = 0; i < 150'000; ++i) text += ",\"x" + std::to_string(i) + "\":1";
  EXPECT_EQ(conformed("core.v1.Pod", text + "}").text, R"({"kind":"Pod"})");
}

}  // namespace
}  // namespace limen::validation
