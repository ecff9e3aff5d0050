// Where a request came from and what it presented.
#include <arpa/inet.h>

#include <algorithm>

#include "audit/event.h"
#include "base/strings.h"

namespace limen::audit {

namespace {

// The address in its usual form; nothing when it is none. Mapped IPv4 addresses are IPv4.
std::string address(std::string_view text) {
  const std::string copy(base::trim(text));
  char buffer[INET6_ADDRSTRLEN];
  in_addr four{};
  if (inet_pton(AF_INET, copy.c_str(), &four) == 1) {
    return inet_ntop(AF_INET, &four, buffer, sizeof buffer);
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, copy.c_str(), &six) != 1) return {};
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    return inet_ntop(AF_INET, &six.s6_addr[12], buffer, sizeof buffer);
  }
  return inet_ntop(AF_INET6, &six, buffer, sizeof buffer);
}

bool has_scheme(std::string_view authorization, std::string_view scheme) {
  return authorization.size() > scheme.size() && authorization[scheme.size()] == ' ' &&
         base::iequals(authorization.substr(0, scheme.size()), scheme);
}

}  // namespace

std::vector<std::string> source_ips(const transport::RequestHead& head,
                                    const transport::PeerInfo& peer) {
  std::vector<std::string> out;
  for (const std::string_view part : base::split(head.header("X-Forwarded-For"), ',')) {
    std::string ip = address(part);
    if (!ip.empty()) out.push_back(std::move(ip));
  }
  std::string real = address(head.header("X-Real-Ip"));
  if (!real.empty() && std::find(out.begin(), out.end(), real) == out.end()) {
    out.push_back(std::move(real));
  }
  std::string remote = address(peer.source_ip);
  if (!remote.empty() && (out.empty() || out.back() != remote)) out.push_back(std::move(remote));
  return out;
}

std::string attempted_credentials(const request::RequestContext& context) {
  std::vector<std::string> methods;
  const std::string_view authorization = base::trim(context.head().header("Authorization"));
  if (has_scheme(authorization, "basic")) methods.emplace_back("basic");
  if (has_scheme(authorization, "bearer")) methods.emplace_back("bearer");
  if (!context.exchange().peer().certificates_der.empty()) methods.emplace_back("x509");
  if (methods.empty()) return "Authentication failed, no credentials provided";
  return "Authentication failed, attempted: " + base::join(methods, ", ");
}

}  // namespace limen::audit
