#include "pods.h"

#include "api_references.h"
#include "same.h"

namespace limen::node_restriction {

namespace {

std::string node_of(const Node& pod) { return pod.at("/spec/nodeName").string_or(""); }

// The one owner of a mirror pod: its node, as it is registered.
Verdict judge_owner(const NodeRequest& request, const Node& owners) {
  const std::string node = "node " + request.quoted;
  const char* no_owner = " can only create pods with an owner reference set to itself";
  if (owners.size() > 1) {
    return forbidden(node + " can only create pods with a single owner reference set to itself");
  }
  if (owners.size() == 0) return forbidden(node + no_owner);
  const Node owner = owners.item(0);
  if (owner["apiVersion"].view_or("") != "v1" || owner["kind"].view_or("") != "Node" ||
      owner["name"].view_or("") != request.name) {
    return forbidden(node + no_owner);
  }
  if (!owner["controller"].bool_or(false)) {
    return forbidden(node +
                     " can only create pods with a controller owner reference set to itself");
  }
  if (owner["blockOwnerDeletion"].bool_or(false)) {
    return forbidden(node + " must not set blockOwnerDeletion on an owner reference");
  }
  const auto registered = find(request.host, kNode, "", request.name);
  if (!registered.ok()) return registered.error();
  if (!*registered) return missing(kNode, request.name);
  const std::string uid = owner["uid"].string_or("");
  const std::string actual = uid_of(**registered);
  if (uid == actual) return admitted();
  return forbidden("node " + request.name + " UID mismatch: expected " + uid + " got " + actual);
}

Verdict judge_new(const NodeRequest& request) {
  const Node pod = request.call.object();
  const std::string node = "node " + request.quoted;
  if (!pod.at(kMirrorAnnotation)) {
    return forbidden("pod does not have \"kubernetes.io/config.mirror\" annotation, " + node +
                     " can only create mirror pods");
  }
  if (node_of(pod) != request.name) {
    return forbidden(node + " can only create pods with spec.nodeName set to itself");
  }
  const Verdict owned = judge_owner(request, pod.at("/metadata/ownerReferences"));
  if (!owned.ok() || *owned) return owned;
  const ApiReference found = find_api_reference(pod);
  if (!found.error.empty()) {
    return forbidden("error checking mirror pod for API references: " + found.error);
  }
  if (!found.resource.empty()) {
    return forbidden(node + " can not create pods that reference " + found.resource);
  }
  return admitted();
}

// Refuses unless the pod `name` is there and bound to the node.
Verdict judge_bound(const NodeRequest& request, std::string_view name, const std::string& refusal) {
  const auto pod = find(request.host, kPod, request.call.attributes().ns(), name);
  if (!pod.ok()) return pod.error();
  if (!*pod) return missing(kPod, name);
  return node_of(**pod) == request.name ? admitted() : forbidden(refusal);
}

Verdict judge_whole(const NodeRequest& request) {
  if (request.call.is_create()) return judge_new(request);
  if (request.call.is_delete()) {
    return judge_bound(
        request, request.call.attributes().name(),
        "node " + request.quoted + " can only delete pods with spec.nodeName set to itself");
  }
  return forbidden("unexpected operation " + plugins::go_quote(request.operation()) + ", node " +
                   request.quoted + " can only create and delete mirror pods");
}

Verdict judge_status(const NodeRequest& request) {
  if (!request.call.is_update()) {
    return forbidden("unexpected operation " + plugins::go_quote(request.operation()));
  }
  const Node before = request.call.old_object();
  const Node after = request.call.object();
  const std::string node = "node " + request.quoted;
  if (node_of(before) != request.name) {
    return forbidden(node +
                     " can only update pod status for pods with spec.nodeName set to itself");
  }
  const auto is_kept = [&](const char* pointer) {
    return same(before.at(pointer), after.at(pointer));
  };
  if (!is_kept("/metadata/labels")) {
    return forbidden(node + " cannot update labels through pod status");
  }
  // "statues" is what kube-apiserver says.
  if (!is_kept("/status/resourceClaimStatuses")) {
    return forbidden(node + " cannot update resource claim statues");
  }
  if (!is_kept("/status/extendedResourceClaimStatus")) {
    return forbidden(node + " cannot update extended resource claim status");
  }
  return admitted();
}

Verdict judge_eviction(const NodeRequest& request) {
  if (!request.call.is_create()) {
    return forbidden("unexpected operation " + std::string(request.operation()));
  }
  std::string name(request.call.attributes().name());
  if (name.empty()) name = request.call.object().at("/metadata/name").string_or("");
  if (name.empty()) return forbidden("could not determine pod from request data");
  return judge_bound(
      request, name,
      "node " + request.name + " can only evict pods with spec.nodeName set to itself");
}

}  // namespace

Verdict judge_pods(const NodeRequest& request) {
  const std::string_view part = request.call.attributes().subresource();
  if (part.empty()) return judge_whole(request);
  if (part == "status") return judge_status(request);
  if (part == "eviction") return judge_eviction(request);
  return forbidden("unexpected pod subresource " + plugins::go_quote(part) +
                   ", only 'status' and 'eviction' are allowed");
}

}  // namespace limen::node_restriction
