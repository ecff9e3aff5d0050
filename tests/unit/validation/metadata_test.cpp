#include "unit/validation/support.h"

namespace limen::validation {
namespace {

Lines config_map(std::string_view metadata) {
  return created("", "configmaps", "{\"metadata\":" + std::string(metadata) + "}");
}

Lines config_map_update(std::string_view old, std::string_view metadata) {
  return updated("", "configmaps", "{\"metadata\":" + std::string(old) + "}",
                 "{\"metadata\":" + std::string(metadata) + "}");
}

TEST(Metadata, AcceptsAnOrdinaryObject) {
  EXPECT_EQ(config_map(R"({"name":"a.b-c","namespace":"ns","labels":{"app":"x","a.io/b":""},
                           "annotations":{"A.io/B":"any text at all"},"finalizers":["a.io/f"],
                           "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p",
                                               "uid":"u","controller":true}]})"),
            Lines{});
}

TEST(Metadata, NeedsANameAndANamespace) {
  EXPECT_EQ(config_map("{}"),
            (Lines{"metadata.name: Required value: name or generateName is required",
                   "metadata.namespace: Required value"}));
}

TEST(Metadata, HasNoNamespaceOnClusterScopedKinds) {
  EXPECT_EQ(created("", "namespaces", R"({"metadata":{"name":"x","namespace":"y"}})"),
            Lines{"metadata.namespace: Forbidden: not allowed on this type"});
}

TEST(Metadata, RefusesNamesInKubernetesWords) {
  EXPECT_EQ(
      config_map(R"({"name":"X","namespace":"ns"})"),
      Lines{"metadata.name: Invalid value: \"X\": a lowercase RFC 1123 subdomain must consist of "
            "lower case alphanumeric characters, '-' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'example.com', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"});
}

TEST(Metadata, ChecksNamesByTheirKindsFormat) {
  const auto count = [](std::string_view group, std::string_view of, std::string_view name,
                        std::string_view extra) {
    const std::string ns = resource(group, of).namespaced ? ",\"namespace\":\"d\"" : "";
    return created(group, of,
                   "{\"metadata\":{\"name\":\"" + std::string(name) + "\"" + ns + "}" +
                       std::string(extra) + "}")
        .size();
  };
  EXPECT_EQ(count("", "namespaces", "a.b", ""), 1u);
  EXPECT_EQ(count("", "namespaces", "a-b", ""), 0u);
  constexpr std::string_view kService = ",\"spec\":{\"ports\":[{\"port\":80}]}";
  EXPECT_EQ(count("", "services", "1a", kService), 1u);
  EXPECT_EQ(count("", "services", "a1", kService), 0u);
  EXPECT_EQ(count("rbac.authorization.k8s.io", "clusterroles", "system:Any thing", ""), 0u);
  EXPECT_EQ(count("rbac.authorization.k8s.io", "clusterroles", "a%b", ""), 1u);
}

TEST(Metadata, AcceptsATrailingDashInANamePrefix) {
  EXPECT_EQ(config_map(R"({"generateName":"web-","name":"web-abcde","namespace":"ns"})"), Lines{});
  EXPECT_EQ(config_map(R"({"generateName":"Web-","name":"web-abcde","namespace":"ns"})").size(),
            1u);
}

TEST(Metadata, RefusesBadLabelsAndAnnotationKeys) {
  const Lines causes = config_map(
      R"({"name":"x","namespace":"ns","labels":{"-a":"b c"},"annotations":{"a b":"x"}})");
  ASSERT_EQ(causes.size(), 3u);
  EXPECT_TRUE(causes[0].starts_with("metadata.labels: Invalid value: \"-a\": name part must"));
  EXPECT_TRUE(causes[1].starts_with("metadata.labels: Invalid value: \"b c\": a valid label must"));
  EXPECT_TRUE(causes[2].starts_with("metadata.annotations: Invalid value: \"a b\": name part"));
}

