// The client certificate this server shows to the API servers behind it (aggregation.*).
//
// Free functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "app/pki.h"
#include "config/configuration.h"
#include "controllers/authentication_trust.h"

namespace limen::app {

// The pair, both texts empty when none is configured. Throws std::runtime_error with one sentence
// when only one file is given, one cannot be read, or they do not belong together.
KeyPair read_proxy_client(const config::Aggregation& aggregation);

// The same as a sentence; empty when all is well.
std::string proxy_client_problem(const config::Aggregation& aggregation);

// The files; empty when none is configured.
std::vector<std::string> proxy_client_files(const config::Aggregation& aggregation);

// The fields by which this server, and so the servers behind it, believe a front proxy; prefixes
// end in "*".
std::vector<std::string> front_proxy_fields(const controllers::AuthenticationTrust& trust);

}  // namespace limen::app
