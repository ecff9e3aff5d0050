#include "unit/validation/support.h"
#include "validation/kinds/cron.h"

namespace limen::validation {
namespace {

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

std::string pod_with(std::string_view container, std::string_view rest = "") {
  return R"({"spec":{"containers":[{"name":"c","image":"i")" + std::string(container) + "}]" +
         std::string(rest) + "}}";
}

Lines pod(std::string_view container, std::string_view rest = "") {
  return created("", "pods", pod_with(container, rest));
}

TEST(PodRules, AcceptAnOrdinaryPod) {
  EXPECT_EQ(pod(R"(,"ports":[{"name":"http","containerPort":80}],"env":[{"name":"A","value":"b"},
           {"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
           "volumeMounts":[{"name":"v","mountPath":"/v"}],
           "livenessProbe":{"httpGet":{"port":80}},
           "resources":{"limits":{"cpu":"1"},"requests":{"cpu":"500m"}})",
                R"(,"volumes":[{"name":"v","emptyDir":{}}],"tolerations":[{"operator":"Exists"}])"),
            Lines{});
}

TEST(PodRules, NeedContainersWithNamesAndImages) {
  EXPECT_EQ(created("", "pods", R"({"spec":{}})"), Lines{"spec.containers: Required value"});
  EXPECT_EQ(created("", "pods", "{}"), Lines{"spec.containers: Required value"});
  EXPECT_EQ(created("", "pods", R"({"spec":{"containers":[{}]}})"),
            (Lines{"spec.containers[0].name: Required value",
                   "spec.containers[0].image: Required value"}));
  EXPECT_EQ(
      created("", "pods",
              R"({"spec":{"containers":[{"name":"a","image":"i"},{"name":"a","image":"i"}]}})"),
      Lines{"spec.containers[1].name: Duplicate value: \"a\""});
}

TEST(PodRules, CheckPorts) {
  EXPECT_EQ(pod(R"(,"ports":[{"containerPort":0}])"),
            Lines{"spec.containers[0].ports[0].containerPort: Required value"});
  EXPECT_EQ(pod(R"(,"ports":[{"containerPort":65536}])"),
            Lines{"spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be "
                  "between 1 and 65535, inclusive"});
  EXPECT_EQ(pod(R"(,"ports":[{"containerPort":65535,"protocol":"ICMP"}])"),
            Lines{"spec.containers[0].ports[0].protocol: Unsupported value: \"ICMP\": supported "
                  "values: \"SCTP\", \"TCP\", \"UDP\""});
}

TEST(PodRules, CheckMountsAgainstVolumes) {
  EXPECT_EQ(pod(R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])"),
            Lines{"spec.containers[0].volumeMounts[0].name: Not found: \"v\""});
  EXPECT_EQ(pod("", R"(,"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/"}}])"),
            Lines{"spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"});
}

TEST(PodRules, CheckRequestsAgainstLimits) {
  EXPECT_EQ(pod(R"(,"resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1500m"}})"),
            Lines{"spec.containers[0].resources.requests: Invalid value: \"1500m\": must be less "
                  "than or equal to cpu limit of 1"});
}

TEST(PodRules, CheckEnumsAndProbes) {
  EXPECT_EQ(pod("", R"(,"restartPolicy":"Sometimes")"),
            Lines{"spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: "
                  "\"Always\", \"OnFailure\", \"Never\""});
  EXPECT_EQ(pod(R"(,"livenessProbe":{})"),
            Lines{"spec.containers[0].livenessProbe: Required value: must specify a handler type"});
  EXPECT_EQ(pod(R"(,"imagePullPolicy":"Maybe")"),
            Lines{"spec.containers[0].imagePullPolicy: Unsupported value: \"Maybe\": supported "
                  "values: \"Always\", \"IfNotPresent\", \"Never\""});
}

TEST(PodRules, AllowOnlyAFewFieldsToChange) {
  const std::string old = pod_with("", R"(,"tolerations":[{"key":"a","operator":"Exists"}])");
  EXPECT_EQ(updated("", "pods", old,
                    R"({"spec":{"containers":[{"name":"c","image":"other"}],"tolerations":[
                        {"key":"b","operator":"Exists"},{"key":"a","operator":"Exists"}]}})")
                .size(),
            0u);
  const Lines causes =
      updated("", "pods", old,
              pod_with(R"(,"args":["x"])", R"(,"tolerations":[{"key":"a","operator":"Exists"}])"));
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_TRUE(
      causes[0].starts_with("spec: Forbidden: pod updates may not change fields other than "
                            "`spec.containers[*].image`,"));
  EXPECT_EQ(updated("", "pods", old, pod_with("")).size(), 1u) << "a toleration may not go";
}

