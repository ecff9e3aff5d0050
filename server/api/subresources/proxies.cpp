// pods/proxy, services/proxy and nodes/proxy: requests that are sent on to what the object stands
// for.
#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/subresources/connect.h"
#include "api/subresources/proxy_paths.h"
#include "api/subresources/subresources.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"
#include "proxy/address.h"
#include "registry/service_location.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

std::optional<std::uint16_t> port_number(const std::string& text) {
  const auto number = base::parse_int(text);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::uint16_t default_port(const ProxyName& name) { return name.scheme == "https" ? 443 : 80; }

// A certificate of a pod is for nobody's name that could be known here; kube-apiserver does not
// verify it either.
void set_scheme(const ProxyName& name, proxy::Target& target) {
  if (name.scheme != "https") return;
  target.tls.emplace();
  target.tls->skip_verify = true;
}

// ---- pods --------------------------------------------------------------------------------------

std::string first_port(const Json& pod) {
  const Json* const containers = object::find(pod, {"spec", "containers"});
  if (!containers || !containers->is_array()) return {};
  for (const Json& container : containers->get_array()) {
    const Json* const ports = object::member(container, "ports");
    if (!ports || !ports->is_array() || ports->get_array().empty()) continue;
    return std::to_string(
        object::int_or(object::member(ports->get_array().front(), "containerPort"), 0));
  }
  return {};
}

std::string pod_ip(const Json& pod) {
  const Json* const ips = object::find(pod, {"status", "podIPs"});
  if (ips && ips->is_array() && !ips->get_array().empty()) {
    return std::string(object::text_at(ips->get_array().front(), "ip"));
  }
  const Json* const status = object::member(pod, "status");
  return std::string(status ? object::text_at(*status, "podIP") : std::string_view());
}

void check_ip(const Call& call, const std::string& ip) {
  const bool allowed = call.options.kubelets.allow_local_addresses
                           ? proxy::parse_address(ip, 0).has_value()
                           : proxy::is_global_unicast(ip);
  if (!allowed) throw ApiError::bad_request("address not allowed");
}

proxy::Target pod_target(const Call& call, const ProxyName& name) {
  const object::Document pod = require_object(call, name.name);
  const std::string text = name.port.empty() ? first_port(pod.root()) : name.port;
  proxy::Target target;
  target.host = pod_ip(pod.root());
  check_ip(call, target.host);
  const auto port = text.empty() ? default_port(name) : port_number(text);
  if (!port) {
    throw ApiError::service_unavailable("error trying to reach service: dial tcp: lookup tcp/" +
                                        text + ": unknown port");
  }
  target.port = *port;
  set_scheme(name, target);
  return target;
}

// ---- services ----------------------------------------------------------------------------------

proxy::Target service_target(const Call& call, const ProxyName& name) {
  const std::string& ns = call.info().ns;
  registry::ServiceLocations found = registry::locate_service(call.store, ns, name.name, name.port);
  if (!found.found) throw call.not_found(name.name);
  if (!found.port_found && base::parse_int(name.port)) {
    throw ApiError::service_unavailable("no service port " + name.port + " found for service " +
                                        base::go_quote(name.name));
  }
  // Who may write endpoints must not be able to point this server at anything but pods.
  std::vector<registry::Location>& ready = found.ready;
  ready.erase(std::remove_if(ready.begin(), ready.end(),
                             [&](const registry::Location& one) {
                               return !registry::is_pod_address(call.store, ns, one);
                             }),
              ready.end());
  if (found.by_cluster_address || ready.empty()) {
    throw ApiError::service_unavailable("no endpoints available for service " +
                                        base::go_quote(call.info().name));
  }
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> any(0, ready.size() - 1);
  const registry::Location& chosen = ready[any(random)];
  proxy::Target target;
  target.host = chosen.host;
  target.port = chosen.port;
  check_ip(call, target.host);
  set_scheme(name, target);
  return target;
}

// ---- nodes -------------------------------------------------------------------------------------

proxy::Target node_target(const Call& call, const ProxyName& name) {
  const Kubelet kubelet = find_kubelet(call, name.name);
  if (name.port.empty() || name.port == std::to_string(kubelet.port)) {
    return kubelet_target(call, kubelet, {});
  }
  const auto port = port_number(name.port);
  if (!port)
    throw ApiError::bad_request("invalid node request " + base::go_quote(call.info().name));
  proxy::Target target;
  target.host = kubelet.host;
  target.port = *port;
  set_scheme(name, target);
  return target;
}

std::string_view singular(const Call& call) {
  if (call.resource.name == "pods") return "pod";
  return call.resource.name == "services" ? "service" : "node";
}

proxy::Target locate(const Call& call) {
  const auto name = split_proxy_name(call.info().name);
  if (!name) {
    throw ApiError::bad_request("invalid " + std::string(singular(call)) + " request " +
                                base::go_quote(call.info().name));
  }
  if (call.resource.name == "pods") return pod_target(call, *name);
  if (call.resource.name == "services") return service_target(call, *name);
  return node_target(call, *name);
}

// A path that ends with "proxy" is sent to the one that ends with a slash, so that relative links
// work.
void redirect_to_slash(Call& call, const ProxyPath& path) {
  transport::ResponseHead head = call.context.new_head(301, "");
  head.add("Location", path.before + "/" + path.query);
  call.context.set_status(301);
  call.context.exchange().respond(std::move(head), std::string());
}

}  // namespace

base::Task<void> connect_proxy(Call& call) {
  const transport::RequestHead& head = call.context.head();
  const ProxyPath path = split_proxy_path(head.target, call.resource.namespaced);
  Json options(boost::json::object_kind);
  object::set_type(options, "v1", call.subresource->kind);
  if (!path.inner.empty()) {
    options.get_object()["path"] = base::percent_decode(path.inner, false).value_or(path.inner);
  }
  options = co_await admit_connect(call, std::move(options));
  if (call.resource.name == "nodes") co_await require_upgrade_right(call);
  proxy::Target target = locate(call);
  const bool upgrades = proxy::asks_upgrade(head) && call.context.exchange().can_upgrade();
  if (path.inner.empty() && !upgrades && (head.method == "GET" || head.method == "HEAD")) {
    co_return redirect_to_slash(call, path);
  }
  target.path = (path.inner.empty() ? "/" : path.inner) + path.query;
  target.host_header = head.header("Host");
  target.reach = reach_of(call);

  proxy::ForwardRules rules;
  rules.max_body_bytes = call.options.max_body_bytes;
  rules.redirects = proxy::Redirects::pass;
  rules.added.emplace_back("X-Forwarded-Uri", path.before + path.inner);
  rules.answer_field = [rewrite = LocationRewrite{proxy::join_host_port(target.host, target.port),
                                                  std::string(head.header("Host")), path.before}](
                           const std::string& field, std::string& value) {
    if (base::iequals(field, "Location")) value = rewrite.apply(value);
    return !base::to_lower(field).starts_with("access-control-allow-");
  };
  if (upgrades) {
    rules.unreachable = [](const std::string& why) {
      return ApiError(500, "", "error dialing backend: " + why);
    };
  }
  co_await proxy::forward(call.context, std::move(target), std::move(rules));
}

}  // namespace limen::api
