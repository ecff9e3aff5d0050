// kube-apiserver's names of admission plugins, and the chain that a configuration makes of them.
#include "config/admission_chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "config/load.h"

namespace limen::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";

Loaded load(const std::string& body) {
  return load_text(std::string(kHead) + body, "limen.yaml", {});
}

// The only problem of `body`, whose first line is line 3.
std::string problem(const std::string& body) {
  const Loaded loaded = load(body);
  std::string all;
  for (const std::string& each : loaded.problems()) all += (all.empty() ? "" : "\n") + each;
  return all;
}

// The names of the instances, in the order of asking.
std::vector<std::string> chain(const std::string& body) {
  const Loaded loaded = load(body);
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.problems()[0]);
  std::vector<std::string> out;
  for (const ModuleEntry& entry : loaded.configuration.admission) out.push_back(entry.name);
  return out;
}

// What kube-apiserver has on by default and comes with a module, in its order.
std::vector<std::string> defaults() {
  std::vector<std::string> out;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    if (plugin.on_by_default()) out.emplace_back(plugin.module);
  }
  return out;
}

std::vector<std::string> without(std::vector<std::string> list, const std::string& name) {
  std::erase(list, name);
  return list;
}

std::vector<std::string> with_before(std::vector<std::string> list, const std::string& before,
                                     const std::string& name) {
  list.insert(std::find(list.begin(), list.end(), before), name);
  return list;
}

const ModuleEntry& entry_of(const Loaded& loaded, std::string_view name) {
  const auto& all = loaded.configuration.admission;
  return *std::find_if(all.begin(), all.end(),
                       [&](const ModuleEntry& each) { return each.name == name; });
}

// ---- the table

TEST(AdmissionPluginsTest, TheTableIsKubeApiserversListInItsOrder) {
  std::string all, on;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    all += std::string(plugin.name) + ' ';
    if (plugin.on) on += std::string(plugin.name) + ' ';
  }
  EXPECT_EQ(all,
            "AlwaysAdmit NamespaceAutoProvision NamespaceLifecycle NamespaceExists "
            "LimitPodHardAntiAffinityTopology LimitRanger ServiceAccount NodeRestriction "
            "TaintNodesByCondition AlwaysPullImages ImagePolicyWebhook PodSecurity PodNodeSelector "
            "Priority DefaultTolerationSeconds PodTolerationRestriction EventRateLimit "
            "ExtendedResourceToleration DefaultStorageClass StorageObjectInUseProtection "
            "PodGroupProtection OwnerReferencesPermissionEnforcement PersistentVolumeClaimResize "
            "RuntimeClass CertificateApproval CertificateSigning ClusterTrustBundleAttest "
            "CertificateSubjectRestriction DefaultIngressClass DenyServiceExternalIPs "
            "PodTopologyLabels PodGroupWorkloadExists NodeDeclaredFeatureValidator JobValidation "
            "PodResizeValidator MutatingAdmissionPolicy MutatingAdmissionWebhook "
            "ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota AlwaysDeny ");
  EXPECT_EQ(on,
            "NamespaceLifecycle LimitRanger ServiceAccount TaintNodesByCondition PodSecurity "
            "Priority DefaultTolerationSeconds DefaultStorageClass StorageObjectInUseProtection "
            "PodGroupProtection PersistentVolumeClaimResize RuntimeClass CertificateApproval "
            "CertificateSigning ClusterTrustBundleAttest CertificateSubjectRestriction "
            "DefaultIngressClass PodTopologyLabels PodGroupWorkloadExists "
            "NodeDeclaredFeatureValidator JobValidation PodResizeValidator MutatingAdmissionPolicy "
            "MutatingAdmissionWebhook ValidatingAdmissionPolicy ValidatingAdmissionWebhook "
            "ResourceQuota ");
}

