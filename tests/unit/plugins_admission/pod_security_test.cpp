// pod-security: every control of the Pod Security Standards, with a pod that passes and one that
// fails, through each list of containers; and what namespaces, workloads and exemptions make of it.
#include "support.h"

namespace limen::testkit {
namespace {

class PodSecurity : public testing::Test {
 protected:
  static void label(Instance& of, const std::string& labels, const std::string& ns = "x") {
    of.host().put("", "namespaces",
                  json(R"({"metadata":{"name":")" + ns + R"(","labels":{)" + labels + "}}}"));
  }
  void enforce(const std::string& level, const std::string& version = "latest") {
    label(controller, R"("pod-security.kubernetes.io/enforce":")" + level +
                          R"(","pod-security.kubernetes.io/enforce-version":")" + version + "\"");
  }
  static Review pod(const std::string& spec, const std::string& annotations = "{}") {
    return of("pods",
              json(R"({"metadata":{"annotations":)" + annotations + R"(},"spec":)" + spec + "}"));
  }
  std::string judge(const std::string& spec, const std::string& annotations = "{}") {
    return controller.validate(pod(spec, annotations)).message;
  }
  // A pod with one container "a" that has this security context.
  static std::string one(const std::string& context, const char* list = "containers") {
    return "{\"" + std::string(list) + R"(":[{"name":"a","securityContext":)" + context + "}]}";
  }
  Module module = load("pod-security");
  Instance controller{module};
};

// ---- the baseline: control, a spec that fails, what is said of it, a spec that passes

struct Control {
  const char* fails;
  const char* said;
  const char* passes;
};

constexpr Control kBaselineControls[] = {
    {R"({"hostNetwork":true,"hostPID":true,"hostIPC":true})",
     "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)", R"({"hostNetwork":false})"},
    {R"({"containers":[{"name":"a","securityContext":{"privileged":true}}]})",
     R"(privileged (container "a" must not set securityContext.privileged=true))",
     R"({"containers":[{"name":"a","securityContext":{"privileged":false}}]})"},
    {R"({"containers":[{"name":"a","securityContext":{"capabilities":{"add":["NET_ADMIN","KILL","BPF"]}}}]})",
     R"(non-default capabilities (container "a" must not include "BPF", "NET_ADMIN" in securityContext.capabilities.add))",
     R"({"containers":[{"name":"a","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE","CHOWN"]}}}]})"},
    {R"({"volumes":[{"name":"v","hostPath":{"path":"/"}},{"name":"w","hostPath":{"path":"/"}}]})",
     R"(hostPath volumes (volumes "v", "w"))", R"({"volumes":[{"name":"v","emptyDir":{}}]})"},
    {R"({"containers":[{"name":"a","ports":[{"hostPort":80},{"hostPort":8080}]},{"name":"b","ports":[{"hostPort":80}]}]})",
     R"(hostPort (containers "a", "b" use hostPorts 80, 8080))",
     R"({"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":0}]}]})"},
    {R"({"securityContext":{"appArmorProfile":{"type":"Unconfined"}}})",
     R"(forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined"))",
     R"({"securityContext":{"appArmorProfile":{"type":"RuntimeDefault"}}})"},
    {R"({"securityContext":{"seLinuxOptions":{"type":"spc_t","user":"u","role":"r"}}})",
     R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set))",
     R"({"securityContext":{"seLinuxOptions":{"type":"container_engine_t","level":"s0"}}})"},
    {R"({"containers":[{"name":"a","securityContext":{"procMount":"Unmasked"}}]})",
     R"(procMount (container "a" must not set securityContext.procMount to "Unmasked"))",
     R"({"hostUsers":false,"containers":[{"name":"a","securityContext":{"procMount":"Unmasked"}}]})"},
    {R"({"securityContext":{"seccompProfile":{"type":"Unconfined"}},"containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]})",
     R"(seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined"))",
     R"({"securityContext":{"seccompProfile":{"type":"Localhost"}}})"},
    {R"({"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"},{"name":"net.core.somaxconn","value":"1"}]}})",
     "forbidden sysctls (kernel.msgmax, net.core.somaxconn)",
     R"({"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_rmem","value":"1"}]}})"},
    {R"({"securityContext":{"windowsOptions":{"hostProcess":true}}})",
     "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
     R"({"securityContext":{"windowsOptions":{"hostProcess":false}}})"},
    {R"({"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"10.0.0.1"}},"lifecycle":{"preStop":{"tcpSocket":{"host":"b"}}}}]})",
     R"(probe or lifecycle host (container "a" uses probe or lifecycle hosts "10.0.0.1", "b"))",
     R"({"containers":[{"name":"a","livenessProbe":{"httpGet":{"path":"/"}}}]})"},
};

