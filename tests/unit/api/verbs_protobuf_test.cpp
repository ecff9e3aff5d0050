// Protobuf bodies: the wire, the kinds with something special about them, and a whole request.
#include "validation/protobuf/decode.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

using validation::protobuf::WireError;

// Writes messages as a test needs them.
class Message {
 public:
  Message& number(std::uint32_t field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  Message& bytes(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    text_ += value;
    return *this;
  }
  Message& message(std::uint32_t field, const Message& inner) { return bytes(field, inner.text_); }
  const std::string& text() const { return text_; }

 private:
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      text_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

std::string envelope(std::string_view api_version, std::string_view kind, const Message& raw) {
  Message unknown;
  unknown.message(1, Message().bytes(1, api_version).bytes(2, kind)).message(2, raw);
  unknown.bytes(3, "").bytes(4, "");
  return std::string("k8s\0", 4) + unknown.text();
}

std::string decoded(std::string_view type, const Message& message) {
  const catalog::Type* found = catalog::find_type(type);
  if (!found) throw std::runtime_error("no such type");
  return boost::json::serialize(validation::protobuf::decode_message(message.text(), *found));
}
constexpr const char* kSpec = "io.k8s.api.core.v1.PodSpec";
constexpr const char* kMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

TEST(Protobuf, ScalarsListsAndMapsHaveTheirJsonForm) {
  const Message meta = Message()
                           .bytes(1, "web")
                           .number(7, 3)
                           .message(11, Message().bytes(1, "app").bytes(2, "w"))
                           .message(11, Message().bytes(1, "empty"))
                           .bytes(14, "example.com/f");
  EXPECT_EQ(decoded(kMeta, meta), R"({"name":"web","generation":3,"labels":{"app":"w","empty":""},)"
                                  R"("finalizers":["example.com/f"]})");
}

TEST(Protobuf, ZerosThatGoWritesForNothingAreNothing) {
  const Message meta =
      Message().bytes(1, "web").bytes(2, "").bytes(3, "").number(7, 0).message(8, Message());
  EXPECT_EQ(decoded(kMeta, meta), R"({"name":"web"})");
}

TEST(Protobuf, ZerosThatSaySomethingAreKept) {
  EXPECT_EQ(decoded("io.k8s.api.apps.v1.DeploymentSpec", Message().number(1, 0).number(5, 0)),
            R"({"replicas":0})");
  EXPECT_EQ(decoded("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", Message().number(1, 0)),
            R"({"gracePeriodSeconds":0})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.SecurityContext", Message().number(4, 0)),
            R"({"runAsUser":0})");
}

TEST(Protobuf, NegativeNumbersAreTenByteVarints) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.PodSpec",
                    Message().number(25, static_cast<std::uint64_t>(std::int64_t{-5}))),
            R"({"priority":-5})");
}

TEST(Protobuf, TimesAreSecondsAndMicroTimesFractions) {
  EXPECT_EQ(decoded(kMeta, Message().message(8, Message().number(1, 1'767'225'600))),
            R"({"creationTimestamp":"2026-01-01T00:00:00Z"})");
  EXPECT_EQ(decoded("io.k8s.api.coordination.v1.LeaseSpec",
                    Message().message(4, Message().number(1, 1'767'225'600).number(2, 5000))),
            R"({"renewTime":"2026-01-01T00:00:00.000005Z"})");
}

TEST(Protobuf, QuantitiesAreTheirText) {
  const Message requirements =
      Message().message(2, Message().bytes(1, "cpu").message(2, Message().bytes(1, "100m")));
  EXPECT_EQ(decoded("io.k8s.api.core.v1.ResourceRequirements", requirements),
            R"({"requests":{"cpu":"100m"}})");
}

TEST(Protobuf, IntOrStringIsWhichItIs) {
  const char* type = "io.k8s.api.apps.v1.RollingUpdateDeployment";
  EXPECT_EQ(decoded(type, Message().message(1, Message().number(1, 1).bytes(3, "25%"))),
            R"({"maxUnavailable":"25%"})");
  EXPECT_EQ(decoded(type, Message().message(1, Message().number(1, 0).number(2, 0))),
            R"({"maxUnavailable":0})");
}

TEST(Protobuf, BytesAreBase64) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Secret",
                    Message().message(2, Message().bytes(1, "k").bytes(2, "hello"))),
            R"({"data":{"k":"aGVsbG8="}})");
}

TEST(Protobuf, AVolumesSourceIsFlat) {
  const Message volume = Message().bytes(1, "v").message(
      2, Message().message(19, Message().message(1, Message().bytes(1, "cm")).number(3, 0)));
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Volume", volume),
            R"({"name":"v","configMap":{"name":"cm","defaultMode":0}})");
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Volume",
                    Message().bytes(1, "v").message(2, Message().message(2, Message()))),
            R"({"name":"v","emptyDir":{}})");
}

TEST(Protobuf, AProbesHandlerIsFlat) {
  const Message probe =
      Message()
          .message(1, Message().message(2, Message().bytes(1, "/ok").message(
                                               2, Message().number(1, 0).number(2, 8080))))
          .number(4, 5);
  EXPECT_EQ(decoded("io.k8s.api.core.v1.Probe", probe),
            R"({"httpGet":{"path":"/ok","port":8080},"periodSeconds":5})");
}

