// One request of the program to a running server, over HTTPS. Blocks; any thread.
#pragma once

#include <chrono>
#include <string>

#include "app/client_config.h"

namespace limen::app {

struct ApiAnswer {
  int status = 0;
  std::string body;
};

inline constexpr std::chrono::seconds kClientPatience(30);

// POSTs JSON to `path` and waits so long for each part of the answer. Throws std::runtime_error
// that names the server when there is no answer or its certificate is not trusted; nothing secret
// is in it.
ApiAnswer post_json(const ClientConfig& config, const std::string& path, const std::string& body,
                    std::chrono::seconds patience = kClientPatience);
// The same with GET.
ApiAnswer get_json(const ClientConfig& config, const std::string& path);

// What an answer that is none of the expected says: "https://HOST: the message of its Status".
std::string failure_of(const ClientConfig& config, const ApiAnswer& answer);

}  // namespace limen::app
