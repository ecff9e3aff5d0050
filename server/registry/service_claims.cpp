#include "registry/service_claims.h"

#include <arpa/inet.h>

#include <array>
#include <chrono>

#include "base/address_range.h"
#include "base/strings.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"
#include "registry/service_fields.h"
#include "registry/strategy.h"

namespace limen::registry {

namespace {

using object::Json;

constexpr std::string_view kManagedBy = "ipaddress.kubernetes.io/managed-by";
constexpr std::string_view kManager = "ipallocator.k8s.io";
constexpr std::string_view kFamily = "ipaddress.kubernetes.io/ip-family";

boost::json::object parent(const std::string& service) {
  const std::size_t slash = service.find('/');
  return {{"resource", "services"},
          {"namespace", service.substr(0, slash)},
          {"name", service.substr(slash + 1)}};
}

}  // namespace

std::string canonical_address(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  in6_addr bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = v6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, text.c_str(), &bytes) != 1) return {};
  return inet_ntop(family, &bytes, out.data(), out.size()) ? std::string(out.data())
                                                           : std::string();
}

std::set<std::string> claimed_addresses(const Json& service) {
  std::set<std::string> found;
  const auto add = [&](const Json& value) {
    if (!value.is_string()) return;
    const std::string address = canonical_address(std::string(value.get_string()));
    if (!address.empty()) found.insert(address);
  };
  const Json* all = object::find(service, {"spec", "clusterIPs"});
  if (all && all->is_array()) {
    for (const Json& one : all->get_array()) add(one);
  } else if (const Json* one = object::find(service, {"spec", "clusterIP"})) {
    add(*one);
  }
  return found;
}

std::set<std::string> claimed_ports(const Json& service) {
  std::set<std::string> found;
  for (const std::int64_t port : node_ports(service)) {
    if (port > 0) found.insert(std::to_string(port));
  }
  const std::int64_t health = needs_health_port(service) ? health_port(service) : 0;
  if (health > 0) found.insert(std::to_string(health));
  return found;
}

std::string address_claim(const std::string& address, const std::string& service) {
  Json made = boost::json::object();
  object::set_type(made, "networking.k8s.io/v1", "IPAddress");
  object::set_metadata(made, "name", address);
  object::metadata(made)["labels"] = {
      {boost::json::string_view(kFamily.data(), kFamily.size()),
       std::string(base::family_of(address))},
      {boost::json::string_view(kManagedBy.data(), kManagedBy.size()),
       boost::json::string_view(kManager.data(), kManager.size())}};
  object::object_at(made, "spec")["parentRef"] = parent(service);
  const catalog::Resource& resource =
      *catalog::find_resource(kAddressClaims.group, "v1", kAddressClaims.resource);
  const request::Identity self{"system:apiserver", "", {"system:masters"}, {}};
  prepare_create(resource, strategy_for(resource), made, self);
  return object::canonical(made);
}

std::string port_claim(const std::string& port, const std::string& service) {
  Json made = boost::json::object();
  object::set_type(made, "limen.io/v1", "PortClaim");
  object::set_metadata(made, "name", port);
  object::set_metadata(made, "uid", base::random_uuid());
  object::set_metadata(made, "creationTimestamp",
                       base::format_time(std::chrono::system_clock::now()));
  object::object_at(made, "spec")["parentRef"] = parent(service);
  return object::canonical(made);
}

bool is_made_by_server(const storage::ResourceId& id, const Json& claim) {
  if (id == kPortClaims) return true;
  const Json* labels = object::find(claim, {"metadata", "labels"});
  return labels && object::text_at(*labels, kManagedBy) == kManager;
}

std::string claimed_by(const Json& claim) {
  const Json* parent = object::find(claim, {"spec", "parentRef"});
  if (!parent || object::text_at(*parent, "resource") != "services") return {};
  return std::string(object::text_at(*parent, "namespace")) + "/" +
         std::string(object::text_at(*parent, "name"));
}

}  // namespace limen::registry
