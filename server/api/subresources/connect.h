// Ways to nodes, pods and services: what exec, attach, portforward, log and proxy have in common.
//
// Where a kubelet is and how it is to be trusted comes from the Node and from the configuration
// (`kubelet:`). Texts of refusals are kube-apiserver's. Thread rule: the request's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "base/task.h"
#include "object/document.h"
#include "proxy/forward.h"

namespace limen::api {

// The stored object of this name. Throws ApiError 404.
object::Document require_object(const Call& call, std::string_view name);

// The one container that is meant: `wanted`, or the pod's only one. Throws ApiError 400.
std::string choose_container(const object::Json& pod, const std::string& pod_name,
                             const std::string& wanted);
std::string node_of(const object::Json& pod);  // empty: none yet

// Where the kubelet of a node listens: `host` and `port` as they stand in the Node. Throws ApiError
// 404 for an unknown node, 500 for one without an address, 400 for an address that may not be
// connected to.
struct Kubelet {
  std::string host;
  std::uint16_t port = 0;
};
Kubelet find_kubelet(const Call& call, const std::string& node);
// The same as a target of `path`, over TLS. Throws ApiError 500 when the files the trust rests on
// cannot be read or there are none.
proxy::Target kubelet_target(const Call& call, const Kubelet& kubelet, std::string path,
                             bool skip_verify = false);

// Asks admission about a CONNECT with these options and gives what it made of them.
base::Task<object::Json> admit_connect(Call& call, object::Json options);

// Of GET requests for an upgrade, which authorization took for reading (row Z19).
base::Task<void> require_upgrade_right(Call& call);

// Percent-encodes one value of a query as Go's url.QueryEscape does.
std::string query_escape(std::string_view text);

// How the configured trust is read from its files, which may change while the server runs.
proxy::Reach reach_of(const Call& call);

}  // namespace limen::api
