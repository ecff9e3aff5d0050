#include "api/subresources/connect.h"

#include <algorithm>
#include <utility>

#include "api/admit.h"
#include "api/create_right.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"
#include "proxy/address.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kLists[] = {"initContainers", "containers", "ephemeralContainers"};

std::vector<std::string> container_names(const Json& pod, std::string_view list) {
  std::vector<std::string> names;
  const Json* const containers = object::find(pod, {"spec", list});
  if (!containers || !containers->is_array()) return names;
  for (const Json& container : containers->get_array()) {
    names.emplace_back(object::text_at(container, "name"));
  }
  return names;
}

// Shown as Go shows a list of addresses.
std::string shown_addresses(const Json& node) {
  std::string text = "[";
  const Json* const addresses = object::find(node, {"status", "addresses"});
  if (addresses && addresses->is_array()) {
    for (const Json& one : addresses->get_array()) {
      if (text.size() > 1) text += ' ';
      text += "{" + std::string(object::text_at(one, "type")) + " " +
              std::string(object::text_at(one, "address")) + "}";
    }
  }
  return text + "]";
}

std::string preferred_address(const Json& node, const std::vector<std::string>& types) {
  const Json* const addresses = object::find(node, {"status", "addresses"});
  for (const std::string& type : types) {
    if (!addresses || !addresses->is_array()) break;
    for (const Json& one : addresses->get_array()) {
      if (object::text_at(one, "type") == type) return std::string(object::text_at(one, "address"));
    }
  }
  throw ApiError(500, "",
                 "no preferred addresses found; known addresses: " + shown_addresses(node));
}

}  // namespace

object::Document require_object(const Call& call, std::string_view name) {
  const storage::ObjectPtr object = call.store.get(call.key(name));
  if (!object) throw call.not_found(name);
  return object::Document::parse(object->json);
}

std::string node_of(const Json& pod) {
  const Json* const spec = object::member(pod, "spec");
  return std::string(spec ? object::text_at(*spec, "nodeName") : std::string_view());
}

std::string choose_container(const Json& pod, const std::string& pod_name,
                             const std::string& wanted) {
  if (!wanted.empty()) {
    for (const std::string_view list : kLists) {
      const std::vector<std::string> names = container_names(pod, list);
      if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
    }
    throw ApiError::bad_request("container " + wanted + " is not valid for pod " + pod_name);
  }
  const std::vector<std::string> names = container_names(pod, "containers");
  if (names.size() == 1) return names.front();
  std::string text = "a container name must be specified for pod " + pod_name;
  if (!names.empty()) text += ", choose one of: [" + base::join(names, " ") + "]";
  const std::vector<std::string> init = container_names(pod, "initContainers");
  if (!names.empty() && !init.empty()) {
    text += " or one of the init containers: [" + base::join(init, " ") + "]";
  }
  throw ApiError::bad_request(text);
}

// ---- kubelets ----------------------------------------------------------------------------------

proxy::Reach reach_of(const Call& call) {
  return call.options.kubelets.allow_local_addresses ? proxy::Reach::anywhere
                                                     : proxy::Reach::global_unicast;
}

Kubelet find_kubelet(const Call& call, const std::string& node) {
  const storage::ObjectPtr stored = call.store.get({{"", "nodes"}, "", node});
  if (!stored) throw ApiError::not_found("", "nodes", node);
  const object::Document document = object::Document::parse(stored->json);
  const KubeletOptions& options = call.options.kubelets;
  Kubelet kubelet;
  kubelet.host = preferred_address(document.root(), options.address_types);
  const std::int64_t port = object::int_or(
      object::find(document.root(), {"status", "daemonEndpoints", "kubeletEndpoint", "Port"}), 0);
  kubelet.port =
      port > 0 && port <= 65535 ? static_cast<std::uint16_t>(port) : options.default_port;
  // A name is looked at again once it has been looked up.
  if (!options.allow_local_addresses && proxy::parse_address(kubelet.host, 0) &&
      !proxy::is_global_unicast(kubelet.host)) {
    throw ApiError::bad_request("address not allowed");
  }
  return kubelet;
}

proxy::Target kubelet_target(const Call& call, const Kubelet& kubelet, std::string path,
                             bool skip_verify) {
  const KubeletOptions& options = call.options.kubelets;
  proxy::Target target;
  target.host = kubelet.host;
  target.port = kubelet.port;
  target.host_header = proxy::join_host_port(kubelet.host, kubelet.port);
  target.path = std::move(path);
  target.reach = reach_of(call);
  proxy::TlsTrust& trust = target.tls.emplace();
  trust.server_name = kubelet.host;
  trust.skip_verify = skip_verify || options.skip_verify;
  if (!options.trust_files) return target;
  std::string problem = options.trust_files->read(trust);
  if (problem.empty() && trust.ca_pem.empty() && !trust.skip_verify) {
    problem =
        "the kubelet cannot be trusted: kubelet.certificateAuthorityFile is not set in the "
        "server's configuration";
  }
  if (!problem.empty()) throw ApiError(500, "", "error dialing backend: " + problem);
  return target;
}

// ---- who may -----------------------------------------------------------------------------------

base::Task<Json> admit_connect(Call& call, Json options) {
  const request::RequestInfo& info = call.info();
  Admit admit(call, admission::kConnect, info.verb, info.name, call.subresource->kind,
              call.subresource->type, object::Document(), false);
  const object::Document none;
  co_await admit.mutate(options, none);
  co_await admit.validate(options, none);
  co_return options;
}

base::Task<void> require_upgrade_right(Call& call) {
  const bool reads = call.context.head().method == "GET";
  if (reads && proxy::asks_upgrade(call.context.head())) co_await require_create(call);
}

std::string query_escape(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
                       byte == '~';
    if (plain) {
      out += byte;
    } else if (byte == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[code >> 4U];
      out += kHex[code & 0xFU];
    }
  }
  return out;
}

}  // namespace limen::api
