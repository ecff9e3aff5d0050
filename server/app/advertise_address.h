// The address by which the cluster reaches this server, as Endpoints tell it.
//
// secure.advertiseAddress; else the bind address when others can reach it; else the address this
// host has on its way to the world. Never a loopback address: Endpoints may not hold one.
#pragma once

#include <string>

#include "config/configuration.h"

namespace limen::app {

// Empty when there is none: the host has no way to other hosts.
std::string advertise_address(const config::SecureListener& secure);

}  // namespace limen::app
