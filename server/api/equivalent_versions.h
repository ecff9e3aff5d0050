// The versions in which what a request writes may be written, and its objects in each of them:
// what admission controllers are offered (admission/versions.h).
//
// Versions hold the same objects when they are of one resource of a group, or of groups that share
// their storage (events). Objects under admission are in the form they are stored in, or, where a
// webhook converts them, in the version of the request; both are among what can be converted.
#pragma once

#include <memory>

#include "admission/versions.h"
#include "api/call.h"

namespace limen::api {

// Keeps what it needs of the call: it may outlive the request.
std::shared_ptr<const admission::Versions> equivalent_versions(const Call& call);

}  // namespace limen::api