TEST(AdmissionPluginsTest, EveryModuleComesWithLimen) {
  std::set<std::string_view> modules;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    if (plugin.module.empty()) continue;
    EXPECT_TRUE(modules.insert(plugin.module).second) << plugin.module;
    // A folder may also hold a module of the same name and another kind.
    std::ifstream readme(LIMEN_SOURCE_DIR "/plugins/" + std::string(plugin.module) + "/README.md");
    std::stringstream text;
    text << readme.rdbuf();
    EXPECT_NE(text.str().find("dmission controller"), std::string::npos) << plugin.module;
  }
}

TEST(AdmissionPluginsTest, TheTableForOperatorsHasThemAll) {
  std::ifstream file(LIMEN_SOURCE_DIR "/plugins/README.md");
  std::stringstream text;
  text << file.rdbuf();
  std::size_t at = 0;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    if (plugin.module.empty()) {
      EXPECT_NE(text.str().find(plugin.name), std::string::npos) << plugin.name;
      continue;
    }
    const std::string row = "\n| " + std::string(plugin.name) + " | `" +
                            std::string(plugin.module) + "` | " + (plugin.on ? "on" : "off") +
                            " | ";
    const std::size_t found = text.str().find(row, at);
    EXPECT_NE(found, std::string::npos) << row;
    if (found != std::string::npos) at = found;
  }
}

TEST(AdmissionPluginsTest, BothSpellingsAreFoundAndNothingElse) {
  ASSERT_NE(plugin_named("LimitRanger"), nullptr);
  EXPECT_EQ(plugin_named("LimitRanger"), plugin_named("limit-ranger"));
  EXPECT_EQ(plugin_named("limitranger"), nullptr);
  EXPECT_EQ(plugin_named(""), nullptr);
  EXPECT_EQ(plugin_named("ServiceAccount")->module, "service-account");
  EXPECT_EQ(plugin_named("MutatingAdmissionWebhook")->module, "mutating-webhook");
  EXPECT_EQ(plugin_named("ValidatingAdmissionWebhook")->module, "validating-webhook");
}

TEST(AdmissionPluginsTest, WhatKubernetesRemovedIsToldWithTheRelease) {
  const auto told = [](std::string_view name) {
    const std::string text = plugin_problem(name);
    const std::string begin =
        "the admission plugin \"" + std::string(name) + "\" was removed in Kubernetes ";
    return text.starts_with(begin) ? text.substr(begin.size()) : text;
  };
  EXPECT_EQ(told("AdmissionInitialResources"), "1.11");
  EXPECT_EQ(told("DenyEscalatingExec"), "1.21");
  EXPECT_EQ(told("DenyExecOnPrivileged"), "1.21");
  EXPECT_EQ(told("GenericAdmissionWebhook"), "1.9; see ValidatingAdmissionWebhook");
  EXPECT_EQ(told("InitialResources"), "1.11");
  EXPECT_EQ(told("Initializers"), "1.14; see MutatingAdmissionWebhook");
  EXPECT_EQ(told("PersistentVolumeLabel"), "1.31");
  EXPECT_EQ(told("PodPreset"), "1.20; see MutatingAdmissionWebhook");
  EXPECT_EQ(told("PodSecurityPolicy"), "1.25; see PodSecurity");
  EXPECT_EQ(told("PVCProtection"), "1.10; see StorageObjectInUseProtection");
  EXPECT_EQ(told("SecurityContextDeny"), "1.30; see PodSecurity");
  EXPECT_EQ(plugin_problem("LimitPodHardAntiAffinityTopology"), "");
}

TEST(AdmissionPluginsTest, WhatIsAboutAFeatureThatIsOffSaysSo) {
  std::string gated;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    if (plugin.gated) gated += std::string(plugin.name) + " ";
  }
  EXPECT_EQ(
      gated,
      "PodGroupProtection PodGroupWorkloadExists NodeDeclaredFeatureValidator JobValidation ");
  EXPECT_EQ(
      plugin_problem("JobValidation"),
      "the admission plugin \"JobValidation\" of kube-apiserver has no module in Limen: it does "
      "nothing there unless a feature that is off by default is on");
}

// ---- names in the list of admission controllers

