#include "app/server_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "app/advertise_address.h"
#include "app/commands.h"
#include "app/module_isolation.h"
#include "base/address_range.h"
#include "base/port_range.h"
#include "base/strings.h"
#include "proxy/forward.h"

namespace limen::app {

namespace {

api::KubeletOptions kubelet_options(const config::Kubelets& kubelets) {
  api::KubeletOptions options;
  options.address_types = kubelets.address_types;
  options.default_port = static_cast<std::uint16_t>(kubelets.port);
  options.skip_verify = kubelets.skip_tls_verify;
  options.allow_local_addresses = kubelets.allow_local_addresses;
  options.trust_files = std::make_shared<proxy::TrustFiles>(kubelets.certificate_authority_file,
                                                            kubelets.client_certificate_file,
                                                            kubelets.client_key_file);
  return options;
}

// Empty when the system has none.
std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace

modules::RuntimeOptions runtime_options(const config::ServerConfiguration& configuration) {
  modules::RuntimeOptions options;
  options.folder = configuration.module_path;
  options.isolate = module_isolation(configuration);
  options.server_version = version_text();
  options.drain_timeout = configuration.shutdown_timeout;
  // No request but a watch or a tunnel lives longer, and those have been judged.
  options.pin_timeout = configuration.request_timeout + std::chrono::seconds(5);
  options.workers = static_cast<std::size_t>(configuration.threads.workers);
  if (options.workers == 0) {
    options.workers = std::max(8U, 4 * std::thread::hardware_concurrency());
  }
  return options;
}

std::function<std::chrono::seconds(const storage::ResourceId&)> time_to_live(
    const config::ServerConfiguration& configuration) {
  const auto ttl = std::chrono::ceil<std::chrono::seconds>(configuration.event_ttl);
  return [ttl](const storage::ResourceId& id) {
    const bool events = id.group.empty() && id.resource == "events";
    return events ? ttl : std::chrono::seconds(0);
  };
}

storage::StoreOptions store_options(const config::ServerConfiguration& configuration,
                                    std::shared_ptr<const encryption::Keyring> keyring,
                                    const std::atomic<bool>& turn) {
  storage::StoreOptions options;
  if (keyring != nullptr) {
    options.outdated = [keyring = std::move(keyring)](const storage::ResourceId& id,
                                                      std::uint32_t form) {
      return keyring->outdated(id, form);
    };
  }
  options.ttl = time_to_live(configuration);
  options.history = std::chrono::ceil<std::chrono::milliseconds>(configuration.history_retention);
  options.compact_every = std::min(options.compact_every, options.history);
  options.compacts = [&turn] { return turn.load(); };
  return options;
}

aggregation::RemoteServers::Options remote_options(
    const config::ServerConfiguration& configuration) {
  aggregation::RemoteServers::Options options;
  options.forward = proxy::forward;
  options.fetch = proxy::fetch;
  options.refuse_redirects = configuration.aggregation.reject_forwarding_redirect;
  options.max_body_bytes = static_cast<std::size_t>(configuration.limits.max_request_body_bytes);
  return options;
}

api::ApiOptions api_options(const config::ServerConfiguration& configuration,
                            const storage::CachedStore& store, base::WorkerPool& decoders,
                            registry::ServiceAllocator& services,
                            registry::Conversions& conversions,
                            const aggregation::RemoteServers& remote) {
  api::ApiOptions options;
  if (!configuration.storage.stale_reads) {
    options.refuse_stale = [&store] { return !store.trouble().empty(); };
  }
  options.conversions = &conversions;
  options.remote_servers = &remote;
  options.decoders = &decoders;
  options.services = &services;
  options.max_body_bytes = static_cast<std::size_t>(configuration.limits.max_request_body_bytes);
  options.min_request_timeout =
      std::chrono::ceil<std::chrono::seconds>(configuration.min_request_timeout);
  options.kubelets = kubelet_options(configuration.kubelets);
  return options;
}

registry::ServiceAllocator service_allocator(const config::Services& services) {
  return registry::ServiceAllocator(*base::AddressRange::parse(services.cluster_ip_range),
                                    *base::PortRange::parse(services.node_port_range));
}

std::unique_ptr<fairness::Fairness> make_fairness(const config::Limits& limits,
                                                  const storage::Store& store) {
  fairness::Options options;
  options.server_seats = limits.max_requests_in_flight + limits.max_mutating_requests_in_flight;
  if (!limits.fairness || options.server_seats == 0) return nullptr;
  options.count_objects = [&store](std::string_view group, std::string_view resource) {
    return store.count({std::string(group), std::string(resource)});
  };
  return std::make_unique<fairness::Fairness>(std::move(options));
}

controllers::Options controller_options(const config::ServerConfiguration& configuration,
                                        registry::ServiceAllocator& services,
                                        const aggregation::RemoteServers& remote,
                                        fairness::Fairness* fairness, std::atomic<bool>& turn) {
  controllers::Options options;
  options.turn = &turn;
  options.remote_servers = &remote;
  options.fairness = fairness;
  options.disabled = configuration.disabled_controllers;
  options.services = &services;
  options.own_service = {services.own_address(), advertise_address(configuration.secure),
                         configuration.secure.port};
  options.service_range = configuration.services.cluster_ip_range;
  options.event_ttl = configuration.event_ttl;
  options.host = host_name();
  return options;
}

pipeline::Options pipeline_options(const config::ServerConfiguration& configuration,
                                   request::LiveRequests& live, fairness::Fairness* fairness) {
  pipeline::Options options;
  options.fairness = fairness;
  options.live = &live;
  options.request_timeout = configuration.request_timeout;
  options.max_in_flight = static_cast<std::size_t>(configuration.limits.max_requests_in_flight);
  options.max_mutating_in_flight =
      static_cast<std::size_t>(configuration.limits.max_mutating_requests_in_flight);
  if (!configuration.cors_allowed_origins.empty()) {
    options.cross_origin =
        std::make_shared<const pipeline::CrossOrigin>(configuration.cors_allowed_origins);
  }
  options.strict_transport_security = base::join(configuration.strict_transport_security, "; ");
  return options;
}

}  // namespace limen::app
