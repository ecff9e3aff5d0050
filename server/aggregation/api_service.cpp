#include "aggregation/api_service.h"

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::aggregation {

namespace {

using object::Json;

constexpr std::int64_t kHttpsPort = 443;
constexpr Priority kCustom{1000, 100};

struct Row {
  std::string_view group, version;
  Priority priority;
};
// This server's own group of APIServices has no object and comes first of all.
constexpr Row kBuiltIn[] = {
    {"apiregistration.k8s.io", "v1", {20000, 100}},
    {"", "v1", {18000, 1}},
    {"apps", "v1", {17800, 15}},
    {"events.k8s.io", "v1", {17750, 15}},
    {"authentication.k8s.io", "v1", {17700, 15}},
    {"authorization.k8s.io", "v1", {17600, 15}},
    {"autoscaling", "v2", {17500, 30}},
    {"autoscaling", "v1", {17500, 15}},
    {"batch", "v1", {17400, 15}},
    {"certificates.k8s.io", "v1", {17300, 15}},
    {"certificates.k8s.io", "v1beta1", {17300, 9}},
    {"certificates.k8s.io", "v1alpha1", {17300, 1}},
    {"networking.k8s.io", "v1", {17200, 15}},
    {"networking.k8s.io", "v1beta1", {17200, 9}},
    {"policy", "v1", {17100, 15}},
    {"rbac.authorization.k8s.io", "v1", {17000, 15}},
    {"storage.k8s.io", "v1", {16800, 15}},
    {"storage.k8s.io", "v1beta1", {16800, 9}},
    {"admissionregistration.k8s.io", "v1", {16700, 15}},
    {"admissionregistration.k8s.io", "v1beta1", {16700, 12}},
    {"admissionregistration.k8s.io", "v1alpha1", {16700, 9}},
    {"apiextensions.k8s.io", "v1", {16700, 15}},
    {"scheduling.k8s.io", "v1", {16600, 15}},
    {"scheduling.k8s.io", "v1alpha2", {16600, 9}},
    {"coordination.k8s.io", "v1", {16500, 15}},
    {"coordination.k8s.io", "v1beta1", {16500, 13}},
    {"coordination.k8s.io", "v1alpha2", {16500, 12}},
    {"node.k8s.io", "v1", {16300, 15}},
    {"discovery.k8s.io", "v1", {16200, 15}},
    {"flowcontrol.apiserver.k8s.io", "v1", {16100, 21}},
    {"internal.apiserver.k8s.io", "v1alpha1", {16000, 9}},
    {"resource.k8s.io", "v1", {15900, 18}},
    {"resource.k8s.io", "v1beta2", {15900, 15}},
    {"resource.k8s.io", "v1beta1", {15900, 12}},
    {"resource.k8s.io", "v1alpha3", {15900, 9}},
    {"storagemigration.k8s.io", "v1beta1", {15800, 9}},
};

bool boolean_at(const Json& value, std::string_view key) {
  const Json* found = object::member(value, key);
  return found && found->is_bool() && found->get_bool();
}

}  // namespace

std::string ApiService::base_path() const {
  return group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
}

std::string ApiService::server_name() const {
  return service ? service->name + "." + service->ns + ".svc" : std::string();
}

ApiService read_api_service(const Json& object) {
  ApiService out;
  out.name = object::name(object);
  const Json* spec = object::member(object, "spec");
  if (!spec) return out;
  out.group = object::text_at(*spec, "group");
  out.version = object::text_at(*spec, "version");
  out.priority = {object::int_or(object::member(*spec, "groupPriorityMinimum"), 0),
                  object::int_or(object::member(*spec, "versionPriority"), 0)};
  const Json* service = object::member(*spec, "service");
  if (!service || !service->is_object()) return out;
  out.service = ServiceReference{std::string(object::text_at(*service, "namespace")),
                                 std::string(object::text_at(*service, "name")),
                                 object::int_or(object::member(*service, "port"), kHttpsPort)};
  out.ca_pem = base::base64_decode(object::text_at(*spec, "caBundle")).value_or(std::string());
  out.skip_verify = boolean_at(*spec, "insecureSkipTLSVerify");
  return out;
}

Availability read_availability(const Json& object) {
  const Json* conditions = object::find(object, {"status", "conditions"});
  if (!conditions || !conditions->is_array()) return {};
  for (const Json& one : conditions->get_array()) {
    if (object::text_at(one, "type") != "Available") continue;
    return {object::text_at(one, "status") == "True", std::string(object::text_at(one, "reason")),
            std::string(object::text_at(one, "message"))};
  }
  return {};
}

std::string api_service_name(std::string_view group, std::string_view version) {
  return std::string(version) + "." + std::string(group);
}

Priority default_priority(std::string_view group, std::string_view version) {
  for (const Row& row : kBuiltIn) {
    if (row.group == group && row.version == version) return row.priority;
  }
  return kCustom;
}

}  // namespace limen::aggregation