TEST(AdmissionNamesTest, KubeApiserversNamesMeanOurModules) {
  const Loaded loaded = load(
      "admission:\n"
      "  - {name: LimitRanger}\n"
      "  - {module: PodNodeSelector}\n"
      "  - {name: hooks, module: ValidatingAdmissionWebhook}\n"
      "  - {module: priority}\n"
      "  - {name: AlwaysDeny, module: AlwaysDeny, mode: shadow}\n"
      "  - {name: acme, module: AcmeGuard}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  std::string seen;
  for (const ModuleEntry& entry : loaded.configuration.admission) {
    seen += entry.name + '=' + entry.module + ' ';
  }
  EXPECT_EQ(seen,
            "limit-ranger=limit-ranger pod-node-selector=pod-node-selector "
            "hooks=validating-webhook priority=priority always-deny=always-deny acme=AcmeGuard ");
}

TEST(AdmissionNamesTest, EveryNameWithAModuleResolves) {
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    const std::string name(plugin.name);
    const Loaded loaded = load("admission: [{name: " + name + "}]\n");
    if (plugin.module.empty()) {
      EXPECT_EQ(problem("admission: [{name: " + name + "}]\n"),
                "limen.yaml:3:20: admission[0].name: the admission plugin \"" + name +
                    "\" of kube-apiserver has no module in Limen" +
                    (plugin.gated
                         ? ": it does nothing there unless a feature that is off by default is on"
                         : ""));
      continue;
    }
    ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
    EXPECT_EQ(loaded.configuration.admission[0].module, plugin.module);
  }
}

TEST(AdmissionNamesTest, AWrongNameIsToldWithItsPlace) {
  EXPECT_EQ(problem("admission:\n  - {name: LimitRangr}\n"),
            "limen.yaml:4:12: admission[0].name: there is no admission plugin \"LimitRangr\" (did "
            "you mean \"LimitRanger\"?)");
  EXPECT_EQ(problem("admission:\n  - {name: a, module: PodSecurityPolicy}\n"),
            "limen.yaml:4:23: admission[0].module: the admission plugin \"PodSecurityPolicy\" was "
            "removed in Kubernetes 1.25; see PodSecurity");
  EXPECT_EQ(problem("admission:\n  - {module: MutatingAdmissionPolicy}\n"),
            "limen.yaml:4:14: admission[0].module: the admission plugin "
            "\"MutatingAdmissionPolicy\" of kube-apiserver has no module in Limen");
  EXPECT_EQ(problem("admission:\n  - {name: LimitRanger, module: acme}\n"),
            "limen.yaml:4:12: admission[0].name: \"LimitRanger\" means the module limit-ranger; "
            "name an instance of another module without capitals");
  EXPECT_NE(problem("admission:\n  - {name: Guard, module: acme}\n")
                .find("limen.yaml:4:12: admission[0].name: must be a DNS subdomain"),
            std::string::npos);
  EXPECT_EQ(problem("admission:\n  - {module: acme}\n"),
            "limen.yaml:4:5: admission[0]: needs a name");
}

TEST(AdmissionNamesTest, OtherListsKnowNoPlugins) {
  EXPECT_NE(problem("authorizers: [{name: AlwaysDeny}]\n").find("must be a DNS subdomain"),
            std::string::npos);
}

TEST(AdmissionNamesTest, ModulesThatWaitForOthersHaveMoreTime) {
  const Loaded loaded = load(
      "admission: [{name: MutatingAdmissionWebhook}, {name: ImagePolicyWebhook}, {name: "
      "Priority},\n"
      "  {name: ValidatingAdmissionWebhook, timeout: 4s}]\n");
  ASSERT_TRUE(loaded.ok());
  const auto& all = loaded.configuration.admission;
  EXPECT_EQ(all[0].timeout, 30s);
  EXPECT_EQ(all[1].timeout, 30s);
  EXPECT_EQ(all[2].timeout, 10s);
  EXPECT_EQ(all[3].timeout, 4s);
}

// ---- the chain

