// A controller's refusal as the client is told it. A free function; any thread.
#pragma once

#include "admission/controller.h"

namespace limen::admission {

// In kube-apiserver's words, `pods "x" is forbidden: why`, unless the controller has worded the
// whole message, which it says by a reason of its own or a code other than 403.
base::ApiError refusal(const Review& review, const Result& result);

}  // namespace limen::admission
