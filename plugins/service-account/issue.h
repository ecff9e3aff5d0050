// Issue: the claims of a new token, from what was asked for (row A28).
#pragma once

#include <cstdint>
#include <limen/cpp/token_issuer.hpp>
#include <string>

#include "claims.h"
#include "options.h"

namespace limen::plugins::service_account {

// The expiration that projected tokens of pods ask for, and for how long such a token really lives
// when extension is on: clients that read their token once at start go on working, and are found by
// the claim `warnafter`.
inline constexpr std::int64_t kExtendableSeconds = 3607;
inline constexpr std::int64_t kExtendedSeconds = 365 * 24 * 3600;

struct NewToken {
  Claims claims;
  std::int64_t granted = 0;  // seconds, as the requester is told
  bool shortened = false;    // less than was asked for
};

// `now` in seconds since 1970. Throws std::runtime_error when there is no randomness for its id.
NewToken new_token(const TokenCall& call, const Options& options, std::int64_t now);

}  // namespace limen::plugins::service_account