std::string workload(std::string_view selector, std::string_view labels,
                     std::string_view rest = "") {
  return "{\"spec\":{\"selector\":" + std::string(selector) +
         ",\"template\":{\"metadata\":{\"labels\":" + std::string(labels) +
         R"(},"spec":{"containers":[{"name":"c","image":"i"}]}})" + std::string(rest) + "}}";
}

class Workloads : public testing::TestWithParam<const char*> {};

TEST_P(Workloads, NeedASelectorThatTheirTemplateSatisfies) {
  EXPECT_EQ(created("apps", GetParam(), workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})")),
            Lines{});
  EXPECT_EQ(created("apps", GetParam(), workload("null", R"({"a":"b"})")).size(), 2u);
  EXPECT_EQ(created("apps", GetParam(), workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"c"})")),
            Lines{"spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does "
                  "not match template `labels`"});
  EXPECT_EQ(created("apps", GetParam(), workload("{}", R"({"a":"c"})")).size(), 1u);
}

TEST_P(Workloads, CheckTheirPodTemplate) {
  const Lines causes = created(
      "apps", GetParam(),
      R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
          "spec":{"restartPolicy":"Never","containers":[]}}}})");
  EXPECT_EQ(causes, (Lines{"spec.template.spec.containers: Required value",
                           "spec.template.spec.restartPolicy: Unsupported value: \"Never\": "
                           "supported values: \"Always\""}));
}

INSTANTIATE_TEST_SUITE_P(Apps, Workloads,
                         testing::Values("deployments", "replicasets", "statefulsets",
                                         "daemonsets"));

TEST(DeploymentRules, CheckStrategyAndCounts) {
  const auto with = [](std::string_view rest) {
    return created("apps", "deployments",
                   workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})", rest));
  };
  EXPECT_EQ(with(R"(,"replicas":-1)"),
            Lines{"spec.replicas: Invalid value: -1: must be greater than or equal to 0"});
  EXPECT_EQ(with(R"(,"strategy":{"type":"Recreate","rollingUpdate":{}})"),
            Lines{"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy "
                  "`type` is 'Recreate'"});
  EXPECT_EQ(with(R"(,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":0}})"),
            Lines{"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
                  "`maxSurge` is 0"});
  EXPECT_EQ(with(R"(,"minReadySeconds":600)"),
            Lines{"spec.progressDeadlineSeconds: Invalid value: 600: must be greater than "
                  "minReadySeconds"});
}

TEST(DeploymentRules, KeepTheirSelector) {
  EXPECT_EQ(updated("apps", "deployments", workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})"),
                    workload(R"({"matchLabels":{"a":"c"}})", R"({"a":"c"})")),
            Lines{"spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is "
                  "immutable"});
}

TEST(StatefulSetRules, MayMountTheVolumesTheyClaim) {
  EXPECT_EQ(created("apps", "statefulsets",
                    R"({"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{
                        "metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c",
                        "image":"i","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}},
                        "volumeClaimTemplates":[{"metadata":{"name":"data"}}]}})"),
            Lines{});
}

TEST(StatefulSetRules, ChangeOnlyInAFewFields) {
  const std::string old =
      workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})", R"(,"serviceName":"s")");
  EXPECT_EQ(updated("apps", "statefulsets", old,
                    workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})",
                             R"(,"serviceName":"s","replicas":5)")),
            Lines{});
  EXPECT_EQ(
      updated("apps", "statefulsets", old,
              workload(R"({"matchLabels":{"a":"b"}})", R"({"a":"b"})", R"(,"serviceName":"t")"))
          .size(),
      1u);
}

