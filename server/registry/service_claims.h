// What tells in the store which service has an address or a port, for those who give them.
//
// An address: the IPAddress of networking.k8s.io/v1 that kube-apiserver makes as well, named like
// the address and pointing to the service. A port: an object of ours that is not served, named like
// the port. Whoever creates the object first has the number. Free functions, any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "object/document.h"
#include "storage/store.h"

namespace limen::registry {

inline const storage::ResourceId kAddressClaims{"networking.k8s.io", "ipaddresses"};
inline const storage::ResourceId kPortClaims{"limen.io", "portclaims"};

// The one way to write an address (RFC 5952), or empty for what is none.
std::string canonical_address(const std::string& text);

// The names of the claims that a service needs.
std::set<std::string> claimed_addresses(const object::Json& service);
std::set<std::string> claimed_ports(const object::Json& service);

// The text of a claim as a new object; `service` is "namespace/name".
std::string address_claim(const std::string& address, const std::string& service);
std::string port_claim(const std::string& port, const std::string& service);

// False for an IPAddress that somebody else made.
bool is_made_by_server(const storage::ResourceId& id, const object::Json& claim);
// The service a claim is for, as "namespace/name"; empty: for none.
std::string claimed_by(const object::Json& claim);

}  // namespace limen::registry
