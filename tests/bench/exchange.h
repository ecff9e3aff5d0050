// Requests one at a time, for what a benchmark does besides its load.
#pragma once

#include <string>

#include "connection.h"

namespace limen::bench {

// A body is a JSON merge patch (RFC 7386); an empty `accept` is not sent.
std::string request_text(const std::string& method, const std::string& path,
                         const std::string& token, const std::string& body = "",
                         const std::string& accept = "");

// Sends one request and reads its whole answer; its status. Throws std::runtime_error when the
// server closes.
int exchange(Connection& connection, const std::string& request);

}  // namespace limen::bench
