#include "cluster_scoped.h"

#include <algorithm>
#include <array>
#include <utility>

namespace limen::deny_list {

namespace {

using Resource = std::pair<std::string_view, std::string_view>;  // API group, resource

// Sorted. Only what can be listed matters.
constexpr auto kClusterScoped = std::to_array<Resource>({
    {"", "componentstatuses"},
    {"", "namespaces"},
    {"", "nodes"},
    {"", "persistentvolumes"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicies"},
    {"admissionregistration.k8s.io", "mutatingadmissionpolicybindings"},
    {"admissionregistration.k8s.io", "mutatingwebhookconfigurations"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicies"},
    {"admissionregistration.k8s.io", "validatingadmissionpolicybindings"},
    {"admissionregistration.k8s.io", "validatingwebhookconfigurations"},
    {"apiextensions.k8s.io", "customresourcedefinitions"},
    {"apiregistration.k8s.io", "apiservices"},
    {"certificates.k8s.io", "certificatesigningrequests"},
    {"certificates.k8s.io", "clustertrustbundles"},
    {"flowcontrol.apiserver.k8s.io", "flowschemas"},
    {"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"},
    {"internal.apiserver.k8s.io", "storageversions"},
    {"networking.k8s.io", "ingressclasses"},
    {"networking.k8s.io", "ipaddresses"},
    {"networking.k8s.io", "servicecidrs"},
    {"node.k8s.io", "runtimeclasses"},
    {"rbac.authorization.k8s.io", "clusterrolebindings"},
    {"rbac.authorization.k8s.io", "clusterroles"},
    {"resource.k8s.io", "deviceclasses"},
    {"resource.k8s.io", "devicetaintrules"},
    {"resource.k8s.io", "resourcepoolstatusrequests"},
    {"resource.k8s.io", "resourceslices"},
    {"scheduling.k8s.io", "priorityclasses"},
    {"storage.k8s.io", "csidrivers"},
    {"storage.k8s.io", "csinodes"},
    {"storage.k8s.io", "storageclasses"},
    {"storage.k8s.io", "volumeattachments"},
    {"storage.k8s.io", "volumeattributesclasses"},
    {"storagemigration.k8s.io", "storageversionmigrations"},
});
static_assert(std::is_sorted(kClusterScoped.begin(), kClusterScoped.end()));

}  // namespace

bool is_cluster_scoped(std::string_view api_group, std::string_view resource) {
  return std::binary_search(kClusterScoped.begin(), kClusterScoped.end(),
                            Resource(api_group, resource));
}

}  // namespace limen::deny_list
