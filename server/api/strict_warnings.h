// What a strict reader would refuse, told to the client as warnings (fieldValidation=Warn, row
// M12).
//
// Thread rule: the request's loop.
#pragma once

#include <string>
#include <vector>

#include "request/context.h"

namespace limen::api {

// A warning for each finding; the list that a YAML reader makes of several is taken apart into its
// lines, since a header has but one.
void warn_of_findings(request::RequestContext& context, std::vector<std::string> findings);

}  // namespace limen::api
