// Where a Service can be reached: what the proxies, aggregated API groups and webhooks go by.
//
// Ready endpoints (EndpointSlices, then Endpoints) come first, since a server need not stand where
// cluster addresses are routed; for a Service that has none written down anywhere there is its
// cluster address; ExternalName gives the name. Nothing here looks at whether an address is one
// that may be connected to: that is for who connects. Free functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace limen::registry {

struct Location {
  std::string host;  // IP address, or a name for ExternalName
  std::uint16_t port = 0;
  std::string pod_ns, pod;  // the pod behind an endpoint, as the endpoint says; empty: it does not
};

struct ServiceLocations {
  std::vector<Location> ready;      // in no particular order; pick one at random
  std::string error;                // why there are none, for an operator
  bool found = false;               // whether the Service exists
  bool port_found = false;          // ... and has the port
  bool by_cluster_address = false;  // `ready` is the cluster address, not an endpoint
};

// `port` is the Service's port by name or number ("" when it has only one). Only TCP counts.
ServiceLocations locate_service(const storage::Store& store, std::string_view ns,
                                std::string_view name, std::string_view port);

// True when the endpoint is a pod of the namespace `ns` that has the address: what somebody who may
// write endpoints cannot point elsewhere.
bool is_pod_address(const storage::Store& store, std::string_view ns, const Location& location);

}  // namespace limen::registry
