// Subresources: what lies below an object's name in the URL.
//
// Most are views of a part of the object and are served by the verbs; those with an own body or an
// own meaning have a file here. One row of the table in subresources.cpp each. Thread rule: the
// request's loop.
#pragma once

#include "api/call.h"
#include "base/task.h"

namespace limen::api {

// Answers the call's subresource. Throws ApiError: 404 when it is not served, 405 when it does not
// know the verb.
base::Task<void> serve_subresource(Call& call);

// True when the answer is not this server's own (log, exec, attach, portforward, proxy): what its
// client takes, and what its query says, is then for somebody else to know.
bool passes_on(const catalog::Subresource& subresource);

base::Task<void> get_scale(Call& call);
base::Task<void> update_scale(Call& call);  // PUT and PATCH
// pods/NAME/binding, and bindings with the pod's name in the body.
base::Task<void> bind_pod(Call& call);
base::Task<void> evict_pod(Call& call);
// What needs a way to a node, a pod or a service: log; exec, attach and portforward; proxy.
base::Task<void> read_log(Call& call);
base::Task<void> connect_pod(Call& call);
base::Task<void> connect_proxy(Call& call);
// Subresources that are answered, not stored (serviceaccounts/token).
base::Task<void> create_virtual_subresource(Call& call);

}  // namespace limen::api
