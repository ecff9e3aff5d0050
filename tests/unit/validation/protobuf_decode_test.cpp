// Protobuf messages become the JSON that Go would write of the same object.
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/protobuf_message.h"
#include "validation/protobuf/decode.h"

namespace limen::validation {
namespace {

using protobuf::WireError;
using test::Message;

std::string decoded(std::string_view type, const Message& message) {
  const catalog::Type* found = catalog::find_type(type);
  if (!found) throw std::invalid_argument(std::string(type));
  return boost::json::serialize(protobuf::decode_message(message.text(), *found));
}

constexpr const char* kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
constexpr const char* kSchema =
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

TEST(ProtobufDecode, ScalarsListsAndMapsHaveTheirJsonForm) {
  const Message meta = Message()
                           .bytes(1, "web")
                           .number(7, 3)
                           .message(11, Message().bytes(1, "app").bytes(2, "w"))
                           .message(11, Message().bytes(1, "empty"))
                           .bytes(14, "example.com/f");
  EXPECT_EQ(decoded(kMeta, meta), R"({"name":"web","generation":3,"labels":{"app":"w","empty":""},)"
                                  R"("finalizers":["example.com/f"]})");
}

TEST(ProtobufDecode, ZerosThatGoWritesForNothingAreNothing) {
  const Message meta =
      Message().bytes(1, "web").bytes(2, "").bytes(3, "").number(7, 0).message(8, Message());
  EXPECT_EQ(decoded(kMeta, meta), R"({"name":"web"})");
}

TEST(ProtobufDecode, ZerosThatSaySomethingAreKept) {
  EXPECT_EQ(decoded("io.k8s.api.apps.v1.DeploymentSpec", Message().number(1, 0).number(5, 0)),
            R"({"replicas":0})");
  EXPECT_EQ(decoded("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", Message().number(1, 0)),
            R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.SecurityContext", Message().number(4, 0)),
            R"({"runAsUser":0})");
}

TEST(ProtobufDecode, NegativeNumbersAreTenByteVarints) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.PodSpec",
                    Message().number(25, static_cast<std::uint64_t>(std::int64_t{-5}))),
            R"({"priority":-5})");
}

TEST(ProtobufDecode, TimesAreSecondsAndMicroTimesFractions) {
  EXPECT_EQ(decoded(kMeta, Message().message(8, Message().number(1, 1'767'225'600))),
            R"({"creationTimestamp":"2026-01-01T00:00:00Z"})");
  EXPECT_EQ(decoded("io.k8s.api.coordination.v1.LeaseSpec",
                    Message().message(4, Message().number(1, 1'767'225'600).number(2, 5000))),
            R"({"renewTime":"2026-01-01T00:00:00.000005Z"})");
}

TEST(ProtobufDecode, QuantitiesAreTheirText) {
  const Message requirements =
      Message().message(2, Message().bytes(1, "cpu").message(2, Message().bytes(1, "100m")));
  EXPECT_EQ(decoded("io.k8s.api.core.v1.ResourceRequirements", requirements),
            R"({"requests":{"cpu":"100m"}})");
}

TEST(ProtobufDecode, IntOrStringIsWhichItIs) {
  const char* type = "io.k8s.api.apps.v1.RollingUpdateDeployment";
  EXPECT_EQ(decoded(type, Message().message(1, Message().number(1, 1).bytes(3, "25%"))),
            R"({"maxUnavailable":"25%"})");
  EXPECT_EQ(decoded(type, Message().message(1, Message().number(1, 0).number(2, 0))),
            R"({"maxUnavailable":0})");
}

TEST(ProtobufDecode, BytesAreBase64) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Secret",
                    Message().message(2, Message().bytes(1, "k").bytes(2, "hello"))),
            R"({"data":{"k":"aGVsbG8="}})");
}

TEST(ProtobufDecode, AVolumesSourceIsFlat) {
  const Message volume = Message().bytes(1, "v").message(
      2, Message().message(19, Message().message(1, Message().bytes(1, "cm")).number(3, 0)));
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Volume", volume),
            R"({"name":"v","configMap":{"name":"cm","defaultMode":0}})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Volume",
                    Message().bytes(1, "v").message(2, Message().message(2, Message()))),
            R"({"name":"v","emptyDir":{}})");
}

TEST(ProtobufDecode, AProbesHandlerIsFlat) {
  const Message probe =
      Message()
          .message(1, Message().message(2, Message().bytes(1, "/ok").message(
                                               2, Message().number(1, 0).number(2, 8080))))
          .number(4, 5);
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Probe", probe),
            R"({"httpGet":{"path":"/ok","port":8080},"periodSeconds":5})");
}