TEST_F(PodSecurity, EveryControlOfTheBaselineRefusesAndAdmits) {
  for (const Control& control : kBaselineControls) {
    enforce("baseline");
    EXPECT_EQ(judge(control.fails),
              "violates PodSecurity \"baseline:latest\": " + std::string(control.said));
    EXPECT_EQ(judge(control.passes), "") << control.passes;
    enforce("privileged");
    EXPECT_EQ(judge(control.fails), "") << control.fails;
  }
}

// A container that satisfies every control of `restricted`.
constexpr const char* kHardened =
    R"({"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,)"
    R"("seccompProfile":{"type":"RuntimeDefault"}})";

std::string hardened(const std::string& more) {
  std::string context(kHardened);
  context.pop_back();
  return R"({"containers":[{"name":"a","securityContext":)" + context + more + "}}]}";
}

TEST_F(PodSecurity, EveryControlOfRestrictedRefusesAndAdmits) {
  enforce("restricted");
  const std::string start = "violates PodSecurity \"restricted:latest\": ";
  EXPECT_EQ(judge(one(kHardened)), "");
  EXPECT_EQ(
      judge(one("{}")),
      start +
          R"(allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), )"
          R"(unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), )"
          R"(runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), )"
          R"(seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))");
  EXPECT_EQ(judge(hardened(R"(,"runAsUser":0)")),
            start + R"(runAsUser=0 (container "a" must not set runAsUser=0))");
  EXPECT_EQ(judge(hardened(R"(,"runAsUser":1000)")), "");
  EXPECT_EQ(
      judge(
          R"({"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"a",)"
          R"("securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"],"add":["CHOWN"]},"runAsNonRoot":false}}]})"),
      start +
          R"(unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add), )"
          R"(runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false))");
  std::string volumes = one(kHardened);
  volumes.pop_back();
  EXPECT_EQ(judge(volumes + R"(,"volumes":[{"name":"v","nfs":{}},{"name":"w","secret":{}}]})"),
            start + R"(restricted volume types (volume "v" uses restricted volume type "nfs"))");
}

TEST_F(PodSecurity, InitAndEphemeralContainersAreHeldToTheSame) {
  enforce("baseline");
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    EXPECT_NE(judge(one(R"({"privileged":true})", list)), "") << list;
  }
  enforce("restricted");
  for (const char* list : {"initContainers", "containers", "ephemeralContainers"}) {
    EXPECT_NE(judge(one("{}", list)), "") << list;
    EXPECT_EQ(judge(one(kHardened, list)), "") << list;
  }
}

TEST_F(PodSecurity, RestrictedIncludesTheBaselineOnce) {
  enforce("restricted");
  const std::string said = judge(hardened(R"(,"privileged":true)"));
  EXPECT_EQ(
      said,
      R"(violates PodSecurity "restricted:latest": privileged (container "a" must not set securityContext.privileged=true))");
  // A host path is told as a restricted volume only.
  std::string volumes = one(kHardened);
  volumes.pop_back();
  EXPECT_EQ(
      judge(volumes + R"(,"volumes":[{"name":"v","hostPath":{}}]})"),
      R"(violates PodSecurity "restricted:latest": restricted volume types (volume "v" uses restricted volume type "hostPath"))");
}