TEST(Protobuf, AnEphemeralContainerIsNumberedLikeAContainer) {
  EXPECT_EQ(decoded("io.k8s.api.core.v1.EphemeralContainer",
                    Message().message(1, Message().bytes(1, "d").bytes(2, "i")).bytes(2, "c")),
            R"({"name":"d","image":"i","targetContainerName":"c"})");
}

TEST(Protobuf, ARuleWithinARuleIsFlatTwice) {
  const Message named = Message().bytes(1, "n").message(
      2, Message().bytes(1, "CREATE").message(2, Message().bytes(1, "apps").bytes(3, "*")));
  EXPECT_EQ(decoded("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", named),
            R"({"resourceNames":["n"],"operations":["CREATE"],"apiGroups":["apps"],)"
            R"("resources":["*"]})");
}

TEST(Protobuf, MapsOfListsAreMessagesOfItems) {
  const Message spec = Message().message(
      5, Message().bytes(1, "k").message(2, Message().bytes(1, "a").bytes(1, "b")));
  EXPECT_EQ(decoded("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", spec),
            R"({"extra":{"k":["a","b"]}})");
}

TEST(Protobuf, RawFieldsHoldJson) {
  EXPECT_EQ(decoded("io.k8s.api.apps.v1.ControllerRevision",
                    Message().message(2, Message().bytes(1, R"({"a":1})"))),
            R"({"data":{"a":1}})");
}

TEST(Protobuf, IntegersOfAListMayBePacked) {
  const char* type = "io.k8s.api.core.v1.PodSecurityContext";
  EXPECT_EQ(decoded(type, Message().number(4, 1).number(4, 2)), R"({"supplementalGroups":[1,2]})");
  EXPECT_EQ(decoded(type, Message().bytes(4, "\x01\x02")), R"({"supplementalGroups":[1,2]})");
}

TEST(Protobuf, UnknownFieldsAreSkipped) {
  EXPECT_EQ(decoded(kMeta, Message().bytes(900, "x").bytes(1, "web").number(901, 7)),
            R"({"name":"web"})");
}

TEST(Protobuf, EveryCutOfAMessageIsAnErrorOrAShorterMessage) {
  const Message meta =
      Message().bytes(1, "web").number(7, 300).message(11, Message().bytes(1, "app").bytes(2, "w"));
  const catalog::Type* type = catalog::find_type(kMeta);
  for (std::size_t size = 0; size < meta.text().size(); ++size) {
    try {
      validation::protobuf::decode_message(std::string_view(meta.text()).substr(0, size), *type);
    } catch (const WireError&) {
      SUCCEED();
    }
  }
}

TEST(Protobuf, WrongWireTypesAreErrors) {
  EXPECT_THROW(decoded(kMeta, Message().number(1, 5)), WireError);
  EXPECT_THROW(decoded(kSpec, Message().bytes(25, "x")), WireError);
  EXPECT_THROW(decoded(kMeta, Message().bytes(1, "\xFF")), WireError);
}

TEST(Protobuf, DepthIsLimited) {
  Message schema;
  for (int i = 0; i < 200; ++i) {
    Message outer;
    outer.message(28, schema);
    schema = outer;
  }
  EXPECT_THROW(
      decoded("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps", schema),
      WireError);
}

TEST(Protobuf, WithoutItsMagicABodyIsNone) {
  EXPECT_THROW(validation::protobuf::open_envelope("k8s"), WireError);
  EXPECT_THROW(validation::protobuf::open_envelope("{\"kind\":\"Pod\"}"), WireError);
}

class ProtobufRequest : public ApiTest {
 protected:
  const Headers protobuf = {{"Content-Type", "application/vnd.kubernetes.protobuf"},
                            {"Accept", "application/vnd.kubernetes.protobuf,application/json"}};
  static Message config_map_message(const std::string& name) {
    return Message()
        .message(1, Message().bytes(1, name).bytes(2, "").bytes(3, "").message(8, Message()))
        .message(2, Message().bytes(1, "k").bytes(2, "v"));
  }
};

TEST_F(ProtobufRequest, ATypedClientCreatesAndReadsJson) {
  const Answered answered = call("POST", config_maps + "?fieldValidation=Strict",
                                 envelope("v1", "ConfigMap", config_map_message("a")), protobuf);
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("metadata.name"), "a");
  EXPECT_EQ(answered.at("data.k"), "v");
}

TEST_F(ProtobufRequest, AnotherKindIsRefused) {
  const Answered answered =
      call("POST", config_maps, envelope("v1", "Secret", config_map_message("a")), protobuf);
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(ProtobufRequest, AMalformedBodyIsABadRequest) {
  EXPECT_EQ(call("POST", config_maps, "garbage", protobuf).status, 400);
}

TEST_F(ProtobufRequest, DeleteOptionsAreTaken) {
  call("POST", config_maps, config_map("a"));
  const Message wrong = Message().message(2, Message().bytes(1, "another"));
  EXPECT_EQ(
      call("DELETE", config_maps + "/a", envelope("v1", "DeleteOptions", wrong), protobuf).status,
      409);
  const Message orphan = Message().bytes(4, "Orphan");
  EXPECT_EQ(call("DELETE", config_maps + "/a", envelope("v1", "DeleteOptions", orphan), protobuf)
                .at("metadata.finalizers"),
            "[\"orphan\"]");
}

}  // namespace
}  // namespace limen::test