TEST(ProtobufDecode, AnEphemeralContainerIsNumberedLikeAContainer) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.EphemeralContainer",
                    Message().message(1, Message().bytes(1, "d").bytes(2, "i")).bytes(2, "c")),
            R"({"name":"d","image":"i","targetContainerName":"c"})");
}

TEST(ProtobufDecode, ARuleWithinARuleIsFlatTwice) {
  const Message named = Message().bytes(1, "n").message(
      2, Message().bytes(1, "CREATE").message(2, Message().bytes(1, "apps").bytes(3, "*")));
  EXPECT_EQ(decoded("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", named),
            R"({"resourceNames":["n"],"operations":["CREATE"],"apiGroups":["apps"],)"
            R"("resources":["*"]})");
}

TEST(ProtobufDecode, MapsOfListsAreMessagesOfItems) {
  const Message spec = Message().message(
      5, Message().bytes(1, "k").message(2, Message().bytes(1, "a").bytes(1, "b")));
  EXPECT_EQ(decoded("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", spec),
            R"({"extra":{"k":["a","b"]}})");
}

TEST(ProtobufDecode, RawFieldsHoldJson) {
  EXPECT_EQ(decoded("io.k8s.api.apps.v1.ControllerRevision",
                    Message().message(2, Message().bytes(1, R"({"a":1})"))),
            R"({"data":{"a":1}})");
}

TEST(ProtobufDecode, IntegersOfAListMayBePacked) {
  const char* type = "io.k8s.api.core.v1.PodSecurityContext";
  EXPECT_EQ(decoded(type, Message().number(4, 1).number(4, 2)), R"({"supplementalGroups":[1,2]})");
  EXPECT_EQ(decoded(type, Message().bytes(4, "\x01\x02")), R"({"supplementalGroups":[1,2]})");
}

TEST(ProtobufDecode, UnknownFieldsAreSkipped) {
  EXPECT_EQ(decoded(kMeta, Message().bytes(900, "x").bytes(1, "web").number(901, 7)),
            R"({"name":"web"})");
}

TEST(ProtobufDecode, WrongWireTypesAreErrors) {
  EXPECT_THROW(decoded(kMeta, Message().number(1, 5)), WireError);
  EXPECT_THROW(decoded("io.k8s.api.core.v1.PodSpec", Message().bytes(25, "x")), WireError);
  EXPECT_THROW(decoded(kMeta, Message().bytes(1, "\xFF")), WireError);
}

TEST(ProtobufDecode, WithoutItsMagicABodyIsNone) {
  EXPECT_THROW(protobuf::open_envelope("k8s"), WireError);
  EXPECT_THROW(protobuf::open_envelope("{\"kind\":\"Pod\"}"), WireError);
}

TEST(ProtobufDecode, ZerosOfRequiredMembersAreKept) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.EnvVar", Message().bytes(1, "").bytes(2, "")),
            R"({"name":""})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.ContainerPort", Message().number(2, 0).number(3, 0)),
            R"({"containerPort":0})");
}

TEST(ProtobufDecode, TextThatIsEmptyOnPurposeIsKept) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.PersistentVolumeClaimSpec", Message().bytes(5, "")),
            R"({"storageClassName":""})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.PersistentVolumeSpec", Message().bytes(6, "")), "{}");
}

TEST(ProtobufDecode, LimitsOfZeroInASchemaAreKept) {
  EXPECT_EQ(decoded(kSchema, Message().real(9, 0).real(11, 0).number(12, 0).number(14, 0)),
            R"({"maximum":0E0,"minimum":0E0,"minLength":0})");
}

TEST(ProtobufDecode, UnionsOfASchemaAreWhicheverTheyHold) {
  const Message text = Message().bytes(5, "string");
  EXPECT_EQ(decoded(kSchema, Message().message(30, Message().number(1, 1))),
            R"({"additionalProperties":true})");
  EXPECT_EQ(decoded(kSchema, Message().message(30, Message().number(1, 1).message(2, text))),
            R"({"additionalProperties":{"type":"string"}})");
  EXPECT_EQ(decoded(kSchema, Message().message(24, Message().message(1, text))),
            R"({"items":{"type":"string"}})");
  EXPECT_EQ(decoded(kSchema, Message().message(24, Message().message(2, text).message(2, text))),
            R"({"items":[{"type":"string"},{"type":"string"}]})");
  const Message names = Message().bytes(1, "a").message(2, Message().bytes(2, "b").bytes(2, "c"));
  EXPECT_EQ(decoded(kSchema, Message().message(32, names)), R"({"dependencies":{"a":["b","c"]}})");
}

TEST(ProtobufDecode, ADefaultThatIsZeroIsADefault) {
  EXPECT_EQ(decoded(kSchema, Message().message(8, Message().bytes(1, "0"))), R"({"default":0})");
}

