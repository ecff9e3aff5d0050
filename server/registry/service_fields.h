// What the fields of a Service mean for its addresses and ports, and what an update that leaves
// them out keeps.
//
// Thread rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::registry {

// ClusterIP when it has none.
std::string_view service_type(const object::Json& service);
bool is_headless(const object::Json& service);
bool needs_cluster_ip(const object::Json& service);
bool needs_node_ports(const object::Json& service);
// A port on which a load balancer asks each node for its health.
bool needs_health_port(const object::Json& service);
// Whether ports that name none get one: a load balancer may do without.
bool wants_node_ports(const object::Json& service);
bool has_selector(const object::Json& service);

std::vector<std::string> cluster_ips(const object::Json& service);
std::vector<std::int64_t> node_ports(const object::Json& service);  // without those unset
std::int64_t health_port(const object::Json& service);              // 0: none

// Of a new service: clusterIPs follows clusterIP.
void settle_new_service(object::Json& service);
// Of one that replaces `old`: values the server chose stay when they are left out; clusterIP and
// clusterIPs agree; what only the old type had goes.
void settle_changed_service(object::Json& service, const object::Json& old);

}  // namespace limen::registry
