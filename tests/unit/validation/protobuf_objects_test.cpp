// Whole objects as client-go encodes them, and what is left of broken ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>

#include "object/canonical.h"
#include "support/protobuf_message.h"
#include "validation/protobuf/decode.h"
#include "validation/read_object.h"

namespace limen::validation {
namespace {

using protobuf::WireError;
using test::Message;

// client-go writes plain members whether they are set or not.
Message metadata(std::string_view name) {
  return Message()
      .bytes(1, name)
      .bytes(2, "")
      .bytes(3, "default")
      .bytes(4, "")
      .bytes(5, "")
      .bytes(6, "")
      .number(7, 0)
      .message(8, Message())
      .message(11, Message().bytes(1, "app").bytes(2, name));
}

Message int_port(std::uint64_t port) { return Message().number(1, 0).number(2, port).bytes(3, ""); }

Message named_quantity(std::string_view name, std::string_view amount) {
  return Message().bytes(1, name).message(2, Message().bytes(1, amount));
}

Message container() {
  const Message key = Message().message(1, Message().bytes(1, "cm")).bytes(2, "k").number(3, 0);
  const Message env = Message().bytes(1, "E").bytes(2, "").message(3, Message().message(3, key));
  const Message get = Message()
                          .bytes(1, "/ok")
                          .message(2, Message().number(1, 1).number(2, 0).bytes(3, "http"))
                          .bytes(3, "")
                          .bytes(4, "");
  const Message probe = Message()
                            .message(1, Message().message(2, get))
                            .number(2, 0)
                            .number(3, 0)
                            .number(4, 5)
                            .number(5, 0)
                            .number(6, 0);
  const Message port =
      Message().bytes(1, "").number(2, 0).number(3, 80).bytes(4, "TCP").bytes(5, "");
  return Message()
      .bytes(1, "c")
      .bytes(2, "nginx")
      .bytes(5, "")
      .message(6, port)
      .message(7, env)
      .message(8, Message().message(1, named_quantity("cpu", "500m")))
      .message(10, probe)
      .bytes(13, "")
      .bytes(14, "")
      .message(15, Message().number(5, 0).number(7, 1))
      .number(16, 0)
      .number(17, 0)
      .number(18, 0)
      .bytes(20, "");
}

Message pod_spec() {
  const Message config_map = Message().message(1, Message().bytes(1, "cm")).number(3, 0644);
  return Message()
      .message(1, Message().bytes(1, "v").message(2, Message().message(19, config_map)))
      .message(1, Message().bytes(1, "e").message(2, Message().message(2, Message())))
      .message(2, container())
      .bytes(3, "")
      .number(4, 0)
      .bytes(6, "")
      .bytes(8, "")
      .bytes(10, "")
      .number(11, 0)
      .number(12, 0)
      .number(13, 0)
      .message(14, Message().number(3, 0))
      .bytes(16, "")
      .bytes(17, "")
      .bytes(19, "")
      .number(21, 0)
      .bytes(24, "");
}

constexpr const char* kPodSpec = R"({
  "volumes": [{"name": "v", "configMap": {"name": "cm", "defaultMode": 420}},
              {"name": "e", "emptyDir": {}}],
  "containers": [{
    "name": "c", "image": "nginx",
    "ports": [{"containerPort": 80, "protocol": "TCP"}],
    "env": [{"name": "E",
             "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k", "optional": false}}}],
    "resources": {"limits": {"cpu": "500m"}},
    "livenessProbe": {"httpGet": {"path": "/ok", "port": "http"}, "periodSeconds": 5},
    "securityContext": {"runAsNonRoot": false, "allowPrivilegeEscalation": true}}],
  "terminationGracePeriodSeconds": 0,
  "securityContext": {"runAsNonRoot": false},
  "automountServiceAccountToken": false})";

Message deployment() {
  const Message selector = Message().message(1, Message().bytes(1, "app").bytes(2, "web"));
  const Message strategy =
      Message()
          .bytes(1, "RollingUpdate")
          .message(2, Message()
                          .message(1, int_port(0))
                          .message(2, Message().number(1, 1).number(2, 0).bytes(3, "25%")));
  const Message status = Message().number(1, 0).number(2, 0).number(3, 0).number(4, 0).number(5, 0);
  return Message()
      .message(1, metadata("web"))
      .message(2, Message()
                      .number(1, 0)
                      .message(2, selector)
                      .message(3, Message().message(1, metadata("web")).message(2, pod_spec()))
                      .message(4, strategy)
                      .number(5, 0)
                      .number(7, 0))
      .message(3, status);
}

object::Json parsed(const std::string& json) { return boost::json::parse(json); }

object::Json body_of(const std::string& body, std::string_view kind, std::string_view type) {
  return protobuf::decode_body(body, kind, catalog::find_type(type));
}

TEST(ProtobufObjects, ADeploymentIsWhatItsJsonSays) {
  const std::string meta = R"({"name": "web", "namespace": "default", "labels": {"app": "web"}})";
  EXPECT_EQ(body_of(test::envelope("apps/v1", "Deployment", deployment()), "Deployment",
                    "io.k8s.api.apps.v1.Deployment"),
            parsed(R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": )" + meta +
                   R"(, "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}},
                       "template": {"metadata": )" +
                   meta + R"(, "spec": )" + kPodSpec + R"(},
                       "strategy": {"type": "RollingUpdate",
                                    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}},
                       "status": {}})"));
}

