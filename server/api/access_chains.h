// The three chains of one configuration generation, as a request pins them for its whole life.
#pragma once

#include <memory>

#include "admission/chain.h"
#include "authn/chain.h"
#include "authz/chain.h"

namespace limen::api {

struct AccessChains {
  authn::Chain authn;
  authz::Chain authz;
  admission::Chain admission;
};
using AccessChainsPtr = std::shared_ptr<const AccessChains>;

}  // namespace limen::api
