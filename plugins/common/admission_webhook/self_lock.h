// The self-lock guard: webhooks that must answer before what would bring them back can be written.
// Any thread.
#pragma once

#include <limen/cpp/host.hpp>
#include <string>
#include <vector>

#include "common/admission_webhook/webhook.h"

namespace limen::webhooks {

// One sentence for each way in which a webhook whose failure policy is Fail stands before its own
// recovery: pods and endpoints in its service's namespace, pods in kube-system, nodes and their
// leases. None for a webhook that fails open, and none where an object selector may leave the
// objects out.
std::vector<std::string> lock_outs(Host& host, const Webhook& webhook);

// As warnings for the client that writes the configuration.
std::vector<std::string> lock_out_warnings(Host& host, const Node& configuration);

}  // namespace limen::webhooks
