#include "api_references.h"

#include <algorithm>
#include <array>
#include <limen/cpp/pods.hpp>
#include <string_view>

#include "common/go_quote.h"

namespace limen::node_restriction {

namespace {

// Volumes that the node can make by itself, and those that it cannot.
constexpr std::array<std::string_view, 22> kOfTheNode{"awsElasticBlockStore",
                                                      "azureDisk",
                                                      "cephfs",
                                                      "cinder",
                                                      "downwardAPI",
                                                      "emptyDir",
                                                      "fc",
                                                      "flexVolume",
                                                      "flocker",
                                                      "gcePersistentDisk",
                                                      "gitRepo",
                                                      "hostPath",
                                                      "image",
                                                      "iscsi",
                                                      "nfs",
                                                      "photonPersistentDisk",
                                                      "portworxVolume",
                                                      "quobyte",
                                                      "rbd",
                                                      "scaleIO",
                                                      "storageos",
                                                      "vsphereVolume"};

struct Reference {
  const char* source;
  const char* resource;
};
constexpr Reference kOfTheApi[] = {
    {"configMap", "configmaps (via configmap volumes)"},
    {"secret", "secrets (via secret volumes)"},
    {"csi", "csidrivers (via CSI volumes)"},
    {"glusterfs", "endpoints (via glusterFS volumes)"},
    {"persistentVolumeClaim", "persistentvolumeclaims"},
    {"ephemeral", "persistentvolumeclaims (via ephemeral volumes)"},
    {"azureFile", "secrets (via azureFile volumes)"},
};
constexpr Reference kProjected[] = {
    {"configMap", "configmaps (via projected volumes)"},
    {"secret", "secrets (via projected volumes)"},
    {"serviceAccountToken", "serviceaccounts (via projected volumes)"},
    {"clusterTrustBundle", "clustertrustbundles"},
    {"podCertificate", "podcertificates"},
};

template <std::size_t N>
std::string first_of(const Reference (&table)[N], const Node& source) {
  for (const Reference& row : table)
    if (source[row.source]) return row.resource;
  return {};
}

ApiReference of_projected(const Node& volume, const std::string& name) {
  for (const auto& [index, source] : volume.at("/projected/sources")) {
    std::string resource = first_of(kProjected, source);
    if (!resource.empty()) return {std::move(resource), {}};
    if (!source["downwardAPI"]) {
      return {{}, "unknown source for projected volume " + plugins::go_quote(name)};
    }
  }
  return {};
}

ApiReference of_volume(const Node& volume) {
  const std::string name = volume["name"].string_or("");
  std::string resource = first_of(kOfTheApi, volume);
  if (!resource.empty()) return {std::move(resource), {}};
  if (volume["projected"]) return of_projected(volume, name);
  const bool is_known =
      std::any_of(kOfTheNode.begin(), kOfTheNode.end(),
                  [&](std::string_view kind) { return static_cast<bool>(volume[kind]); });
  if (is_known) return {};
  return {{}, "unknown volume type for volume " + plugins::go_quote(name)};
}

}  // namespace

ApiReference find_api_reference(const Node& pod) {
  const Node spec = pod["spec"];
  bool has_account = false;
  bool has_secret = false;
  bool has_config_map = false;
  if (const auto place = pod_of("", "pods", pod)) {
    each_reference(*place, [&](PodReference kind, std::string_view, const std::string&) {
      has_account = has_account || kind == PodReference::service_account;
      has_secret = has_secret || kind == PodReference::secret;
      has_config_map = has_config_map || kind == PodReference::config_map;
    });
  }
  if (has_account) return {"serviceaccounts", {}};
  if (has_secret) return {"secrets", {}};
  if (has_config_map) return {"configmaps", {}};
  if (spec["resourceClaims"].size() > 0) return {"resourceclaims", {}};
  for (const auto& [index, volume] : spec["volumes"]) {
    ApiReference found = of_volume(volume);
    if (!found.resource.empty() || !found.error.empty()) return found;
  }
  return {};
}

}  // namespace limen::node_restriction
