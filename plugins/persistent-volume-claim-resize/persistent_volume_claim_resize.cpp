// persistent-volume-claim-resize: a claim grows only where its storage class lets it
// (PersistentVolumeClaimResize).
#include <string>

#include "limen/cpp/plugin.hpp"
#include "limen/cpp/quantity.hpp"

namespace {

limen::Quantity requested(const limen::Node& claim) {
  const limen::Node storage = claim.at("/spec/resources/requests/storage");
  const std::string text = storage.string_or("0");
  return limen::Quantity::parse(text).value_or(limen::Quantity());
}

// The older annotation counts before the field.
std::string class_of(const limen::Node& claim) {
  const auto annotated =
      claim.at("/metadata/annotations")["volume.beta.kubernetes.io/storage-class"].as_string();
  return annotated ? std::string(*annotated) : claim.at("/spec/storageClassName").string_or("");
}

class PersistentVolumeClaimResize final : public limen::Admission {
 public:
  explicit PersistentVolumeClaimResize(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "persistentvolumeclaims")) return {};
    if (requested(call.object()) <= requested(call.old_object())) return {};
    if (call.old_object().at("/status/phase").view_or("") != "Bound")
      return call.deny("Only bound persistent volume claims can be expanded");
    const auto expandable = may_grow(call);
    if (!expandable.ok()) return expandable.error();
    if (*expandable) return {};
    return call.deny(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the "
        "pvc must support resize");
  }

 private:
  limen::Result<bool> may_grow(const limen::AdmissionCall& call) const {
    const std::string name = class_of(call.object());
    if (name.empty() || name != class_of(call.old_object())) return false;
    const auto found = host_.objects().get("storage.k8s.io", "storageclasses", "", name);
    if (!found.ok()) return found.error();
    return *found && (**found)["allowVolumeExpansion"].bool_or(false);
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PersistentVolumeClaimResize>(
    {.id = "persistent-volume-claim-resize",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets claims grow only where their storage class supports it.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kUpdate}))
