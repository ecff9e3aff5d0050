// Strategies of the remaining groups.
#include <array>
#include <string>

#include "object/metadata.h"
#include "registry/strategies/custom.h"
#include "registry/strategy.h"

namespace limen::registry {

namespace {

using object::Json;

// certificatesigningrequests: who asks is what the server knows, never what the client says.
void prepare_csr_create(Json& csr, const request::Identity& user) {
  boost::json::object& spec = object::object_at(csr, "spec");
  spec["username"] = user.name;
  for (const char* key : {"uid", "groups", "extra"}) spec.erase(key);
  if (!user.uid.empty()) spec["uid"] = user.uid;
  if (!user.groups.empty()) {
    boost::json::array groups(spec.storage());
    for (const std::string& group : user.groups) groups.emplace_back(group);
    spec["groups"] = std::move(groups);
  }
  if (!user.extra.empty()) {
    boost::json::object extra(spec.storage());
    for (const auto& [key, values] : user.extra) {
      boost::json::array list(spec.storage());
      for (const std::string& value : values) list.emplace_back(value);
      extra[key] = std::move(list);
    }
    spec["extra"] = std::move(extra);
  }
}

// The request is what was signed for; only conditions and the certificate come later.
void prepare_csr_update(Json& csr, const Json& old) {
  if (const Json* spec = object::member(old, "spec")) csr.get_object()["spec"] = *spec;
}

constexpr Strategy rbac(std::string_view resource) {
  return {.group = "rbac.authorization.k8s.io", .resource = resource, .create_on_update = true};
}
constexpr Strategy admission(std::string_view resource) {
  return {.group = "admissionregistration.k8s.io",
          .resource = resource,
          .unconditional_update = false,
          .counts_generation = true};
}

constexpr std::array kStrategies = {
    rbac("roles"),
    rbac("rolebindings"),
    rbac("clusterroles"),
    rbac("clusterrolebindings"),
    admission("mutatingwebhookconfigurations"),
    admission("validatingwebhookconfigurations"),
    admission("validatingadmissionpolicies"),
    admission("validatingadmissionpolicybindings"),
    admission("mutatingadmissionpolicies"),
    admission("mutatingadmissionpolicybindings"),
    Strategy{.group = "apiextensions.k8s.io",
             .resource = "customresourcedefinitions",
             .unconditional_update = false,
             .counts_generation = true,
             .returns_deleted = true,
             .prepare_create = prepare_definition_create,
             .prepare_update = prepare_definition_update},
    Strategy{.group = "apiregistration.k8s.io",
             .resource = "apiservices",
             .unconditional_update = false},
    Strategy{.group = "certificates.k8s.io",
             .resource = "certificatesigningrequests",
             .prepare_create = prepare_csr_create,
             .prepare_update = prepare_csr_update},
    Strategy{.group = "coordination.k8s.io",
             .resource = "leases",
             .unconditional_update = false,
             .create_on_update = true},
    Strategy{.group = "discovery.k8s.io", .resource = "endpointslices", .counts_generation = true},
    Strategy{.group = "flowcontrol.apiserver.k8s.io",
             .resource = "flowschemas",
             .counts_generation = true},
    Strategy{.group = "flowcontrol.apiserver.k8s.io",
             .resource = "prioritylevelconfigurations",
             .counts_generation = true},
    Strategy{.group = "networking.k8s.io",
             .resource = "ingresses",
             .counts_generation = true,
             .initial_status = R"({"loadBalancer":{}})"},
    Strategy{
        .group = "networking.k8s.io", .resource = "networkpolicies", .counts_generation = true},
    Strategy{.group = "networking.k8s.io", .resource = "ingressclasses", .counts_generation = true},
    Strategy{.group = "node.k8s.io", .resource = "runtimeclasses", .unconditional_update = false},
    Strategy{.group = "resource.k8s.io", .resource = "resourceslices", .counts_generation = true},
    Strategy{.group = "resource.k8s.io", .resource = "deviceclasses", .counts_generation = true},
    Strategy{
        .group = "scheduling.k8s.io", .resource = "priorityclasses", .counts_generation = true},
    Strategy{.group = "storage.k8s.io", .resource = "storageclasses", .returns_deleted = true},
    Strategy{.group = "storage.k8s.io",
             .resource = "csidrivers",
             .unconditional_update = false,
             .returns_deleted = true},
    Strategy{.group = "storage.k8s.io",
             .resource = "csinodes",
             .unconditional_update = false,
             .returns_deleted = true},
    Strategy{.group = "storage.k8s.io",
             .resource = "volumeattachments",
             .unconditional_update = false,
             .returns_deleted = true},
};

}  // namespace

std::span<const Strategy> other_strategies() { return kStrategies; }

}  // namespace limen::registry
