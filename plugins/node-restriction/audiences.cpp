#include "audiences.h"

#include <algorithm>
#include <vector>

#include "verdict.h"

namespace limen::node_restriction {

namespace {

// Volume sources from before CSI, and the drivers that serve them.
constexpr struct {
  const char* source;
  const char* driver;
} kMigrated[] = {
    {"awsElasticBlockStore", "ebs.csi.aws.com"}, {"gcePersistentDisk", "pd.csi.storage.gke.io"},
    {"cinder", "cinder.csi.openstack.org"},      {"azureDisk", "disk.csi.azure.com"},
    {"azureFile", "file.csi.azure.com"},         {"vsphereVolume", "csi.vsphere.vmware.com"},
    {"portworxVolume", "pxd.portworx.com"},
};

std::string driver_of_source(const Node& source) {
  if (source["csi"].is_object()) return source.at("/csi/driver").string_or("");
  for (const auto& row : kMigrated)
    if (source[row.source].is_object()) return row.driver;
  return {};
}

bool projects(const Node& volume, std::string_view audience) {
  for (const auto& [index, source] : volume.at("/projected/sources")) {
    const Node token = source["serviceAccountToken"];
    if (token.is_object() && token["audience"].view_or("") == audience) return true;
  }
  return false;
}

// One search. What is not there is noted, and the other volumes are still looked at.
class Search {
 public:
  Search(Host& host, const Node& pod, std::string_view audience)
      : host_(host), pod_(pod), audience_(audience) {}

  Result<AudienceSearch> run() {
    for (const auto& [index, volume] : pod_.at("/spec/volumes")) {
      if (projects(volume, audience_)) return AudienceSearch{true, {}};
      const auto driver = driver_of(volume);
      if (!driver.ok()) return driver.error();
      if (driver->empty()) continue;
      const auto has = driver_has(*driver);
      if (!has.ok()) return has.error();
      if (*has) return AudienceSearch{true, {}};
    }
    return AudienceSearch{false, joined()};
  }

 private:
  // The driver of a volume; empty when it has none, or when it was noted why it is not known.
  Result<std::string> driver_of(const Node& volume) {
    if (volume.at("/ephemeral/volumeClaimTemplate").is_object()) {
      return driver_of_claim(pod_.at("/metadata/name").string_or("") + "-" +
                             volume["name"].string_or(""));
    }
    const Node claim = volume["persistentVolumeClaim"];
    if (claim.is_object()) return driver_of_claim(claim["claimName"].string_or(""));
    return driver_of_source(volume);
  }

  Result<std::string> driver_of_claim(const std::string& name) {
    const auto claim = get(kClaim, pod_.at("/metadata/namespace").view_or(""), name);
    if (!claim.ok()) return claim.error();
    if (!*claim) return std::string();
    const auto volume = get(kVolume, "", (*claim)->at("/spec/volumeName").string_or(""));
    if (!volume.ok()) return volume.error();
    return *volume ? driver_of_source((**volume)["spec"]) : std::string();
  }

  Result<bool> driver_has(const std::string& name) {
    const auto driver = get(kCsiDriver, "", name);
    if (!driver.ok()) return driver.error();
    if (!*driver) return false;
    for (const auto& [index, request] : (*driver)->at("/spec/tokenRequests"))
      if (request["audience"].view_or("") == audience_) return true;
    return false;
  }

  Result<SharedNode> get(const Wanted& what, std::string_view ns, std::string_view name) {
    auto found = find(host_, what, ns, name);
    if (found.ok() && !*found) note(not_found(what, name));
    return found;
  }

  void note(std::string error) {
    if (std::find(errors_.begin(), errors_.end(), error) == errors_.end())
      errors_.push_back(std::move(error));
  }
  // One error as it is, several in brackets.
  std::string joined() const {
    std::string text;
    for (const std::string& error : errors_) text += (text.empty() ? "" : ", ") + error;
    return errors_.size() > 1 ? "[" + text + "]" : text;
  }

  Host& host_;
  const Node pod_;
  const std::string_view audience_;
  std::vector<std::string> errors_;
};

}  // namespace

Result<AudienceSearch> find_audience(Host& host, const Node& pod, std::string_view audience) {
  return Search(host, pod, audience).run();
}

}  // namespace limen::node_restriction
