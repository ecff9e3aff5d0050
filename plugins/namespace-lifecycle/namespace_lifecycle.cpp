// namespace-lifecycle: nothing is created in a namespace that is missing or being deleted, and the
// namespaces a cluster cannot live without stay (NamespaceLifecycle).
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

bool is_immortal(std::string_view ns) {
  return ns == "default" || ns == "kube-system" || ns == "kube-public";
}

class NamespaceLifecycle final : public limen::Admission {
 public:
  explicit NamespaceLifecycle(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const limen::Attributes about = call.attributes();
    const bool is_namespace = about.api_group().empty() && about.resource() == "namespaces";
    if (is_namespace) {
      if (call.is_delete() && is_immortal(about.name()))
        return call.deny("this namespace may not be deleted");
      return {};
    }
    if (about.ns().empty() || call.is_delete()) return {};
    // An access review must not tell whether a namespace exists.
    if (about.api_group() == "authorization.k8s.io" &&
        about.resource() == "localsubjectaccessreviews") {
      return {};
    }
    const std::string ns(about.ns());
    auto found = host_.objects().get("", "namespaces", "", ns);
    if (!found.ok()) return found.error();
    if (!*found) {
      const std::string message = "namespaces \"" + ns + "\" not found";
      return call.deny({message, 404, "NotFound"});
    }
    const bool terminating = (*found)->at("/status/phase").view_or("") == "Terminating";
    if (!terminating || !call.is_create()) return {};
    call.cause("NamespaceTerminating", "namespace " + ns + " is being terminated",
               "metadata.namespace");
    return call.deny("unable to create new content in namespace " + ns +
                     " because it is being terminated");
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<NamespaceLifecycle>(
    {.id = "namespace-lifecycle",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses new objects in missing or terminating namespaces and keeps the namespaces "
                "default, kube-system and kube-public.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate | limen::kDelete}))