TEST(JobRules, NeedARestartPolicyThatEnds) {
  const auto job = [](std::string_view policy) {
    return created("batch", "jobs",
                   R"({"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},
                       "template":{"metadata":{"labels":{"a":"b"}},
                       "spec":{"containers":[{"name":"c","image":"i"}])" +
                       std::string(policy) + "}}}}");
  };
  EXPECT_EQ(job(R"(,"restartPolicy":"Never")"), Lines{});
  EXPECT_EQ(job(""), Lines{"spec.template.spec.restartPolicy: Required value: valid values: "
                           "\"OnFailure\", \"Never\""});
}

TEST(JobRules, KeepTheirTemplate) {
  const auto job = [](std::string_view image) {
    return R"({"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},
               "template":{"metadata":{"labels":{"a":"b"}},
               "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":")" +
           std::string(image) + "\"}]}}}}";
  };
  const Lines causes = updated("batch", "jobs", job("a"), job("b"));
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_TRUE(causes[0].starts_with("spec.template: Invalid value: "));
  EXPECT_TRUE(causes[0].ends_with(": field is immutable"));
}

TEST(CronJobRules, CheckTheSchedule) {
  for (const char* good : {"* * * * *", "*/5 0-6 1,15 jan-mar MON-FRI", "@daily", "@every 1h30m",
                           "0 0 1 1 0", "1-59/2 * * * *"}) {
    EXPECT_EQ(cron_problem(good), "") << good;
  }
  EXPECT_EQ(cron_problem("* * * *"), "expected exactly 5 fields, found 4: [* * * *]");
  EXPECT_EQ(cron_problem("60 * * * *"), "end of range (60) above maximum (59): 60");
  EXPECT_EQ(cron_problem("* * 0 * *"), "beginning of range (0) below minimum (1): 0");
  EXPECT_EQ(cron_problem("5-1 * * * *"), "beginning of range (5) beyond end of range (1): 5-1");
  EXPECT_EQ(cron_problem("*/0 * * * *"), "step of range should be a positive number: */0");
  EXPECT_EQ(cron_problem("x * * * *"),
            "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax");
  EXPECT_EQ(cron_problem("@never"), "unrecognized descriptor: @never");
  EXPECT_EQ(
      created("batch", "cronjobs",
              R"({"spec":{"schedule":"* *","jobTemplate":{"spec":{"template":{"spec":{
                        "restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}})"),
      Lines{"spec.schedule: Invalid value: \"* *\": expected exactly 5 fields, found 2: [* *]"});
}

TEST(ServiceRules, NeedPortsUnlessTheyHaveNone) {
  EXPECT_EQ(created("", "services", R"({"spec":{"ports":[{"port":80}]}})"), Lines{});
  EXPECT_EQ(created("", "services", R"({"spec":{}})"), Lines{"spec.ports: Required value"});
  EXPECT_EQ(created("", "services", R"({"spec":{"clusterIP":"None"}})"), Lines{});
  EXPECT_EQ(created("", "services", R"({"spec":{"type":"ExternalName","externalName":"a.b"}})"),
            Lines{});
  EXPECT_EQ(created("", "services", R"({"spec":{"type":"ExternalName"}})"),
            Lines{"spec.externalName: Required value"});
}

TEST(ServiceRules, CheckPortsTypesAndAddresses) {
  EXPECT_EQ(
      created("", "services", R"({"spec":{"ports":[{"port":0,"targetPort":80}]}})"),
      (Lines{"spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"}));
  EXPECT_EQ(created("", "services", R"({"spec":{"ports":[{"port":1,"name":"a"},{"port":2}]}})"),
            Lines{"spec.ports[1].name: Required value"});
  EXPECT_EQ(created("", "services", R"({"spec":{"type":"Odd","ports":[{"port":1}]}})"),
            Lines{"spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", "
                  "\"ExternalName\", \"LoadBalancer\", \"NodePort\""});
  EXPECT_EQ(created("", "services", R"({"spec":{"clusterIP":"1.2.3","ports":[{"port":1}]}})"),
            Lines{"spec.clusterIPs[0]: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. "
                  "10.9.8.7 or 2001:db8::ffff)"});
}