TEST(Metadata, HoldsAnnotationsTo256KiBInAll) {
  const auto with_annotation = [](std::size_t size) {
    return config_map("{\"name\":\"x\",\"namespace\":\"ns\",\"annotations\":{\"a\":\"" +
                      std::string(size, 'x') + "\"}}");
  };
  EXPECT_EQ(with_annotation(256 * 1024 - 1), Lines{});
  EXPECT_EQ(with_annotation(256 * 1024),
            Lines{"metadata.annotations: Too long: may not be more than 262144 bytes"});
}

TEST(Metadata, RefusesBadOwnersAndFinalizers) {
  EXPECT_EQ(config_map(R"({"name":"x","namespace":"ns","ownerReferences":[{}]})").size(), 4u);
  const Lines two = config_map(
      R"({"name":"x","namespace":"ns","ownerReferences":[
          {"apiVersion":"v1","kind":"A","name":"a","uid":"1","controller":true},
          {"apiVersion":"v1","kind":"B","name":"b","uid":"2","controller":true}]})");
  ASSERT_EQ(two.size(), 1u);
  EXPECT_TRUE(
      two[0].ends_with("Only one reference can have Controller set to true. Found \"true\" "
                       "in references for A/a and B/b"));
  EXPECT_EQ(
      config_map(R"({"name":"x","namespace":"ns","finalizers":["orphan","foregroundDeletion"]})"),
      Lines{"metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: "
            "finalizer orphan and foregroundDeletion cannot be both set"});
}

TEST(MetadataUpdate, KeepsIdentity) {
  constexpr std::string_view kOld = R"({"name":"x","namespace":"ns","uid":"u"})";
  EXPECT_EQ(config_map_update(kOld, kOld), Lines{});
  EXPECT_EQ(config_map_update(kOld, R"({"name":"x","namespace":"ns"})"), Lines{});
  EXPECT_EQ(config_map_update(kOld, R"({"name":"y","namespace":"ns","uid":"v"})"),
            (Lines{"metadata.name: Invalid value: \"y\": field is immutable",
                   "metadata.uid: Invalid value: \"v\": field is immutable"}));
}

TEST(MetadataUpdate, AcceptsStoredNamesThatNewObjectsMayNotHave) {
  EXPECT_EQ(config_map_update(R"({"name":"Old_Name","namespace":"ns"})",
                              R"({"name":"Old_Name","namespace":"ns"})"),
            Lines{});
}

TEST(MetadataUpdate, AddsNoFinalizersToWhatIsBeingDeleted) {
  constexpr std::string_view kOld =
      R"({"name":"x","namespace":"n","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a.io/a"]})";
  EXPECT_EQ(config_map_update(kOld, R"({"name":"x","namespace":"n","finalizers":[]})"), Lines{});
  EXPECT_EQ(
      config_map_update(kOld, R"({"name":"x","namespace":"n","finalizers":["a.io/a","b.io/b"]})"),
      Lines{"metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
            "deleted, found new finalizers []string{\"b.io/b\"}"});
}

TEST(MetadataUpdate, NeverDecrementsTheGeneration) {
  EXPECT_EQ(config_map_update(R"({"name":"x","namespace":"n","generation":3})",
                              R"({"name":"x","namespace":"n","generation":2})"),
            Lines{"metadata.generation: Invalid value: 2: must not be decremented"});
}

TEST(Causes, ShowLongValuesCutAndKeepAtMostFiveHundred) {
  std::string labels;
  for (int i = 0; i < 700; ++i) labels += ",\"-" + std::to_string(i) + "\":\"\"";
  const Lines causes =
      config_map("{\"name\":\"x\",\"namespace\":\"n\",\"labels\":{" + labels.substr(1) + "}}");
  EXPECT_EQ(causes.size(), 500u);
  const Lines one =
      config_map("{\"name\":\"" + std::string(100'000, 'X') + "\",\"namespace\":\"n\"}");
  ASSERT_FALSE(one.empty());
  EXPECT_LT(one[0].size(), 10'000u);
}

}  // namespace
}  // namespace limen::validation
