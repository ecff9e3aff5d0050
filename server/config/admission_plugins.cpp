#include "config/admission_plugins.h"

#include <algorithm>

#include "base/strings.h"
#include "config/findings.h"

namespace limen::config {

namespace {

using std::chrono::seconds;

constexpr bool kOn = true;
constexpr bool kOff = false;
constexpr bool kGated = true;
constexpr Duration kShort = seconds(10);
constexpr Duration kLong = seconds(30);  // of those that wait for somebody else's server

constexpr AdmissionPlugin kPlugins[] = {
    {"AlwaysAdmit", "always-admit", kOff},
    {"NamespaceAutoProvision", "namespace-auto-provision", kOff},
    {"NamespaceLifecycle", "namespace-lifecycle", kOn},
    {"NamespaceExists", "namespace-exists", kOff},
    {"LimitPodHardAntiAffinityTopology", "limit-pod-hard-anti-affinity-topology", kOff},
    {"LimitRanger", "limit-ranger", kOn},
    {"ServiceAccount", "service-account", kOn},
    {"NodeRestriction", "node-restriction", kOff},
    {"TaintNodesByCondition", "taint-nodes-by-condition", kOn},
    {"AlwaysPullImages", "always-pull-images", kOff},
    {"ImagePolicyWebhook", "image-policy-webhook", kOff, kLong},
    {"PodSecurity", "pod-security", kOn},
    {"PodNodeSelector", "pod-node-selector", kOff, kShort, "podNodeSelectorPluginConfig"},
    {"Priority", "priority", kOn},
    {"DefaultTolerationSeconds", "default-toleration-seconds", kOn},
    {"PodTolerationRestriction", "pod-toleration-restriction", kOff},
    {"EventRateLimit", "event-rate-limit", kOff},
    {"ExtendedResourceToleration", "extended-resource-toleration", kOff},
    {"DefaultStorageClass", "default-storage-class", kOn},
    {"StorageObjectInUseProtection", "storage-object-in-use-protection", kOn},
    {"PodGroupProtection", "", kOn, kShort, {}, kGated},
    {"OwnerReferencesPermissionEnforcement", "owner-references-permission-enforcement", kOff},
    {"PersistentVolumeClaimResize", "persistent-volume-claim-resize", kOn},
    {"RuntimeClass", "runtime-class", kOn},
    {"CertificateApproval", "certificate-approval", kOn},
    {"CertificateSigning", "certificate-signing", kOn},
    {"ClusterTrustBundleAttest", "cluster-trust-bundle-attest", kOn},
    {"CertificateSubjectRestriction", "certificate-subject-restriction", kOn},
    {"DefaultIngressClass", "default-ingress-class", kOn},
    {"DenyServiceExternalIPs", "deny-service-external-ips", kOff},
    {"PodTopologyLabels", "pod-topology-labels", kOn},
    {"PodGroupWorkloadExists", "", kOn, kShort, {}, kGated},
    {"NodeDeclaredFeatureValidator", "", kOn, kShort, {}, kGated},
    {"JobValidation", "", kOn, kShort, {}, kGated},
    {"PodResizeValidator", "pod-resize-validator", kOn},
    {"MutatingAdmissionPolicy", "", kOn},
    {"MutatingAdmissionWebhook", "mutating-webhook", kOn, kLong},
    {"ValidatingAdmissionPolicy", "", kOn},
    {"ValidatingAdmissionWebhook", "validating-webhook", kOn, kLong},
    {"ResourceQuota", "resource-quota", kOn},
    {"AlwaysDeny", "always-deny", kOff},
};

// What configurations of older clusters still name, the release that came without it, and what
// does its work since; empty: nothing does.
struct RemovedPlugin {
  std::string_view name, release, successor;
};
constexpr RemovedPlugin kRemoved[] = {
    {"AdmissionInitialResources", "1.11", ""},
    {"DenyEscalatingExec", "1.21", ""},
    {"DenyExecOnPrivileged", "1.21", ""},
    {"GenericAdmissionWebhook", "1.9", "ValidatingAdmissionWebhook"},
    {"InitialResources", "1.11", ""},
    {"Initializers", "1.14", "MutatingAdmissionWebhook"},
    {"PersistentVolumeLabel", "1.31", ""},
    {"PodPreset", "1.20", "MutatingAdmissionWebhook"},
    {"PodSecurityPolicy", "1.25", "PodSecurity"},
    {"PVCProtection", "1.10", "StorageObjectInUseProtection"},
    {"SecurityContextDeny", "1.30", "PodSecurity"},
};

const RemovedPlugin* removed_plugin(std::string_view name) {
  const auto* found = std::find_if(std::begin(kRemoved), std::end(kRemoved),
                                   [&](const RemovedPlugin& each) { return each.name == name; });
  return found == std::end(kRemoved) ? nullptr : found;
}

// The names that could be meant, in the spelling of the one that was given.
std::vector<std::string> usable_names(bool plugin_like) {
  std::vector<std::string> out;
  for (const AdmissionPlugin& plugin : kPlugins) {
    if (!plugin.module.empty()) out.emplace_back(plugin_like ? plugin.name : plugin.module);
  }
  return out;
}

}  // namespace

std::span<const AdmissionPlugin> admission_plugins() { return kPlugins; }

const AdmissionPlugin* plugin_named(std::string_view name) {
  for (const AdmissionPlugin& plugin : kPlugins) {
    if (plugin.name == name) return &plugin;
  }
  return plugin_of_module(name);
}

const AdmissionPlugin* plugin_of_module(std::string_view module) {
  if (module.empty()) return nullptr;
  for (const AdmissionPlugin& plugin : kPlugins) {
    if (plugin.module == module) return &plugin;
  }
  return nullptr;
}

bool is_plugin_like(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_removed_plugin(std::string_view name) { return removed_plugin(name) != nullptr; }

std::string plugin_problem(std::string_view name) {
  if (const AdmissionPlugin* plugin = plugin_named(name)) {
    if (!plugin->module.empty()) return {};
    return "the admission plugin " + base::go_quote(name) +
           " of kube-apiserver has no module in Limen" +
           (plugin->gated ? ": it does nothing there unless a feature that is off by default is on"
                          : "");
  }
  if (const RemovedPlugin* removed = removed_plugin(name)) {
    std::string out = "the admission plugin " + base::go_quote(name) +
                      " was removed in Kubernetes " + std::string(removed->release);
    if (!removed->successor.empty()) out += "; see " + std::string(removed->successor);
    return out;
  }
  return "there is no admission plugin " + base::go_quote(name) +
         suggestion(name, usable_names(is_plugin_like(name)));
}

}  // namespace limen::config
