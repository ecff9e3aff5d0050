// What needs a way to a node or a pod. This server has no kubelets to talk to: every answer here
// says so, in the words clients know.
#include <string>

#include "api/respond.h"
#include "api/subresources/subresources.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

object::Document require_object(const Call& call) {
  const storage::ObjectPtr object = call.store.get(call.key(call.info().name));
  if (!object) throw call.not_found(call.info().name);
  return object::Document::parse(object->json);
}

std::string node_of(const Json& pod) {
  const Json* spec = object::member(pod, "spec");
  return std::string(spec ? object::text_at(*spec, "nodeName") : std::string_view());
}

ApiError unreachable(const std::string& node) {
  return ApiError::internal("error dialing backend: no kubelet is reachable on node " +
                            base::go_quote(node));
}

// The container whose log is wanted must be named when there are several, and exist.
void check_container(const Json& pod, const std::string& name, std::string_view wanted) {
  std::string names;
  std::size_t count = 0;
  bool found = false;
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const Json* containers = object::find(pod, {"spec", list});
    if (!containers || !containers->is_array()) continue;
    for (const Json& container : containers->get_array()) {
      const std::string_view each = object::text_at(container, "name");
      found = found || each == wanted;
      if (list != "containers") continue;
      names += (names.empty() ? "" : " ") + std::string(each);
      ++count;
    }
  }
  if (wanted.empty() && count > 1) {
    throw ApiError::bad_request("a container name must be specified for pod " + name +
                                ", choose one of: [" + names + "]");
  }
  if (!wanted.empty() && !found) {
    throw ApiError::bad_request("container " + std::string(wanted) + " is not valid for pod " +
                                name);
  }
}

}  // namespace

base::Task<void> read_log(Call& call) {
  const object::Document pod = require_object(call);
  check_container(pod.root(), call.info().name, call.info().query.get("container"));
  const std::string node = node_of(pod.root());
  if (!node.empty()) throw unreachable(node);
  call.context.respond(200, "text/plain", "");  // nothing has run yet
  co_return;
}

base::Task<void> connect_pod(Call& call) {
  const object::Document pod = require_object(call);
  const std::string node = node_of(pod.root());
  if (node.empty()) {
    throw ApiError::bad_request("pod " + call.info().name + " does not have a host assigned");
  }
  throw unreachable(node);
  co_return;
}

base::Task<void> connect_proxy(Call& call) {
  // The name may carry a scheme and a port: https:name:port.
  const auto parts = base::split(call.info().name, ':');
  const std::string name(parts.size() == 3 ? parts[1] : parts[0]);
  if (!call.store.get(call.key(name))) throw call.not_found(name);
  if (call.resource.name == "services") {
    throw ApiError::service_unavailable("no endpoints available for service " +
                                        base::go_quote(name));
  }
  throw unreachable(name);
  co_return;
}

}  // namespace limen::api