TEST(ServiceRules, KeepTheirClusterAddress) {
  EXPECT_EQ(updated("", "services", R"({"spec":{"clusterIP":"10.0.0.1","ports":[{"port":1}]}})",
                    R"({"spec":{"clusterIP":"10.0.0.2","ports":[{"port":1}]}})"),
            Lines{"spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set"});
  EXPECT_EQ(
      updated("", "services",
              R"({"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ports":[{"port":1}]}})",
              R"({"spec":{"clusterIP":"None","clusterIPs":["None"],"ports":[{"port":1}]}})"),
      Lines{"spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set"});
}

TEST(ServiceRules, KeepWhatALoadBalancerWasMadeFor) {
  EXPECT_EQ(
      updated("", "services",
              R"({"spec":{"type":"LoadBalancer","externalTrafficPolicy":"Local","loadBalancerClass":
                  "a.b/c","healthCheckNodePort":30001,"ports":[{"port":1}]}})",
              R"({"spec":{"type":"LoadBalancer","externalTrafficPolicy":"Local","loadBalancerClass":
                  "a.b/d","healthCheckNodePort":30002,"ports":[{"port":1}]}})"),
      (Lines{"spec.loadBalancerClass: Invalid value: \"a.b/d\": may not change once set",
             "spec.healthCheckNodePort: Forbidden: field is immutable"}));
}

TEST(ConfigMapRules, CheckKeysAndTotalSize) {
  EXPECT_EQ(created("", "configmaps", R"({"data":{"a b":"secret"}})"),
            Lines{"data[a b]: Invalid value: \"a b\": a valid config key must consist of "
                  "alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"});
  EXPECT_EQ(created("", "configmaps", R"({"data":{"a":"x"},"binaryData":{"a":"eA=="}})"),
            Lines{"data[a]: Invalid value: \"a\": duplicate of key present in binaryData"});
  const auto of_size = [](std::size_t size) {
    return created("", "configmaps", "{\"data\":{\"a\":\"" + std::string(size, 'x') + "\"}}");
  };
  EXPECT_EQ(of_size(1024 * 1024), Lines{});
  EXPECT_EQ(of_size(1024 * 1024 + 1).size(), 1u);
}

TEST(ConfigMapRules, StayAsTheyAreOnceImmutable) {
  constexpr std::string_view kOld = R"({"immutable":true,"data":{"a":"1"}})";
  EXPECT_EQ(updated("", "configmaps", kOld, kOld), Lines{});
  EXPECT_EQ(updated("", "configmaps", kOld, R"({"data":{"a":"2"}})"),
            (Lines{"immutable: Forbidden: field is immutable when `immutable` is set",
                   "data: Forbidden: field is immutable when `immutable` is set"}));
}

TEST(SecretRules, NeedWhatTheirTypePromises) {
  EXPECT_EQ(created("", "secrets", R"({"data":{"a":"eA=="}})"), Lines{});
  EXPECT_EQ(created("", "secrets", R"({"type":"kubernetes.io/tls"})"),
            (Lines{"data[tls.crt]: Required value", "data[tls.key]: Required value"}));
  EXPECT_EQ(created("", "secrets", R"({"type":"kubernetes.io/service-account-token"})"),
            Lines{"metadata.annotations[kubernetes.io/service-account.name]: Required value"});
  EXPECT_EQ(created("", "secrets", R"({"type":"kubernetes.io/basic-auth"})").size(), 2u);
  EXPECT_EQ(created("", "secrets", R"({"type":"kubernetes.io/ssh-auth"})").size(), 1u);
}

TEST(SecretRules, NeverShowTheirValues) {
  const Lines causes = created(
      "", "secrets",
      R"({"type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"Y2FuYXJ5"}})");
  EXPECT_EQ(causes, Lines{"data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": "
                          "invalid character 'c' looking for beginning of value"});
  for (const std::string& line :
       updated("", "secrets", R"({"immutable":true,"data":{"a":"Y2FuYXJ5"}})",
               R"({"immutable":true,"data":{"a":"Y2FuYXJ5Mg=="}})")) {
    EXPECT_EQ(line.find("Y2FuYXJ5"), std::string::npos) << line;
  }
}

