#include "api/storage_error.h"

#include <algorithm>

#include "base/api_error.h"

namespace limen::api {

namespace {

struct Folder {
  std::string_view group, resource, path;
};
// Kinds that etcd has elsewhere than under their own name.
constexpr Folder kFolders[] = {
    {"", "replicationcontrollers", "controllers"},
    {"", "endpoints", "services/endpoints"},
    {"", "nodes", "minions"},
    {"", "services", "services/specs"},
    {"networking.k8s.io", "ingresses", "ingress"},
    {"apiextensions.k8s.io", "customresourcedefinitions",
     "apiextensions.k8s.io/customresourcedefinitions"},
    {"apiregistration.k8s.io", "apiservices", "apiregistration.k8s.io/apiservices"},
};

std::string folder_of(const catalog::Resource& resource) {
  if (resource.custom != nullptr) {
    return std::string(resource.group) + "/" + std::string(resource.name);
  }
  const auto* found =
      std::find_if(std::begin(kFolders), std::end(kFolders), [&](const Folder& one) {
        return one.resource == resource.name && one.group == resource.storage_group;
      });
  return std::string(found == std::end(kFolders) ? resource.name : found->path);
}

// Where etcd would have the object.
std::string key_of(const Call& call, std::string_view name) {
  std::string key = "/registry/" + folder_of(call.resource) + "/";
  if (!call.ns().empty()) key.append(call.ns()).append("/");
  return key.append(name);
}

}  // namespace

base::ApiError other_uid(const Call& call, std::string_view name, std::string_view wanted,
                         std::string_view found) {
  return call.conflict(name,
                       "StorageError: invalid object, Code: 4, Key: " + key_of(call, name) +
                           ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in "
                           "precondition: " +
                           std::string(wanted) + ", UID in object meta: " + std::string(found));
}

namespace {
constexpr int kRetryAfterSeconds = 1;
}

base::ApiError store_unavailable() {
  base::ApiError error = base::ApiError::service_unavailable("the object store is unavailable");
  error.details().retry_after_seconds = kRetryAfterSeconds;
  return error;
}

base::ApiError not_confirmed() {
  return base::ApiError::timeout(
      "Timeout: the object store did not confirm in time what the newest state is",
      kRetryAfterSeconds);
}

base::ApiError unknown_outcome() {
  return base::ApiError::timeout(
      "Timeout: the object store did not say whether the change was stored: it may or may not "
      "have been");
}

}  // namespace limen::api
