// Certificates: a node asks for its own, and for those of the pods it runs.
#pragma once

#include "verdict.h"

namespace limen::node_restriction {

// certificatesigningrequests for kubelets.
Verdict judge_signing_request(const NodeRequest& request);

// podcertificaterequests.
Verdict judge_pod_certificate_request(const NodeRequest& request);

}  // namespace limen::node_restriction
