// From what a request asks for to what an authorizer is asked.
#pragma once

#include "authz/authorizer.h"
#include "request/identity.h"
#include "request/request_info.h"

namespace limen::authz {

// The attributes of `info` asked by `user`; `user` must outlive them.
Attributes attributes_of(const request::RequestInfo& info, const request::Identity& user);

}  // namespace limen::authz
