// namespace-auto-provision: a namespace is made by the first object that is created in it
// (NamespaceAutoProvision).
#include <memory>
#include <string>
#include <utility>

#include "limen/cpp/plugin.hpp"

namespace {

// Asking what is allowed in a namespace makes none.
bool is_access_review(const limen::Attributes& about) {
  return about.api_group() == "authorization.k8s.io" &&
         about.resource() == "localsubjectaccessreviews";
}

class NamespaceAutoProvision final : public limen::Admission {
 public:
  explicit NamespaceAutoProvision(limen::Host& host) : host_(host) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    const limen::Attributes about = call.attributes();
    const bool is_namespace = about.api_group().empty() && about.resource() == "namespaces";
    if (about.ns().empty() || is_namespace || call.dry_run() || is_access_review(about)) return {};
    const auto found = host_.objects().get("", "namespaces", "", about.ns());
    if (!found.ok()) return found.error();
    if (*found) return {};
    return make(call, std::string(about.ns()));
  }

 private:
  using Later = limen::Deferred<limen::AdmissionCall>;

  // The host refuses a name that no namespace may have. Somebody who made it first has done the
  // work.
  limen::Result<void> make(limen::AdmissionCall& call, const std::string& ns) {
    const std::string json =
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + ns + R"("}})";
    auto later = std::make_shared<Later>(call.defer());
    const auto sent =
        host_.objects().create("", "namespaces", "", ns, json, [later, ns](limen_status status) {
          if (status == LIMEN_OK || status == LIMEN_E_CONFLICT) return later->complete();
          later->complete(limen::Error{"namespace " + ns + " could not be created", status});
        });
    if (!sent.ok()) later->complete(sent);
    return {};
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<NamespaceAutoProvision>(
    {.id = "namespace-auto-provision",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Makes the namespace of an object that is created in one that does not exist.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