TEST_F(PodSecurity, AnOlderVersionKnowsFewerControls) {
  const std::string probe =
      R"({"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"h"}}}]})";
  enforce("baseline", "v1.33");
  EXPECT_EQ(judge(probe), "");
  enforce("baseline", "v1.34");
  EXPECT_NE(judge(probe), "");
  const std::string sysctl =
      R"({"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_rmem","value":"1"}]}})";
  enforce("baseline", "v1.31");
  EXPECT_NE(judge(sysctl), "");
  enforce("baseline", "v1.32");
  EXPECT_EQ(judge(sysctl), "");
  enforce("restricted", "v1.7");
  EXPECT_EQ(judge(one(R"({"runAsNonRoot":true})")), "");
  enforce("baseline", "v1.18");
  EXPECT_EQ(
      judge("{}", R"({"seccomp.security.alpha.kubernetes.io/pod":"unconfined"})"),
      R"(violates PodSecurity "baseline:v1.18": seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined"))");
}

TEST_F(PodSecurity, WindowsPodsNeedNotSayWhatWindowsDoesNotHave) {
  enforce("restricted");
  std::string windows = one(R"({"runAsNonRoot":true})");
  windows.pop_back();
  EXPECT_EQ(judge(windows + R"(,"os":{"name":"windows"}})"), "");
}

// ---- warnings, audit, workloads

TEST_F(PodSecurity, WarningsAndAuditDoNotRefuse) {
  label(
      controller,
      R"("pod-security.kubernetes.io/warn":"baseline","pod-security.kubernetes.io/audit":"baseline")");
  const Reply reply = controller.validate(pod(R"({"hostNetwork":true})"));
  EXPECT_TRUE(reply.admitted());
  const std::string said =
      "would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)";
  EXPECT_EQ(reply.warnings, (std::vector<std::string>{said}));
  ASSERT_EQ(reply.annotations.size(), 2U);
  EXPECT_EQ(reply.annotations[0].first, "pod-security.kubernetes.io/enforce-policy");
  EXPECT_EQ(reply.annotations[0].second, "privileged:latest");
  EXPECT_EQ(reply.annotations[1].first, "pod-security.kubernetes.io/audit-violations");
  EXPECT_EQ(reply.annotations[1].second, said);
}

TEST_F(PodSecurity, WhoEnforcesIsWarnedOfTheSameThroughWorkloads) {
  enforce("baseline");
  for (const auto& [group, resource, object] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"apps", "deployments", R"({"spec":{"template":{"spec":{"hostNetwork":true}}}})"},
           {"batch", "cronjobs",
            R"({"spec":{"jobTemplate":{"spec":{"template":{"spec":{"hostNetwork":true}}}}}})"}}) {
    const Reply reply = controller.validate(in_group(group, resource, json(object)));
    EXPECT_TRUE(reply.admitted());
    ASSERT_EQ(reply.warnings.size(), 1U) << resource;
    EXPECT_EQ(reply.warnings[0],
              "would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)");
  }
}

// ---- updates

TEST_F(PodSecurity, AnUpdateIsLookedAtWhenSomethingThatCountsChanges) {
  enforce("baseline");
  const auto change = [&](const std::string& from, const std::string& to,
                          const std::string& subresource = "") {
    Review review =
        update("pods", json(R"({"spec":)" + from + "}"), json(R"({"spec":)" + to + "}"));
    review.action.subresource = subresource;
    return controller.validate(review).denied;
  };
  const std::string bad = R"({"hostNetwork":true,"containers":[{"name":"a","image":"1"}]})";
  EXPECT_FALSE(change(bad, bad));
  EXPECT_TRUE(change(bad, R"({"hostNetwork":true,"containers":[{"name":"a","image":"2"}]})"));
  const std::string debugged =
      R"({"hostNetwork":true,"containers":[{"name":"a","image":"1"}],"ephemeralContainers":[{"name":"e"}]})";
  EXPECT_TRUE(change(bad, debugged, "ephemeralcontainers"));
  EXPECT_FALSE(change(bad, debugged, "status"));
}

