// Api: the end of a request's way, from its RequestInfo to its answer.
//
// Resource requests go to the verbs (api/verbs, one a file) and subresources (api/subresources);
// the server's own documents (discovery, OpenAPI, version) are answered here too. Called once a
// request, after authentication and authorization. One Api serves all I/O loops: immutable, any
// thread. Lifetime: outlives every request; the store outlives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/access_chains.h"
#include "base/task.h"
#include "base/worker_pool.h"
#include "proxy/trust_files.h"
#include "request/context.h"
#include "storage/store.h"

namespace limen::aggregation {
class RemoteServers;
}
namespace limen::registry {
class Conversions;
class ServiceAllocator;
}  // namespace limen::registry

namespace limen::api {

// How kubelets are reached, and what proxies may reach; as config::Kubelets.
struct KubeletOptions {
  std::vector<std::string> address_types = {"Hostname", "InternalDNS", "InternalIP", "ExternalDNS",
                                            "ExternalIP"};
  std::uint16_t default_port = 10250;
  bool skip_verify = false;
  bool allow_local_addresses = false;
  std::shared_ptr<proxy::TrustFiles> trust_files;  // null: the system's authorities
};

struct ApiOptions {
  std::size_t max_body_bytes = 3 * 1024 * 1024;         // more: 413
  std::size_t compress_above_bytes = 128 * 1024;        // gzip for bodies longer than this
  std::chrono::seconds min_request_timeout{1800};       // a watch ends after 1 to 2 times this
  std::chrono::milliseconds bookmark_interval{60'000};  // of watches that allow bookmarks
  std::size_t watch_high_water_bytes = 256 * 1024;  // unsent bytes at which a watch stops taking
  // Where large bodies are decoded, so that a loop's other requests do not wait for them; outlives
  // the Api. Null: on the loop.
  base::WorkerPool* decoders = nullptr;
  // Gives services their addresses and ports; outlives the Api. Null: they get none.
  registry::ServiceAllocator* services = nullptr;
  // Asks the webhooks that convert custom objects; outlives the Api. Null: such kinds answer 500.
  registry::Conversions* conversions = nullptr;
  KubeletOptions kubelets;
  // The API servers behind this one, asked for the group versions APIServices leave to them;
  // outlives the Api. Null: such requests are answered 503.
  const aggregation::RemoteServers* remote_servers = nullptr;
  // How long a request waits for the store to confirm that memory is new enough.
  std::chrono::milliseconds confirm_limit{5000};
  // Whether reads that memory may answer are refused, because it may be old; any thread. Null:
  // never.
  std::function<bool()> refuse_stale;
};

struct ApiDependencies {
  storage::Store& store;
  ApiOptions options;
};

class Api {
 public:
  explicit Api(const ApiDependencies& dependencies) : dependencies_(dependencies) {}

  // Answers `context`. Throws ApiError for what the pipeline should answer with a Status. The task
  // of a watch ends with the watch.
  base::Task<void> serve(request::RequestContext& context, const AccessChainsPtr& chains) const;

 private:
  ApiDependencies dependencies_;
};

}  // namespace limen::api
