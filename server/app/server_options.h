// What each room is told of the configuration: one function a room.
//
// Pure functions of a checked configuration; what they are given outlives what is made of it. Any
// thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "aggregation/remote_servers.h"
#include "api/api.h"
#include "base/worker_pool.h"
#include "config/configuration.h"
#include "controllers/manager.h"
#include "encryption/keyring.h"
#include "fairness/fairness.h"
#include "modules/runtime.h"
#include "pipeline/pipeline.h"
#include "registry/service_allocator.h"
#include "storage/cached_store.h"

namespace limen::app {

modules::RuntimeOptions runtime_options(const config::ServerConfiguration& configuration);
// How long objects of a resource live in a store that removes them by itself: events, as
// configured.
std::function<std::chrono::seconds(const storage::ResourceId&)> time_to_live(
    const config::ServerConfiguration& configuration);
// `keyring`: null when nothing is encrypted. `turn`: whether this server does what only one
// of several on the same store does; outlives the options.
storage::StoreOptions store_options(const config::ServerConfiguration& configuration,
                                    std::shared_ptr<const encryption::Keyring> keyring,
                                    const std::atomic<bool>& turn);
aggregation::RemoteServers::Options remote_options(
    const config::ServerConfiguration& configuration);
api::ApiOptions api_options(const config::ServerConfiguration& configuration,
                            const storage::CachedStore& store, base::WorkerPool& decoders,
                            registry::ServiceAllocator& services,
                            registry::Conversions& conversions,
                            const aggregation::RemoteServers& remote);
// The configuration has been checked: its ranges are some.
registry::ServiceAllocator service_allocator(const config::Services& services);
// Null when the configuration leaves it to the two plain limits, or has no limits at all.
std::unique_ptr<fairness::Fairness> make_fairness(const config::Limits& limits,
                                                  const storage::Store& store);
controllers::Options controller_options(const config::ServerConfiguration& configuration,
                                        registry::ServiceAllocator& services,
                                        const aggregation::RemoteServers& remote,
                                        fairness::Fairness* fairness, std::atomic<bool>& turn);
pipeline::Options pipeline_options(const config::ServerConfiguration& configuration,
                                   request::LiveRequests& live, fairness::Fairness* fairness);

}  // namespace limen::app
