// Which secrets a pod may use when its service account limits them: those that the account lists,
// and as pull secrets those of its imagePullSecrets. Pure functions; any thread.
#pragma once

#include <limen/cpp/node.hpp>
#include <optional>
#include <string>

namespace limen::plugins::service_account {

// Whether the account says so: annotation kubernetes.io/enforce-mountable-secrets, true as Go's
// strconv.ParseBool reads it.
bool limits_secrets(const Node& account);

// Why a new pod may not be; nothing when all it refers to is listed.
std::optional<std::string> forbidden_secret(const Node& account, const Node& pod);

// The same of a pod's ephemeral containers.
std::optional<std::string> forbidden_ephemeral_secret(const Node& account, const Node& pod);

}  // namespace limen::plugins::service_account