TEST(ProtobufDecode, ATimeReachesFromYear1To9999) {
  const auto at = [](std::int64_t seconds) {
    return decoded(kMeta,
                   Message().message(8, Message().number(1, static_cast<std::uint64_t>(seconds))));
  };
  EXPECT_EQ(at(-62135596800), R"({"creationTimestamp":"0001-01-01T00:00:00Z"})");
  EXPECT_EQ(at(0), R"({"creationTimestamp":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(at(253402300799), R"({"creationTimestamp":"9999-12-31T23:59:59Z"})");
  EXPECT_THROW(at(-62135596801), WireError);
  EXPECT_THROW(at(253402300800), WireError);
}

TEST(ProtobufDecode, ATimesFractionIsLessThanASecond) {
  const auto at = [](std::uint64_t nanos) {
    return decoded("io.k8s.api.coordination.v1.LeaseSpec",
                   Message().message(4, Message().number(1, 0).number(2, nanos)));
  };
  EXPECT_EQ(at(999'999'999), R"({"renewTime":"1970-01-01T00:00:00.999999Z"})");
  EXPECT_THROW(at(1'000'000'000), WireError);
  EXPECT_THROW(at(~std::uint64_t{0}), WireError);
}

TEST(ProtobufDecode, AnEmptyQuantityIsZero) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.ResourceFieldSelector",
                    Message().bytes(2, "limits.cpu").message(3, Message())),
            R"({"resource":"limits.cpu","divisor":"0"})");
}

TEST(ProtobufDecode, AnIntOrStringOfAThirdKindIsAnError) {
  EXPECT_THROW(decoded("io.k8s.api.core.v1.ServicePort",
                       Message().message(4, Message().number(1, 2).number(2, 80))),
               WireError);
}

TEST(ProtobufDecode, ARawObjectMayHaveAnEnvelopeOfItsOwn) {
  const std::string inner =
      test::envelope("v1", "ConfigMap", Message().message(1, Message().bytes(1, "a")));
  const auto revision = [](std::string_view raw) {
    return decoded("io.k8s.api.apps.v1.ControllerRevision",
                   Message().message(2, Message().bytes(1, raw)));
  };
  EXPECT_EQ(revision(inner),
            R"({"data":{"metadata":{"name":"a"},"apiVersion":"v1","kind":"ConfigMap"}})");
  EXPECT_THROW(revision(test::envelope("v1", "NoSuch", Message())), WireError);
  EXPECT_THROW(revision("{"), WireError);
}

TEST(ProtobufDecode, ANumberOfTheWrongFormIsAnError) {
  EXPECT_THROW(decoded(kSchema, Message().number(9, 1)), WireError);
  EXPECT_THROW(decoded("io.k8s.api.core.v1.Secret", Message().number(2, 1)), WireError);
}

TEST(ProtobufDecode, GroupsAreNotTaken) {
  for (const char* group : {"\x0b", "\x0c", "\x0e", "\x0f"}) {
    EXPECT_THROW(protobuf::decode_message(group, *catalog::find_type(kMeta)), WireError);
  }
}

TEST(ProtobufDecode, AFieldHasANumber) {
  EXPECT_THROW(protobuf::decode_message(std::string_view("\0\0", 2), *catalog::find_type(kMeta)),
               WireError);
}

TEST(ProtobufDecode, AVarintHasTenBytes) {
  const catalog::Type& type = *catalog::find_type(kMeta);
  EXPECT_NO_THROW(protobuf::decode_message("\x38" + std::string(9, '\x80') + "\x01", type));
  EXPECT_THROW(protobuf::decode_message("\x38" + std::string(10, '\x80') + "\x01", type),
               WireError);
}

TEST(ProtobufDecode, ALengthPastTheEndIsAnError) {
  const catalog::Type& type = *catalog::find_type(kMeta);
  EXPECT_NO_THROW(protobuf::decode_message("\x0a\x01x", type));
  EXPECT_THROW(protobuf::decode_message("\x0a\x02x", type), WireError);
  EXPECT_THROW(protobuf::decode_message("\x0a" + std::string(9, '\xff') + "\x01x", type),
               WireError);
}

TEST(ProtobufDecode, DepthIsLimitedAtItsEdge) {
  const auto nested = [](int levels) {
    Message schema;
    for (int i = 0; i < levels; ++i) schema = Message().message(28, schema);  // not
    return decoded(kSchema, schema);
  };
  EXPECT_NO_THROW(nested(protobuf::kMaxMessageDepth));
  EXPECT_THROW(nested(protobuf::kMaxMessageDepth + 1), WireError);
}

}  // namespace
}  // namespace limen::validation
