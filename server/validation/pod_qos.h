// The quality-of-service class of a pod, as status.qosClass shows it.
#pragma once

#include <string_view>

#include "object/document.h"

namespace limen::validation {

// "Guaranteed", "Burstable" or "BestEffort", by the cpu and memory of its containers and init
// containers. Static text. Any thread.
std::string_view pod_qos_class(const object::Json& pod);

}  // namespace limen::validation
