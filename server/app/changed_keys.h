// Which keys differ between two configurations.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace limen::app {

// The keys, in the order of the option table, as an operator writes them: "secure.port",
// "authenticators". Flags and defaults count: what matters is the value in the end.
std::vector<std::string> changed_keys(const config::ServerConfiguration& before,
                                      const config::ServerConfiguration& after);

// True when `key` is `pattern` or lies below it ("log.level" and "log").
bool key_matches(std::string_view key, std::string_view pattern);

}  // namespace limen::app
