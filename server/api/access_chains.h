// The three chains of one configuration generation, and who signs tokens in it, as a request pins
// them for its whole life.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admission/chain.h"
#include "api/shadows.h"
#include "authn/chain.h"
#include "authn/token_issuer.h"
#include "authz/chain.h"
#include "storage/followers.h"

namespace limen::api {

struct AccessChains : std::enable_shared_from_this<AccessChains> {
  authn::Chain authn;
  authz::Chain authz;
  admission::Chain admission;
  std::shared_ptr<authn::TokenIssuer> token_issuer;  // null: nobody signs tokens
  std::vector<std::string> api_audiences;            // of the configuration; empty: the issuer's
  std::shared_ptr<const Shadows> shadows;            // null: none
  // The modules that must have seen a write before it is acknowledged; null: nobody.
  const storage::Followers* followers = nullptr;
};
using AccessChainsPtr = std::shared_ptr<const AccessChains>;

}  // namespace limen::api
