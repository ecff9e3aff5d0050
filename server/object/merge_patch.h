// JSON Merge Patch (RFC 7386).
#pragma once

#include "object/document.h"

namespace limen::object {

// Changes `target` by `patch`: objects merge, null deletes, everything else replaces.
void apply_merge_patch(Json& target, const Json& patch);

}  // namespace limen::object
