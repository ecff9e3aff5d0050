// Options: the module's config, read and judged.
#pragma once

#include <cstdint>
#include <limen/cpp/module.hpp>
#include <string>
#include <vector>

#include "keys.h"

namespace limen::plugins::service_account {

struct Options {
  std::vector<std::string> issuers;    // accepted; the first signs
  std::vector<std::string> audiences;  // of the API
  KeyFiles files;
  std::int64_t max_expiration = 0;  // seconds; 0: no limit but the API's own
  bool extend_expiration = true;
  bool lookup = true;
  std::string jwks_uri;

  // Throws ConfigError.
  static Options read(Node config);
  // Whether there is an OpenID configuration: its issuer has to be an https URL (OpenID Connect
  // Discovery 1.0 section 3).
  bool is_published() const;
  bool accepts(std::string_view issuer) const;
};

extern const char* const kSchema;

}  // namespace limen::plugins::service_account
