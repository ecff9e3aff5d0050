// Building what a module is given, inside the call it is given with.
//
// Texts are copied: a module may keep a call past its deadline, when the request they came from is
// gone.
#pragma once

#include "authz/authorizer.h"
#include "limen/limen.h"
#include "modules/call.h"
#include "request/identity.h"

namespace limen::modules {

const limen_user* make_user(Arena& arena, const request::Identity& user);
const limen_attributes* make_attributes(Arena& arena, const authz::Attributes& attributes);

}  // namespace limen::modules