// ---- namespaces

TEST_F(PodSecurity, LabelsOfANamespaceHaveToBeReadable) {
  const auto create = [&](const std::string& labels) {
    Review review =
        of("namespaces", json(R"({"metadata":{"name":"n","labels":{)" + labels + "}}}"));
    return controller.validate(review);
  };
  EXPECT_FALSE(create(R"("pod-security.kubernetes.io/enforce":"baseline")").denied);
  const Reply bad = create(R"("pod-security.kubernetes.io/enforce":"strict")");
  EXPECT_EQ(bad.code, 422);
  EXPECT_EQ(
      bad.message,
      R"(Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted)");
  EXPECT_EQ(bad.cause_fields,
            std::vector<std::string>{"metadata.labels[pod-security.kubernetes.io/enforce]"});
  ASSERT_EQ(bad.causes.size(), 1U);
  EXPECT_EQ(bad.causes[0].first, "FieldValueInvalid");
  EXPECT_EQ(bad.causes[0].second,
            R"(Invalid value: "strict": must be one of privileged, baseline, restricted)");
  EXPECT_TRUE(create(R"("pod-security.kubernetes.io/warn-version":"1.30")").denied);
  EXPECT_TRUE(create(R"("pod-security.kubernetes.io/warn-version":"v1.030")").denied);
  EXPECT_TRUE(create(R"("pod-security.kubernetes.io/warn-version":"v2.0")").denied);
}

TEST_F(PodSecurity, ALabelThatCannotBeReadEnforcesTheStrictest) {
  enforce("strict");
  EXPECT_TRUE(controller.validate(pod(one("{}"))).denied);
}

TEST_F(PodSecurity, AStricterNamespaceTellsOfThePodsItHas) {
  const auto put = [&](const std::string& name, const std::string& spec) {
    controller.host().put(
        "", "pods",
        json(R"({"metadata":{"name":")" + name + R"(","namespace":"n"},"spec":)" + spec + "}"));
  };
  put("c", R"({"hostNetwork":true})");
  put("b", R"({"hostPID":true})");
  put("a", R"({"hostNetwork":true,"hostPID":true})");
  put("d", R"({"containers":[{"name":"x","securityContext":{"privileged":true}}]})");
  put("e", "{}");
  const auto make = [](const std::string& level) {
    return json(R"({"metadata":{"name":"n","labels":{"pod-security.kubernetes.io/enforce":")" +
                level + R"("}}})");
  };
  Review review = update("namespaces", make("privileged"), make("baseline"));
  review.action.ns = "n";
  EXPECT_EQ(
      controller.validate(review).warnings,
      (std::vector<std::string>{
          R"(existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest")",
          "a (and 2 other pods): host namespaces", "d: privileged"}));
  review = update("namespaces", make("restricted"), make("baseline"));
  EXPECT_TRUE(controller.validate(review).warnings.empty());
}

// ---- exemptions and defaults

TEST_F(PodSecurity, TheConfigExemptsAndSetsDefaults) {
  Instance strict(module, {.config = {{"defaults", {{"enforce", "baseline"}}},
                                      {"exemptions",
                                       {{"usernames", {"system:builder"}},
                                        {"namespaces", {"kube-system"}},
                                        {"runtimeClasses", {"kata"}}}}}});
  label(strict, "");
  label(strict, "", "kube-system");
  Review bad = pod(R"({"hostNetwork":true})");
  EXPECT_TRUE(strict.validate(bad).denied);
  bad.action.ns = "kube-system";
  EXPECT_FALSE(strict.validate(bad).denied);
  bad.action.ns = "x";
  bad.action.user.name = "system:builder";
  const Reply exempt = strict.validate(bad);
  EXPECT_FALSE(exempt.denied);
  ASSERT_EQ(exempt.annotations.size(), 1U);
  EXPECT_EQ(exempt.annotations[0].second, "user");
  EXPECT_FALSE(strict.validate(pod(R"({"hostNetwork":true,"runtimeClassName":"kata"})")).denied);
}