TEST(AdmissionChainTest, SayingNothingIsWhatKubeApiserverDoes) {
  EXPECT_EQ(chain(""), defaults());
  EXPECT_EQ(chain("admissionPlugins: {}\n"), defaults());
  EXPECT_EQ(chain("admissionPlugins:\n"), defaults());
  EXPECT_EQ(chain("admissionPlugins: {enable: [], disable:}\n"), defaults());
  std::vector<std::string> shipped;
  for (const auto& entry :
       load_file(LIMEN_SOURCE_DIR "/conf/limen.yaml", {}).configuration.admission) {
    shipped.push_back(entry.name);
  }
  EXPECT_EQ(shipped, defaults());
  const Loaded loaded = load("");
  EXPECT_EQ(entry_of(loaded, "mutating-webhook").timeout, 30s);
  EXPECT_EQ(entry_of(loaded, "validating-webhook").timeout, 30s);
  EXPECT_EQ(entry_of(loaded, "priority").timeout, 10s);
}

TEST(AdmissionChainTest, AListAloneIsTheWholeChainInItsOwnOrder) {
  EXPECT_EQ(chain("admission: []\n"), std::vector<std::string>{});
  EXPECT_EQ(chain("admission:\n"), std::vector<std::string>{});
  EXPECT_EQ(chain("admission: [{name: Priority}, {name: acme}, {name: LimitRanger}]\n"),
            (std::vector<std::string>{"priority", "acme", "limit-ranger"}));
}

TEST(AdmissionChainTest, EnabledPluginsStandInKubeApiserversOrder) {
  auto expected = with_before(defaults(), "taint-nodes-by-condition", "node-restriction");
  expected = with_before(expected, "priority", "pod-node-selector");
  expected.push_back("always-deny");
  EXPECT_EQ(chain("admissionPlugins:\n"
                  "  enable: [AlwaysDeny, pod-node-selector, NodeRestriction, PodSecurity]\n"),
            expected);
}

TEST(AdmissionChainTest, DisabledPluginsAreLeftOut) {
  EXPECT_EQ(chain("admissionPlugins: {disable: [PodSecurity, limit-ranger]}\n"),
            without(without(defaults(), "pod-security"), "limit-ranger"));
  // Off is off, with a module or without.
  EXPECT_EQ(chain("admissionPlugins: {disable: [MutatingAdmissionPolicy, AlwaysAdmit]}\n"),
            defaults());
}

TEST(AdmissionChainTest, WhateverHasAModuleCanBeEnabled) {
  std::string names;
  std::vector<std::string> expected;
  for (const AdmissionPlugin& plugin : admission_plugins()) {
    if (plugin.module.empty()) continue;
    names += (names.empty() ? "" : ", ") + std::string(plugin.name);
    expected.emplace_back(plugin.module);
  }
  EXPECT_EQ(chain("admissionPlugins: {enable: [" + names + "]}\n"), expected);
}

TEST(AdmissionChainTest, AnEntryTakesThePlaceOfItsPlugin) {
  const Loaded loaded = load(
      "admissionPlugins:\n"
      "admission:\n"
      "  - {name: PodSecurity, timeout: 3s, failurePolicy: Ignore, config: {a: 1}}\n"
      "  - {name: selectors, module: PodNodeSelector}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(chain("admissionPlugins:\n"
                  "admission:\n"
                  "  - {name: PodSecurity, timeout: 3s}\n"
                  "  - {name: selectors, module: PodNodeSelector}\n"),
            with_before(defaults(), "priority", "selectors"));
  const ModuleEntry& entry = entry_of(loaded, "pod-security");
  EXPECT_EQ(entry.timeout, 3s);
  EXPECT_EQ(entry.failure_policy, FailurePolicy::ignore);
  EXPECT_EQ(entry.position.line, 5);
  EXPECT_FALSE(entry.config.is_null());
}

TEST(AdmissionChainTest, ModulesOfOthersStandBeforeTheQuota) {
  const auto all = chain(
      "admissionPlugins: {enable: [ResourceQuota, AlwaysDeny]}\n"
      "admission: [{name: b}, {name: a}]\n");
  ASSERT_GE(all.size(), 5U);
  EXPECT_EQ(
      (std::vector<std::string>(all.end() - 5, all.end())),
      (std::vector<std::string>{"validating-webhook", "b", "a", "resource-quota", "always-deny"}));
}