TEST(SecretRules, KeepTheirType) {
  EXPECT_EQ(updated("", "secrets", "{}", R"({"type":"x/y"})"),
            Lines{"type: Invalid value: \"x/y\": field is immutable"});
}

TEST(RbacRules, CheckRules) {
  EXPECT_EQ(created(kRbac, "roles",
                    R"({"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})"),
            Lines{});
  EXPECT_EQ(
      created(kRbac, "roles", R"({"rules":[{}]})"),
      (Lines{
          "rules[0].verbs: Required value: verbs must contain at least one value",
          "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
          "rules[0].resources: Required value: resource rules must supply at least one "
          "resource"}));
  EXPECT_EQ(
      created(kRbac, "roles", R"({"rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]})"),
      Lines{"rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply "
            "to non-resource URLs"});
  EXPECT_EQ(
      created(kRbac, "clusterroles", R"({"rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]})"),
      Lines{});
}

TEST(RbacRules, CheckBindings) {
  EXPECT_EQ(created(kRbac, "rolebindings",
                    R"({"roleRef":{"kind":"Role","name":"r"},"subjects":[
                        {"kind":"User","name":"bob"},{"kind":"ServiceAccount","name":"s"}]})"),
            Lines{});
  EXPECT_EQ(created(kRbac, "clusterrolebindings",
                    R"({"roleRef":{"kind":"Role","name":""},"subjects":[
                        {"kind":"ServiceAccount","name":"s"},{"kind":"Robot","name":"x"}]})"),
            (Lines{"roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"",
                   "roleRef.name: Required value", "subjects[0].namespace: Required value",
                   "subjects[1].kind: Unsupported value: \"Robot\": supported values: "
                   "\"ServiceAccount\", \"User\", \"Group\""}));
  EXPECT_EQ(updated(kRbac, "rolebindings", R"({"roleRef":{"kind":"Role","name":"a"}})",
                    R"({"roleRef":{"kind":"Role","name":"b"}})"),
            Lines{"roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":"
                  "\"Role\",\"Name\":\"b\"}: cannot change roleRef"});
}

TEST(NetworkingRules, CheckIngresses) {
  EXPECT_EQ(created("networking.k8s.io", "ingresses",
                    R"({"spec":{"rules":[{"host":"*.a.b","http":{"paths":[{"path":"/x",
                        "pathType":"Prefix","backend":{"service":{"name":"s","port":{"number":80}}}
                        }]}}]}})"),
            Lines{});
  EXPECT_EQ(
      created("networking.k8s.io", "ingresses",
              R"({"spec":{"rules":[{"host":"1.2.3.4","http":{"paths":[{"path":"x",
                        "pathType":"Exact","backend":{}}]}}]}})"),
      (Lines{"spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP "
             "address",
             "spec.rules[0].http.paths[0].path: Invalid value: \"x\": must be an absolute path",
             "spec.rules[0].http.paths[0].backend: Invalid value: \"\": resource or service "
             "backend is required"}));
}

TEST(NetworkingRules, CheckNetworkPolicies) {
  EXPECT_EQ(created("networking.k8s.io", "networkpolicies",
                    R"({"spec":{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":
                        "10.0.0.0/8"}}],"ports":[{"port":"http"}]}]}})"),
            Lines{});
  EXPECT_EQ(
      created("networking.k8s.io", "networkpolicies",
              R"({"spec":{"podSelector":{},"ingress":[{"from":[{},{"ipBlock":{"cidr":
                        "10.0.0.0/33"}}]}]}})"),
      (Lines{"spec.ingress[0].from[0]: Required value: must specify a peer",
             "spec.ingress[0].from[1].ipBlock.cidr: Invalid value: \"10.0.0.0/33\": must be a "
             "valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"}));
}

TEST(StorageRules, CheckClaims) {
  EXPECT_EQ(created("", "persistentvolumeclaims",
                    R"({"spec":{"accessModes":["ReadWriteOnce"],
                        "resources":{"requests":{"storage":"1Gi"}}}})"),
            Lines{});
  EXPECT_EQ(created("", "persistentvolumeclaims", R"({"spec":{}})"),
            (Lines{"spec.accessModes: Required value: at least 1 access mode is required",
                   "spec.resources[storage]: Required value"}));
}

