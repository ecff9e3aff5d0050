// One request of the program to a running server, over HTTPS. Blocks; any thread.
#pragma once

#include <string>

#include "app/client_config.h"

namespace limen::app {

struct ApiAnswer {
  int status = 0;
  std::string body;
};

// POSTs JSON to `path` and waits up to half a minute for each part of the answer. Throws
// std::runtime_error that names the server when there is no answer or its certificate is not
// trusted; nothing secret is in it.
ApiAnswer post_json(const ClientConfig& config, const std::string& path, const std::string& body);

}  // namespace limen::app