TEST(AdmissionChainTest, AShadowTakesNoPlace) {
  const auto all = chain(
      "admissionPlugins:\n"
      "admission: [{name: next, module: PodSecurity, mode: shadow}]\n");
  const auto enforced = std::find(all.begin(), all.end(), "pod-security");
  ASSERT_NE(enforced, all.end());
  EXPECT_EQ(*(enforced + 1), "next");
  EXPECT_EQ(problem("admissionPlugins:\nadmission: [{name: PodSecurity, mode: shadow}]\n"),
            "limen.yaml:4:13: admission[0]: the name \"pod-security\" is that of the plugin "
            "PodSecurity, which is on; choose another");
  EXPECT_EQ(problem("admissionPlugins: {disable: [PodSecurity]}\n"
                    "admission: [{name: PodSecurity, mode: shadow}]\n"),
            "");
}

TEST(AdmissionChainTest, ContradictionsAreToldWithBothPlaces) {
  EXPECT_EQ(problem("admissionPlugins:\n  enable: [PodSecurity]\n  disable: [pod-security]\n"),
            "limen.yaml:5:13: admissionPlugins.disable: PodSecurity is enabled on line 4 too; it "
            "can only be one of both");
  EXPECT_EQ(problem("admissionPlugins: {disable: [PodSecurity]}\n"
                    "admission: [{name: PodSecurity}]\n"),
            "limen.yaml:4:13: admission[0]: PodSecurity is disabled by admissionPlugins.disable on "
            "line 3");
  EXPECT_EQ(problem("admissionPlugins:\nadmission: [{name: priority, module: acme}]\n"),
            "limen.yaml:4:13: admission[0]: the name \"priority\" is that of the plugin Priority, "
            "which is on; choose another");
}

TEST(AdmissionChainTest, WrongNamesAreToldWithTheirPlaces) {
  EXPECT_EQ(problem("admissionPlugins: {enable: [NodeRestrictions]}\n"),
            "limen.yaml:3:29: admissionPlugins.enable: there is no admission plugin "
            "\"NodeRestrictions\" (did you mean \"NodeRestriction\"?)");
  EXPECT_EQ(problem("admissionPlugins: {enable: [pod-securty]}\n"),
            "limen.yaml:3:29: admissionPlugins.enable: there is no admission plugin "
            "\"pod-securty\" (did you mean \"pod-security\"?)");
  EXPECT_EQ(problem("admissionPlugins: {enable: [MutatingAdmissionPolicy]}\n"),
            "limen.yaml:3:29: admissionPlugins.enable: the admission plugin "
            "\"MutatingAdmissionPolicy\" of kube-apiserver has no module in Limen");
  EXPECT_EQ(problem("admissionPlugins: {disable: [PodPreset]}\n"),
            "limen.yaml:3:30: admissionPlugins.disable: the admission plugin \"PodPreset\" was "
            "removed in Kubernetes 1.20; see MutatingAdmissionWebhook");
  EXPECT_EQ(problem("admissionPlugins: {enable: [Priority, priority]}\n"),
            "limen.yaml:3:39: admissionPlugins.enable: duplicate name \"priority\"");
}

TEST(AdmissionChainTest, WrongTypesAreToldWithTheirPlaces) {
  EXPECT_EQ(problem("admissionPlugins: [PodSecurity]\n"),
            "limen.yaml:3:19: admissionPlugins: must be a map with the keys enable and disable, "
            "not a list");
  EXPECT_EQ(problem("admissionPlugins: {enable: PodSecurity}\n"),
            "limen.yaml:3:28: admissionPlugins.enable: must be a list of names, not text");
  EXPECT_EQ(problem("admissionPlugins: {enable: [[a]]}\n"),
            "limen.yaml:3:29: admissionPlugins.enable: must be a list of names");
  EXPECT_EQ(
      problem("admissionPlugins: {enabled: []}\n"),
      "limen.yaml:3:20: admissionPlugins: unknown key \"enabled\" (did you mean \"enable\"?)");
}

}  // namespace
}  // namespace limen::config