TEST(ProtobufObjects, ASecretsBytesAreBase64) {
  const std::string_view bytes("\0\xFFz", 3);
  const Message secret = Message()
                             .message(1, metadata("s"))
                             .message(2, Message().bytes(1, "k").bytes(2, bytes))
                             .message(2, Message().bytes(1, "none"))
                             .bytes(3, "Opaque")
                             .message(4, Message().bytes(1, "plain").bytes(2, "text"))
                             .number(5, 0);
  const object::Json read =
      body_of(test::envelope("v1", "Secret", secret), "Secret", "io.k8s.api.core.v1.Secret");
  EXPECT_EQ(read.at("data"), parsed(R"({"k": "AP96", "none": ""})"));
  EXPECT_EQ(read.at("stringData"), parsed(R"({"plain": "text"})"));
  EXPECT_EQ(read.at("immutable"), parsed("false"));
}

TEST(ProtobufObjects, AnAccessReviewsExtraIsListsByKey) {
  const Message spec =
      Message()
          .message(1, Message().bytes(1, "ns").bytes(2, "get").bytes(3, "").bytes(5, "pods"))
          .bytes(3, "eve")
          .bytes(4, "g")
          .message(5, Message().bytes(1, "k").message(2, Message().bytes(1, "a").bytes(1, "")))
          .message(5, Message().bytes(1, "none"))
          .bytes(6, "");
  const Message review = Message()
                             .message(1, Message().bytes(1, ""))
                             .message(2, spec)
                             .message(3, Message().number(1, 0).bytes(2, "").bytes(3, ""));
  EXPECT_EQ(body_of(test::envelope("authorization.k8s.io/v1", "SubjectAccessReview", review),
                    "SubjectAccessReview", "io.k8s.api.authorization.v1.SubjectAccessReview"),
            parsed(R"({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "metadata": {},
                "spec": {"resourceAttributes": {"namespace": "ns", "verb": "get", "resource": "pods"},
                         "user": "eve", "groups": ["g"], "extra": {"k": ["a", ""], "none": []}},
                "status": {"allowed": false}})"));
}

TEST(ProtobufObjects, ADecodedObjectPassesStrictValidation) {
  const std::string json =
      object::to_json(body_of(test::envelope("apps/v1", "Deployment", deployment()), "Deployment",
                              "io.k8s.api.apps.v1.Deployment"));
  const ExpectedKind expected{"apps", "v1", "Deployment",
                              catalog::find_type("io.k8s.api.apps.v1.Deployment")};
  const ReadObject read = read_object(json, object::Format::json, expected, FieldValidation::strict,
                                      object::DecodeLimits());
  EXPECT_EQ(object::to_json(read.object), json);
  EXPECT_TRUE(read.warnings.empty());
}

TEST(ProtobufObjects, AnotherKindsMessageIsNotLookedInto) {
  EXPECT_EQ(body_of(test::envelope("v1", "Secret", deployment()), "Deployment",
                    "io.k8s.api.apps.v1.Deployment"),
            parsed(R"({"apiVersion": "v1", "kind": "Secret"})"));
}

TEST(ProtobufObjects, ACutWithinTheMessageIsAnError) {
  const std::string body = test::envelope("apps/v1", "Deployment", deployment());
  // Whole parts of the envelope: nothing, the type, the message, its encoding.
  const std::string type =
      test::Message().message(1, Message().bytes(1, "apps/v1").bytes(2, "Deployment")).text();
  const std::size_t whole[] = {4, 4 + type.size(), body.size() - 4, body.size() - 2};
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string cut = body.substr(0, size);
    const auto read = [&] { return body_of(cut, "Deployment", "io.k8s.api.apps.v1.Deployment"); };
    if (std::find(std::begin(whole), std::end(whole), size) == std::end(whole)) {
      EXPECT_THROW(read(), WireError) << size;
    } else {
      EXPECT_NO_THROW(read()) << size;
    }
  }
}

TEST(ProtobufObjects, ACutMessageIsAnErrorOrOneWithLessInIt) {
  const std::string message = deployment().text();
  const catalog::Type& type = *catalog::find_type("io.k8s.api.apps.v1.Deployment");
  const std::size_t all = object::to_json(protobuf::decode_message(message, type)).size();
  std::size_t refused = 0;
  for (std::size_t size = 0; size < message.size(); ++size) {
    try {
      EXPECT_LT(object::to_json(protobuf::decode_message(message.substr(0, size), type)).size(),
                all);
    } catch (const WireError&) {
      ++refused;
    }
  }
  EXPECT_EQ(refused, message.size() - 3);  // but for where one of its three parts begins
}

TEST(ProtobufObjects, DamagedBytesAreReadOrRefused) {
  const std::string whole = test::envelope("apps/v1", "Deployment", deployment());
  std::mt19937 random(7);
  std::size_t refused = 0;
  std::size_t read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = whole;
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      body[4 + random() % (body.size() - 4)] = static_cast<char>(random());
    }
    try {
      EXPECT_TRUE(body_of(body, "Deployment", "io.k8s.api.apps.v1.Deployment").is_object());
      ++read;
    } catch (const WireError&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 0U);
  EXPECT_GT(refused, 0U);
}

TEST(ProtobufObjects, RandomBytesAreReadOrRefusedAsEveryType) {
  std::mt19937 random(11);
  for (const catalog::Type& type : catalog::types()) {
    for (int round = 0; round < 50; ++round) {
      std::string bytes(random() % 64, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random() % 48);
      try {
        EXPECT_TRUE(protobuf::decode_message(bytes, type).is_object());
      } catch (const WireError& error) {
        EXPECT_STRNE(error.what(), "");
      }
    }
  }
}

}  // namespace
}  // namespace limen::validation
