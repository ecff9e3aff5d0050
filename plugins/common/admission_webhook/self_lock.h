// The self-lock guard: webhooks that must answer before what would bring them back can be written.
// Any thread.
#pragma once

#include <limen/cpp/host.hpp>
#include <string>
#include <vector>

#include "common/admission_webhook/webhook.h"

namespace limen::webhooks {

// One sentence for each place where a webhook whose failure policy is Fail stands before its own
// recovery, with what to do about it: workloads, services and endpoints in its service's namespace,
// pods and leases in kube-system, nodes and their leases. None for a webhook that fails open, and
// of places none where an object selector may leave the objects out. One more for a rule that names
// the webhook configurations themselves, which no webhook is asked about.
std::vector<std::string> lock_outs(Host& host, const Webhook& webhook);

// As warnings for the client that writes the configuration.
std::vector<std::string> lock_out_warnings(Host& host, const Node& configuration);

}  // namespace limen::webhooks
