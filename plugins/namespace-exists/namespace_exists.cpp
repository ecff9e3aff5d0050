// namespace-exists: nothing is written in a namespace that does not exist (NamespaceExists).
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

class NamespaceExists final : public limen::Admission {
 public:
  explicit NamespaceExists(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    const limen::Attributes about = call.attributes();
    const bool is_namespace = about.api_group().empty() && about.resource() == "namespaces";
    if (about.ns().empty() || is_namespace) return {};
    const auto found = host_.objects().get("", "namespaces", "", about.ns());
    if (!found.ok()) return found.error();
    if (*found) return {};
    const std::string message = "namespaces \"" + std::string(about.ns()) + "\" not found";
    return call.deny({message, 404, "NotFound"});
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<NamespaceExists>(
    {.id = "namespace-exists",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Refuses every write in a namespace that does not exist.",
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate | limen::kDelete}))
