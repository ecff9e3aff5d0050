// ipFamilyPolicy and ipFamilies of a Service in a cluster with one family of addresses.
//
// Thread rule: free functions, any thread.
#pragma once

#include <string_view>

#include "object/document.h"
#include "validation/causes.h"

namespace limen::registry {

// Fills in what is left out, from the addresses and from `old` (null: the service is new), and says
// what cannot be. `family` is the cluster's, IPv4 or IPv6.
void settle_families(object::Json& service, const object::Json* old, std::string_view family,
                     validation::Causes& causes);

}  // namespace limen::registry
