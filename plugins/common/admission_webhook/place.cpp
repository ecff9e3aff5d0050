#include "common/admission_webhook/place.h"

#include <string_view>
#include <vector>

#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using plugins::go_quote;

std::string host_port(std::string_view host, std::int64_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

// HOST:PORT of an URL that begins with https://.
std::string authority_of(std::string_view url) {
  url.remove_prefix(std::string_view("https://").size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  return std::string(authority) + (has_port ? "" : ":443");
}

// The endpoints of a slice that take connections on the service's port of this name.
void add_ready(const Node& slice, std::string_view port_name, std::vector<std::string>& out) {
  if (slice["addressType"].view_or("") == "FQDN") return;
  for (const auto& [key, port] : slice["ports"]) {
    const auto number = port["port"].as_int();
    if (port["name"].view_or("") != port_name || !number) continue;
    for (const auto& [index, endpoint] : slice["endpoints"]) {
      if (!endpoint.at("/conditions/ready").bool_or(true)) continue;
      for (const std::string& address : endpoint["addresses"].strings()) {
        out.push_back(host_port(address, *number));
      }
    }
  }
}

Error unavailable(std::string text) { return Error{std::move(text), LIMEN_E_UNAVAILABLE}; }

// host:port of the service.
Result<std::string> endpoint_of(Host& host, const Webhook& webhook, std::uint32_t turn) {
  const auto service = host.objects().get("", "services", webhook.service_ns, webhook.service_name);
  if (!service.ok()) return service.error();
  if (!*service) return unavailable("service " + go_quote(webhook.service_name) + " not found");
  const Node spec = (**service)["spec"];
  if (spec["type"].view_or("") == "ExternalName") {
    return host_port(spec["externalName"].view_or(""), webhook.service_port);
  }
  Node port;
  for (const auto& [key, one] : spec["ports"]) {
    if (one["port"].int_or(0) == webhook.service_port) port = one;
  }
  if (!port) {
    return unavailable("no service port " + std::to_string(webhook.service_port) +
                       " found for service " + go_quote(webhook.service_name));
  }
  std::vector<std::string> ready;
  const auto listed = host.objects().list("discovery.k8s.io", "endpointslices", webhook.service_ns,
                                          "kubernetes.io/service-name=" + webhook.service_name,
                                          [&](const Node& slice) {
                                            add_ready(slice, port["name"].view_or(""), ready);
                                            return true;
                                          });
  if (!listed.ok()) return listed.error();
  if (!ready.empty()) return ready[turn % ready.size()];
  const std::string_view ip = spec["clusterIP"].view_or("");
  if (ip.empty() || ip == "None") {
    return unavailable("no endpoints available for service " + go_quote(webhook.service_name));
  }
  return host_port(ip, webhook.service_port);
}

}  // namespace

Result<Place> place_of(Host& host, const Webhook& webhook, std::uint32_t turn) {
  if (!webhook.url.empty()) return Place{webhook.url, webhook.url, {}, authority_of(webhook.url)};
  const auto endpoint = endpoint_of(host, webhook, turn);
  if (!endpoint.ok()) return endpoint.error();
  const std::string name = webhook.service_name + "." + webhook.service_ns + ".svc";
  const std::string path =
      (webhook.service_path.starts_with('/') ? "" : "/") + webhook.service_path;
  const std::string known_as = host_port(name, webhook.service_port);
  return Place{"https://" + *endpoint + path, "https://" + known_as + path, name, known_as};
}

}  // namespace limen::webhooks
