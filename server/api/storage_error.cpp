#include "api/storage_error.h"

#include "base/api_error.h"
#include "registry/kubernetes_keys.h"

namespace limen::api {

namespace {

// Where etcd would have the object.
std::string key_of(const Call& call, std::string_view name) {
  std::string key = "/registry/" +
                    registry::kubernetes_folder(call.resource.storage_group, call.resource.name) +
                    "/";
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
