#include "unit/validation/support.h"

namespace limen::validation {
namespace {

TEST(Defaults, OfAPod) {
  EXPECT_EQ(
      defaulted(
          "", "pods",
          R"({"spec":{"containers":[{"name":"a","image":"nginx","ports":[{"containerPort":80}],
                    "livenessProbe":{"httpGet":{"port":80}},
                    "resources":{"limits":{"cpu":"1"}}}],"volumes":[{"name":"v"},
                    {"name":"s","secret":{"secretName":"x"}}]}})"),
      R"({"spec":{"containers":[{"name":"a","image":"nginx","ports":[{"containerPort":80,)"
      R"("protocol":"TCP"}],"livenessProbe":{"httpGet":{"port":80,"path":"/","scheme":"HTTP"},)"
      R"("timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},)"
      R"("resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1"}},"imagePullPolicy":"Always",)"
      R"("terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],)"
      R"("volumes":[{"name":"v","emptyDir":{}},{"name":"s","secret":{"secretName":"x",)"
      R"("defaultMode":420}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,)"
      R"("dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler",)"
      R"("enableServiceLinks":true}})");
}

std::string pull_policy(std::string_view image) {
  const std::string text = defaulted(
      "", "pods",
      "{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"" + std::string(image) + "\"}]}}");
  return std::string(
      boost::json::parse(text).at("spec").at("containers").at(0).at("imagePullPolicy").as_string());
}

TEST(Defaults, OfTheImagePullPolicyFollowTheTag) {
  EXPECT_EQ(pull_policy("nginx"), "Always");
  EXPECT_EQ(pull_policy("nginx:latest"), "Always");
  EXPECT_EQ(pull_policy("nginx:1.25"), "IfNotPresent");
  EXPECT_EQ(pull_policy("registry:5000/nginx"), "Always");
  EXPECT_EQ(pull_policy("registry:5000/nginx:1"), "IfNotPresent");
  EXPECT_EQ(pull_policy("nginx@sha256:abc"), "IfNotPresent");
}

TEST(Defaults, NeverChangeWhatIsSet) {
  EXPECT_EQ(
      defaulted("", "services", R"({"spec":{"type":"ExternalName","sessionAffinity":"None"}})"),
      R"({"spec":{"type":"ExternalName","sessionAffinity":"None"}})");
}

TEST(Defaults, OfADeployment) {
  EXPECT_EQ(
      defaulted("apps", "deployments",
                R"({"spec":{"template":{"metadata":{},"spec":{"containers":[]}}}})"),
      R"({"spec":{"template":{"metadata":{},"spec":{"containers":[],"restartPolicy":"Always",)"
      R"("terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},)"
      R"("schedulerName":"default-scheduler"}},"replicas":1,"strategy":{)"
      R"("type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},)"
      R"("revisionHistoryLimit":10,"progressDeadlineSeconds":600}})");
}

TEST(Defaults, OfADeploymentThatRecreatesHaveNoRollingUpdate) {
  const std::string text =
      defaulted("apps", "deployments", R"({"spec":{"strategy":{"type":"Recreate"}}})");
  EXPECT_EQ(text.find("rollingUpdate"), std::string::npos);
}

TEST(Defaults, OfAService) {
  EXPECT_EQ(defaulted("", "services", R"({"spec":{"ports":[{"port":80}]}})"),
            R"({"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],)"
            R"("sessionAffinity":"None","type":"ClusterIP","internalTrafficPolicy":"Cluster"}})");
  const std::string balanced =
      defaulted("", "services",
                R"({"spec":{"type":"LoadBalancer","ports":[{"port":80,"targetPort":"http"}]}})");
  EXPECT_NE(balanced.find(R"("targetPort":"http")"), std::string::npos);
  EXPECT_NE(balanced.find(R"("externalTrafficPolicy":"Cluster")"), std::string::npos);
  EXPECT_NE(balanced.find(R"("allocateLoadBalancerNodePorts":true)"), std::string::npos);
}

TEST(Defaults, OfANamespaceNameItInALabel) {
  EXPECT_EQ(defaulted("", "namespaces", R"({"metadata":{"name":"x"}})"),
            R"({"metadata":{"name":"x","labels":{"kubernetes.io/metadata.name":"x"}}})");
}

TEST(Defaults, OfASecretNameItsType) {
  EXPECT_EQ(defaulted("", "secrets", "{}"), R"({"type":"Opaque"})");
  EXPECT_EQ(defaulted("", "secrets", R"({"type":""})"), R"({"type":"Opaque"})");
}

TEST(Defaults, OfAJobDependOnWhatItCounts) {
  const auto job = [](std::string_view spec) {
    return boost::json::parse(defaulted("batch", "jobs", "{\"spec\":" + std::string(spec) + "}"))
        .at("spec");
  };
  EXPECT_EQ(job("{}").at("completions").as_int64(), 1);
  EXPECT_EQ(job("{}").at("parallelism").as_int64(), 1);
  EXPECT_EQ(job("{}").at("backoffLimit").as_int64(), 6);
  EXPECT_FALSE(job(R"({"parallelism":3})").as_object().contains("completions"));
  EXPECT_EQ(job(R"({"completions":3})").at("parallelism").as_int64(), 1);
}

TEST(Defaults, OfBindingsFillTheGroup) {
  EXPECT_EQ(
      defaulted("rbac.authorization.k8s.io", "rolebindings",
                R"({"roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"User","name":"b"},
                          {"kind":"ServiceAccount","name":"s"}]})"),
      R"({"roleRef":{"kind":"Role","name":"r","apiGroup":"rbac.authorization.k8s.io"},)"
      R"("subjects":[{"kind":"User","name":"b","apiGroup":"rbac.authorization.k8s.io"},)"
      R"({"kind":"ServiceAccount","name":"s"}]})");
}

TEST(Defaults, OfEveryKindAcceptAnEmptyObject) {
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& each : version.resources) {
      object::Json object = boost::json::object();
      apply_defaults(each, object);
      const std::string once = object::to_json(object);
      apply_defaults(each, object);
      EXPECT_EQ(object::to_json(object), once) << each.name;
    }
  }
}

TEST(Defaults, OfEveryKindAcceptMembersOfAnyShape) {
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& each : version.resources) {
      for (const char* value : {"5", "\"x\"", "[]", "[1]", "{}", "{\"template\":7,\"ports\":{}}"}) {
        object::Json object =
            boost::json::parse(std::string("{\"spec\":") + value + ",\"metadata\":" + value +
                               ",\"subjects\":" + value + ",\"template\":" + value + "}");
        apply_defaults(each, object);
        validate_create(each, object);
        validate_update(each, object, object);
      }
    }
  }
}

}  // namespace
}  // namespace limen::validation
