#include "registry/kubernetes_values.h"

#include <gtest/gtest.h>

#include "object/decode.h"
#include "object/metadata.h"
#include "support/protobuf_message.h"
#include "validation/protobuf/encode.h"

namespace limen::registry {
namespace {

namespace protobuf = validation::protobuf;
using object::Json;

KubernetesKeys::Place at(std::string_view stored_key) {
  static const KubernetesKeys keys("/registry");
  return keys.place(stored_key).value();
}

std::string problem(std::string_view key, std::string_view value) {
  try {
    return "read as " + store_form(at(key), value);
  } catch (const UnreadableValue& error) {
    return error.what();
  }
}

constexpr std::string_view kConfigMap =
    R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"},"metadata":{"name":"settings",)"
    R"("namespace":"web","uid":"7f1c","creationTimestamp":"2026-01-02T03:04:05Z"}})";

TEST(KubernetesValues, WhatTheStoreWritesIsTakenAsItIs) {
  EXPECT_TRUE(is_store_form(at("/registry/configmaps/web/settings"), kConfigMap));
  EXPECT_TRUE(
      is_store_form(at("/registry/example.com/widgets/web/a"),
                    R"({"apiVersion":"example.com/v3","kind":"Widget","metadata":{"name":"a"}})"));
}

TEST(KubernetesValues, AnythingElseIsRead) {
  const auto place = at("/registry/configmaps/web/settings");
  for (const char* value :
       {"", "{}", "k8s", R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings"}})",
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"}}
)",
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"a":"b"}})",
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","resourceVersion":"3"}})",
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"settings"}})",
        R"({"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"settings"}})"}) {
    EXPECT_FALSE(is_store_form(place, value)) << value;
  }
  EXPECT_FALSE(
      is_store_form(at("/registry/example.com/widgets/web/a"),
                    R"({"apiVersion":"other.com/v1","kind":"W","metadata":{"name":"a"}})"));
}

TEST(KubernetesValues, JsonOfKubeApiserver) {
  EXPECT_EQ(store_form(at("/registry/configmaps/web/settings"),
                       R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings",)"
                       R"("namespace":"web","uid":"7f1c","resourceVersion":"12",)"
                       R"("selfLink":"/api/v1/x","creationTimestamp":"2026-01-02T03:04:05Z"},)"
                       R"("data":{"a":"b"}})"
                       "\n"),
            kConfigMap);
}

TEST(KubernetesValues, NullsAreAbsent) {
  const std::string form = store_form(
      at("/registry/deployments/web/a"),
      R"({"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a","namespace":"web",)"
      R"("creationTimestamp":null},"spec":{"selector":{"matchLabels":{"app":"a"}},"template":)"
      R"({"metadata":{"creationTimestamp":null,"labels":{"app":"a"}},"spec":{"containers":)"
      R"([{"name":"c","image":"i"}]}},"strategy":{}},"status":{}})");
  EXPECT_EQ(form.find("null"), form.npos) << form;
  // What kube-apiserver fills in when it reads is filled in here, too.
  EXPECT_NE(form.find(R"("replicas":1)"), form.npos) << form;
  EXPECT_TRUE(is_store_form(at("/registry/deployments/web/a"), form));
}

TEST(KubernetesValues, ProtobufOfKubeApiserver) {
  const test::Message metadata =
      test::Message()
          .bytes(1, "settings")
          .bytes(2, "")
          .bytes(3, "web")
          .bytes(4, "")
          .bytes(5, "7f1c")
          .bytes(6, "")
          .number(7, 0)
          .message(8, test::Message().number(1, 1767323045).number(2, 0));
  const test::Message map =
      test::Message().message(1, metadata).message(2, test::Message().bytes(1, "a").bytes(2, "b"));
  const test::Message unknown =
      test::Message()
          .message(1, test::Message().bytes(1, "v1").bytes(2, "ConfigMap"))
          .bytes(2, map.text())
          .bytes(3, "")
          .bytes(4, "");
  const Json read = boost::json::parse(store_form(at("/registry/configmaps/web/settings"),
                                                  std::string("k8s\0", 4) + unknown.text()));
  EXPECT_EQ(read, boost::json::parse(kConfigMap));
}

