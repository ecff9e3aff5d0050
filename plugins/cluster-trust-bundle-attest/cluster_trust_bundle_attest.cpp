// cluster-trust-bundle-attest: what a signer's trust is rooted in is said only by those who may
// attest for the signer (ClusterTrustBundleAttest).
#include <string>

#include "common/signer_rights.h"
#include "limen/cpp/plugin.hpp"

namespace {

class ClusterTrustBundleAttest final : public limen::Admission {
 public:
  explicit ClusterTrustBundleAttest(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("certificates.k8s.io", "clustertrustbundles")) return {};
    // An update that changes nothing is let pass: the garbage collector makes such.
    if (call.is_update() && call.object()["spec"].to_json() == call.old_object()["spec"].to_json())
      return {};
    const std::string signer = call.object().at("/spec/signerName").string_or("");
    if (signer.empty()) return {};
    return limen::plugins::check_signer(host_, call, "attest", signer, "attest for");
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<ClusterTrustBundleAttest>(
    {.id = "cluster-trust-bundle-attest",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets trust bundles be written by those who may attest for their signer.",
     .required = {LIMEN_ACCESS},
     .operations = limen::kCreate | limen::kUpdate}))
