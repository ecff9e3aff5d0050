// The service account of a pod, found now or a moment later.
//
// A namespace's account "default" is made by a controller, so a pod may come before it; it is then
// looked for ten times at intervals of 100 to 200 ms, without holding a thread. Any other account
// is there or is not.
#pragma once

#include <functional>
#include <limen/cpp/plugin.hpp>
#include <string>

namespace limen::plugins::service_account {

// The account of pods that name none.
inline constexpr const char* kDefaultAccount = "default";

// What is to be done with the account; returns what the call is to return.
using WithAccount = std::function<Result<void>(AdmissionCall& call, const Node& account)>;

// Calls `then` with the account `name` in the namespace of the call, in this call or later on a
// worker thread. Refuses the call when there is no such account. Return what this returns.
Result<void> with_account(Host& host, AdmissionCall& call, const std::string& name,
                          WithAccount then);

}  // namespace limen::plugins::service_account