TEST(KubernetesValues, CustomResourcesKeepTheirVersion) {
  EXPECT_EQ(
      store_form(at("/registry/example.com/widgets/web/a"),
                 R"({"apiVersion":"example.com/v1beta1","kind":"Widget","metadata":)"
                 R"({"creationTimestamp":null,"name":"a","namespace":"web"},"spec":{"x":null}})"
                 "\n"),
      R"({"apiVersion":"example.com/v1beta1","kind":"Widget","spec":{"x":null},)"
      R"("metadata":{"name":"a","namespace":"web"}})");
}

TEST(KubernetesValues, OtherVersionsBecomeTheStoredOne) {
  const Json scaler = boost::json::parse(store_form(
      at("/registry/horizontalpodautoscalers/web/a"),
      R"({"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","metadata":{"name":"a",)"
      R"("namespace":"web"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d",)"
      R"("apiVersion":"apps/v1"},"minReplicas":1,"maxReplicas":3,)"
      R"("targetCPUUtilizationPercentage":80},"status":{"currentReplicas":0,"desiredReplicas":0}})"));
  EXPECT_EQ(object::api_version(scaler), "autoscaling/v2");
  EXPECT_EQ(object::int_or(object::find(scaler, {"spec", "maxReplicas"}), 0), 3);
  EXPECT_NE(object::find(scaler, {"spec", "metrics"}), nullptr);
}

// What a client of the version could have written least: enough to see that every kind is read.
TEST(KubernetesValues, EveryVersionOfEveryResourceIsReadInBothForms) {
  const KubernetesKeys keys("/registry");
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& row : version.resources) {
      if (!row.stored()) continue;
      Json object = boost::json::parse(R"({"metadata":{"name":"a","uid":"u"}})");
      if (row.namespaced) object::set_metadata(object, "namespace", "web");
      const std::string gv = object::group_version(row.group, row.version);
      const std::string key = "/registry/" + kubernetes_folder(row.storage_group, row.name) +
                              (row.namespaced ? "/web/a" : "/a");
      const auto place = keys.place(key);
      ASSERT_TRUE(place) << row.name;
      const std::string message = protobuf::encode_message(object, *row.type);
      std::string binary = protobuf::envelope_head(gv, row.kind, message.size());
      binary.append(message).append(protobuf::kEnvelopeTail);
      object::set_type(object, gv, row.kind);
      for (const std::string& value : {boost::json::serialize(object) + "\n", binary}) {
        const std::string form = store_form(*place, value);
        EXPECT_TRUE(is_store_form(*place, form)) << row.name << ": " << form;
      }
    }
  }
}

TEST(KubernetesValues, WhatCannotBeReadSaysWhyAndNotWhat) {
  const char* const secret = "/registry/secrets/web/a";
  EXPECT_EQ(problem(secret, "k8s:enc:aescbc:v1:key1:abc"),
            "it is encrypted, and no encryption is configured that reads it");
  EXPECT_EQ(problem(secret, "[]"), "it is no JSON object");
  EXPECT_EQ(problem(secret, "{\"kind\":").substr(0, 14), "it is no JSON:");
  EXPECT_EQ(problem(secret, std::string("k8s\0\xff", 5)).substr(0, 29),
            "it is no protobuf of its kind");
  EXPECT_EQ(problem(secret, R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}})"),
            "it is a \"Pod\" of \"v1\", which does not belong there");
  EXPECT_EQ(
      problem("/registry/ingress/web/a",
              R"({"kind":"Ingress","apiVersion":"networking.k8s.io/v1beta1","metadata":{}})"),
      "it is a \"Ingress\" of \"networking.k8s.io/v1beta1\", which this server does not know: "
      "have kube-apiserver write it anew in a version of today");
  EXPECT_EQ(problem(secret, R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"b",)"
                            R"("namespace":"web"},"data":{"p":"cGFzcw=="}})"),
            "it is of another name or namespace than its key");
  EXPECT_EQ(problem(secret, R"({"kind":"Secret","apiVersion":"v1"})"),
            "it is of another name or namespace than its key");
  EXPECT_EQ(problem("/registry/example.com/widgets/a", std::string("k8s\0\n", 5)),
            "it is protobuf, which custom resources never are");
  EXPECT_EQ(problem("/registry/example.com/widgets/a", R"({"kind":"W","apiVersion":"b.com/v1"})"),
            "it is a \"W\" of \"b.com/v1\", which does not belong there");
  EXPECT_EQ(problem(secret, R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"a",)"
                            R"("namespace":"web"},"data":{"p":"not base64, quite-secret"}})")
                .find("quite-secret"),
            std::string::npos);
}

}  // namespace
}  // namespace limen::registry
