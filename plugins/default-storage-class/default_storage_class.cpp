// default-storage-class: a claim that names no class gets the one its operator marked as default
// (DefaultStorageClass).
#include <string>

#include "common/default_class.h"
#include "limen/cpp/plugin.hpp"

namespace {

class DefaultStorageClass final : public limen::Admission {
 public:
  explicit DefaultStorageClass(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "persistentvolumeclaims") || names_a_class(call.object())) return {};
    const auto name =
        limen::plugins::default_class(host_, "storage.k8s.io", "storageclasses",
                                      {"storageclass.kubernetes.io/is-default-class",
                                       "storageclass.beta.kubernetes.io/is-default-class"});
    if (!name.ok()) return name.error();
    if (name->empty()) return {};
    return call.patch().set("/spec/storageClassName", *name);
  }

 private:
  // The empty name counts: it says that no class is wanted.
  static bool names_a_class(const limen::Node& claim) {
    return claim.at("/spec/storageClassName") ||
           claim.at("/metadata/annotations")["volume.beta.kubernetes.io/storage-class"];
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<DefaultStorageClass>(
    {.id = "default-storage-class",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Gives persistent volume claims without a storage class the default one.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
