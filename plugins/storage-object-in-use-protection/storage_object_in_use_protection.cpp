// storage-object-in-use-protection: volumes and claims are made with a finalizer, so that they stay
// as long as somebody uses them (StorageObjectInUseProtection).
#include <algorithm>
#include <string>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace {

std::string_view finalizer_for(const limen::AdmissionCall& call) {
  if (call.is("", "persistentvolumes")) return "kubernetes.io/pv-protection";
  if (call.is("", "persistentvolumeclaims")) return "kubernetes.io/pvc-protection";
  if (call.is("storage.k8s.io", "volumeattributesclasses")) return "kubernetes.io/vac-protection";
  return {};
}

class StorageObjectInUseProtection final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const std::string_view finalizer = finalizer_for(call);
    if (finalizer.empty()) return {};
    const std::vector<std::string> there = call.object().at("/metadata/finalizers").strings();
    if (std::find(there.begin(), there.end(), finalizer) != there.end()) return {};
    const std::string text = "\"" + std::string(finalizer) + "\"";
    if (there.empty()) return call.patch().set_json("/metadata/finalizers", "[" + text + "]");
    return call.patch().insert_json("/metadata/finalizers/-", text);
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<StorageObjectInUseProtection>(
    {.id = "storage-object-in-use-protection",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Keeps persistent volumes and claims until nobody uses them any more.",
     .operations = limen::kCreate}))
