#include "references.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "limen/cpp/pods.hpp"

namespace limen::node_authorizer {

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

template <class Value>
void keep_each_once(std::vector<Value>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

class PodReader {
 public:
  explicit PodReader(Node pod) : pod_(pod), spec_(pod["spec"]) {}

  std::vector<Reference> references() {
    const PodPlace place{pod_["metadata"], spec_, {}, {}, false};
    each_reference(place, [&](PodReference kind, std::string_view name, const std::string&) {
      found_.push_back({kind_of(kind), std::string(name)});
    });
    for (const auto& [key, volume] : spec_["volumes"]) {
      // The claim that is made for the pod is named after both.
      if (volume["ephemeral"]) {
        found_.push_back({Kind::claim, pod_.at("/metadata/name").string_or("") + "-" +
                                           volume["name"].string_or("")});
      }
    }
    for (const auto& [key, claim] : spec_["resourceClaims"]) read_resource_claim(claim);
    add(Kind::resource_claim, pod_.at("/status/extendedResourceClaimStatus/resourceClaimName"));
    keep_each_once(found_);
    return std::move(found_);
  }

 private:
  static Kind kind_of(PodReference kind) {
    switch (kind) {
      case PodReference::config_map:
        return Kind::config_map;
      case PodReference::claim:
        return Kind::claim;
      case PodReference::service_account:
        return Kind::service_account;
      case PodReference::secret:
        break;
    }
    return Kind::secret;
  }

  void add(Kind kind, Node name) {
    if (!name.view_or("").empty()) found_.push_back({kind, name.string_or("")});
  }

  // A claim that is made from a template has the name that the pod's status says.
  void read_resource_claim(Node claim) {
    if (claim["resourceClaimName"]) return add(Kind::resource_claim, claim["resourceClaimName"]);
    if (!claim["resourceClaimTemplateName"]) return;
    for (const auto& [key, made] : pod_.at("/status/resourceClaimStatuses")) {
      if (made["name"].view_or("") == claim["name"].view_or("")) {
        add(Kind::resource_claim, made["resourceClaimName"]);
      }
    }
  }

  Node pod_, spec_;
  std::vector<Reference> found_;
};

class VolumeReader {
 public:
  explicit VolumeReader(Node volume)
      : spec_(volume["spec"]), claim_ns_(spec_.at("/claimRef/namespace").string_or("")) {}

  std::vector<SecretName> secrets() {
    const Node azure = spec_["azureFile"];
    add(azure["secretNamespace"], azure["secretName"], claim_ns_);
    for (const char* source : {"cephfs", "flexVolume", "iscsi", "rbd", "scaleIO"}) {
      add_reference(spec_[source]["secretRef"], claim_ns_);
    }
    for (const char* source : {"cinder", "storageos"}) {
      add_reference(spec_[source]["secretRef"], "");
    }
    // The secrets of a CSI volume's controller are not for nodes.
    for (const char* secret :
         {"nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"}) {
      add_reference(spec_["csi"][secret], "");
    }
    keep_each_once(found_);
    return std::move(found_);
  }

 private:
  void add(Node ns, Node name, const std::string& default_ns) {
    if (name.view_or("").empty()) return;
    found_.push_back({ns.view_or("").empty() ? default_ns : ns.string_or(""), name.string_or("")});
  }
  void add_reference(Node reference, const std::string& default_ns) {
    add(reference["namespace"], reference["name"], default_ns);
  }

  Node spec_;
  const std::string claim_ns_;
  std::vector<SecretName> found_;
};

}  // namespace

std::optional<PodUse> read_pod(Node pod) {
  PodUse use{pod.at("/metadata/namespace").string_or(""),
             pod.at("/metadata/name").string_or(""),
             pod.at("/spec/nodeName").string_or(""),
             {}};
  if (use.node.empty()) return std::nullopt;
  if (!pod.at("/metadata/annotations")[kMirror]) use.references = PodReader(pod).references();
  return use;
}

std::optional<VolumeUse> read_volume(Node volume) {
  const Node claim = volume.at("/spec/claimRef");
  if (!claim.is_object()) return std::nullopt;
  return VolumeUse{volume.at("/metadata/name").string_or(""), claim["namespace"].string_or(""),
                   claim["name"].string_or(""), VolumeReader(volume).secrets()};
}

}  // namespace limen::node_authorizer
