// The names and paths of proxies: what comes before and after `/proxy`, and where redirects lead.
//
// Pure functions over text; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limen::api {

// "name", "name:port" or "scheme:name:port". Nothing for what is none of these; a scheme is http,
// https or empty.
struct ProxyName {
  std::string scheme, name, port;
};
std::optional<ProxyName> split_proxy_name(std::string_view text);

// A request target of .../proxy, as it was sent, not decoded.
struct ProxyPath {
  std::string before;  // up to and with "proxy"
  std::string inner;   // what follows it: empty, or from its "/" on
  std::string query;   // empty, or from the "?" on
};
ProxyPath split_proxy_path(std::string_view target, bool namespaced);

// Where an answer's Location leads from the client's side: a path of the target, or a URL with its
// host, gets the proxy's path before it; what leads elsewhere or is relative stays as it is.
struct LocationRewrite {
  std::string target_host, client_host;  // "host:port"
  std::string before;                    // of the ProxyPath
  std::string apply(const std::string& location) const;
};

}  // namespace limen::api