// A level in a label says nothing of the version, nor a level that is enforced of the version in
// which is warned.
TEST_F(PodSecurity, WhatALabelDoesNotSayIsAsBefore) {
  Instance old(module, {.config = {{"defaults", {{"enforce-version", "v1.10"}}}}});
  label(old, R"("pod-security.kubernetes.io/enforce":"baseline",)"
             R"("pod-security.kubernetes.io/warn-version":"v1.20")");
  const Reply reply = old.validate(pod(R"({"hostNetwork":true})"));
  EXPECT_EQ(reply.message,
            R"(violates PodSecurity "baseline:v1.10": host namespaces (hostNetwork=true))");
  const Reply warned = old.validate(
      in_group("apps", "deployments", json(R"({"spec":{"template":{"spec":{"hostPID":true}}}})")));
  ASSERT_EQ(warned.warnings.size(), 1U);
  EXPECT_EQ(warned.warnings[0],
            R"(would violate PodSecurity "baseline:v1.20": host namespaces (hostPID=true))");
}

TEST_F(PodSecurity, LabelsOfAnExemptNamespaceAreToldToBeInVain) {
  Instance exempts(module, {.config = {{"exemptions", {{"namespaces", {"spared"}}}}}});
  const auto labeled = [](const std::string& name, const std::string& labels) {
    return json(R"({"metadata":{"name":")" + name + R"(","labels":{)" + labels + "}}}");
  };
  const std::string enforce = R"("pod-security.kubernetes.io/enforce":"baseline")";
  const std::string warn = R"(,"pod-security.kubernetes.io/warn":"restricted",)"
                           R"("pod-security.kubernetes.io/warn-version":"v1.30")";
  const auto told = [](const std::string& policy) {
    return std::vector<std::string>{
        "namespace \"spared\" is exempt from Pod Security, and the policy (" + policy +
        ") will be ignored"};
  };
  const auto create = [&](const std::string& name, const std::string& labels) {
    return exempts.validate(of("namespaces", labeled(name, labels))).warnings;
  };
  EXPECT_EQ(create("spared", enforce), told("enforce=baseline:latest"));
  EXPECT_EQ(create("spared", enforce + warn),
            told("enforce=baseline:latest, warn=restricted:v1.30"));
  EXPECT_TRUE(create("spared", "").empty());
  EXPECT_TRUE(create("other", enforce).empty());
  const auto change = [&](const std::string& from, const std::string& to) {
    return exempts.validate(update("namespaces", labeled("spared", from), labeled("spared", to)))
        .warnings;
  };
  EXPECT_EQ(change("", enforce), told("enforce=baseline:latest"));
  EXPECT_TRUE(change(enforce, enforce).empty());
  EXPECT_TRUE(change(enforce, "").empty());
}

TEST_F(PodSecurity, AVersionInTheConfigThatIsNoneIsSaidWhereItStands) {
  const auto findings = module.check({{"defaults", {{"warn-version", "1.30"}}}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].pointer, "/defaults/warn-version");
}

TEST_F(PodSecurity, ANamespaceThatIsNotThereIsAnError) {
  const Reply reply = controller.validate(pod("{}"));
  EXPECT_EQ(reply.code, 500);
  EXPECT_EQ(reply.message, R"(failed to lookup namespace "x")");
}

}  // namespace
}  // namespace limen::testkit
