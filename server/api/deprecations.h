// Deprecations: the built-in kinds that a client had better stop using, and what it is told (row
// R10).
//
// As kube-apiserver 1.36 has them; a custom kind says so itself (api.cpp). Thread rule: any thread.
#pragma once

#include "catalog/catalog.h"
#include "request/context.h"

namespace limen::api {

// Warns the client, annotates the audit event and counts, when the request is for a deprecated
// kind.
void warn_of_deprecation(request::RequestContext& context, const catalog::Resource& resource);

}  // namespace limen::api
