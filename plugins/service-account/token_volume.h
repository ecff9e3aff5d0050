// The volume through which the containers of a pod get their token, the cluster's CA and their
// namespace: kube-api-access-xxxxx. Any thread.
#pragma once

#include <limen/cpp/admission.hpp>

namespace limen::plugins::service_account {

// Whether the pod wants it; the pod's own word goes before the account's, and without any it does.
bool wants_token(const Node& account, const Node& pod);

// Mounts the volume into every container and init container that has nothing mounted there, and
// adds it when there is none whose name begins like its own. Changes nothing the second time.
Result<void> mount_token(Patch patch, const Node& pod);

}  // namespace limen::plugins::service_account
