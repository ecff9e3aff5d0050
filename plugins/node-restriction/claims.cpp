#include "claims.h"

#include "same.h"

namespace limen::node_restriction {

Verdict judge_claims(const NodeRequest& request) {
  if (request.call.attributes().subresource() != "status") {
    return forbidden("may only update PVC status");
  }
  if (!request.call.is_update()) {
    return forbidden("unexpected operation " + plugins::go_quote(request.operation()));
  }
  // A client may leave the version out, and the owners of fields follow from the rest.
  const std::string found =
      differences(request.call.old_object(), request.call.object(),
                  {"apiVersion", "kind", "metadata.resourceVersion", "metadata.managedFields",
                   "status.capacity", "status.conditions", "status.allocatedResourceStatuses",
                   "status.allocatedResources"});
  if (found.empty()) return admitted();
  // "quantity" is what kube-apiserver says; where it goes on with a dump of both objects, the
  // places that differ are told.
  return forbidden("node " + request.quoted +
                   " is not allowed to update fields other than status.quantity and "
                   "status.conditions: " +
                   found);
}

}  // namespace limen::node_restriction