TEST(StorageRules, LetClaimsGrowOnly) {
  const auto claim = [](std::string_view size, std::string_view rest = "") {
    return R"({"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":")" +
           std::string(size) + "\"}}" + std::string(rest) + "}}";
  };
  const auto bound = [](std::string_view size) {
    return R"({"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":")" +
           std::string(size) +
           R"("}},"volumeName":"v"},"status":{"phase":"Bound","capacity":{"storage":"2Gi"}}})";
  };
  EXPECT_EQ(updated("", "persistentvolumeclaims", bound("2Gi"), bound("3Gi")), Lines{});
  EXPECT_EQ(updated("", "persistentvolumeclaims", claim("1Gi"), claim("2Gi")).size(), 1u)
      << "not bound";
  EXPECT_EQ(
      updated("", "persistentvolumeclaims", claim("1Gi"), claim("1Gi", R"(,"volumeName":"v")")),
      Lines{});
  EXPECT_EQ(updated("", "persistentvolumeclaims", bound("3Gi"), bound("1Gi")),
            Lines{"spec.resources.requests.storage: Forbidden: field can not be less than "
                  "status.capacity"});
  EXPECT_EQ(updated("", "persistentvolumeclaims", claim("1Gi", R"(,"volumeName":"v")"),
                    claim("1Gi", R"(,"volumeName":"w")"))
                .size(),
            1u);
}

TEST(StorageRules, CheckVolumes) {
  EXPECT_EQ(created("", "persistentvolumes",
                    R"({"spec":{"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
                        "hostPath":{"path":"/x"}}})"),
            Lines{});
  EXPECT_EQ(created("", "persistentvolumes", R"({"spec":{}})"),
            (Lines{"spec.accessModes: Required value", "spec.capacity: Required value",
                   "spec.capacity: Unsupported value: null: supported values: \"storage\"",
                   "spec: Required value: must specify a volume type"}));
}

TEST(ClusterRules, CheckTheSmallKinds) {
  EXPECT_EQ(created("coordination.k8s.io", "leases", R"({"spec":{"leaseDurationSeconds":0}})"),
            Lines{"spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"});
  EXPECT_EQ(created("", "namespaces", R"({"spec":{"finalizers":["kubernetes","odd"]}})"),
            Lines{"spec.finalizers: Invalid value: \"odd\": name is neither a standard "
                  "finalizer name nor is it fully qualified"});
  EXPECT_EQ(created("", "events", R"({"involvedObject":{"namespace":"elsewhere"}})"),
            Lines{"involvedObject.namespace: Invalid value: \"elsewhere\": does not match "
                  "event.namespace"});
  EXPECT_EQ(created("scheduling.k8s.io", "priorityclasses", R"({"value":1000000001})").size(), 1u);
  EXPECT_EQ(created("scheduling.k8s.io", "priorityclasses", R"({"value":1000000000})"), Lines{});
  EXPECT_EQ(created("policy", "poddisruptionbudgets",
                    R"({"spec":{"minAvailable":1,"maxUnavailable":"10%"}})")
                .size(),
            1u);
  EXPECT_EQ(created("autoscaling", "horizontalpodautoscalers",
                    R"({"spec":{"maxReplicas":0,"scaleTargetRef":{"kind":"D","name":"d"}}})"),
            (Lines{"spec.maxReplicas: Invalid value: 0: must be greater than 0",
                   "spec.maxReplicas: Invalid value: 0: must be greater than or equal to "
                   "`minReplicas`"}));
}

TEST(Rules, AcceptKindsWithoutDefaultsToo) {
  EXPECT_EQ(created_raw("", "serviceaccounts", "{}"), Lines{});
}

TEST(StatusUpdate, ChecksMetadataOnly) {
  const catalog::Resource& pods = resource("", "pods");
  const object::Json old = with_metadata(pods, R"({"spec":{"containers":[]}})");
  const object::Json now = with_metadata(pods, R"({"spec":{},"status":{"phase":"Running"}})");
  EXPECT_TRUE(validate_status_update(pods, now, old).empty());
}

}  // namespace
}  // namespace limen::validation
