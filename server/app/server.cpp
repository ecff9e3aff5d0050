#include "app/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "aggregation/remote_servers.h"
#include "api/api.h"
#include "app/access_control.h"
#include "app/audit_setup.h"
#include "app/certificate_bundle.h"
#include "app/client_authorities.h"
#include "app/commands.h"
#include "app/conversion_client.h"
#include "app/encryption_setup.h"
#include "app/front_proxy.h"
#include "app/informer_sync.h"
#include "app/log_page.h"
#include "app/log_setup.h"
#include "app/module_objects.h"
#include "app/module_reload.h"
#include "app/module_specs.h"
#include "app/own_pages.h"
#include "app/proxy_client.h"
#include "app/reload_pages.h"
#include "app/reloader.h"
#include "app/rights_watch.h"
#include "app/root_ca.h"
#include "app/server_options.h"
#include "app/serving_certificate.h"
#include "app/store_setup.h"
#include "app/transport_options.h"
#include "authn/revocations.h"
#include "base/file_watcher.h"
#include "catalog/catalog.h"
#include "catalog/custom/custom_catalog.h"
#include "controllers/manager.h"
#include "fairness/fairness.h"
#include "modules/load_error.h"
#include "modules/module_instance.h"
#include "modules/runtime.h"
#include "observability/health.h"
#include "observability/log.h"
#include "observability/metrics.h"
#include "pipeline/pipeline.h"
#include "registry/service_allocator.h"
#include "registry/webhook_conversion.h"
#include "storage/cached_store.h"
#include "transport/server.h"
#include "transport/tls_policy.h"

namespace limen::app {

namespace {

using Clock = std::chrono::steady_clock;

std::string milliseconds_since(Clock::time_point start) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
}

std::string endpoint(const std::string& address, std::int64_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

// Large bodies are rare: two threads read them, and a few may wait.
constexpr std::size_t kDecoders = 2;
constexpr std::size_t kWaitingBodies = 64;
// Questions to conversion webhooks wait for others: many may be out at once.
constexpr std::size_t kConverters = 32;
constexpr std::size_t kWaitingConversions = 1024;

bool resource_exists(std::string_view group, std::string_view resource) {
  return catalog::lookup_any(group, resource) != nullptr;
}

// The instance of the store's module, given back to the runtime when it goes.
class StoreInstance {
 public:
  StoreInstance(modules::Runtime& runtime, const modules::ModuleSpec& spec)
      : runtime_(runtime), instance_(runtime.start_store(spec)) {}
  ~StoreInstance() { runtime_.retire(std::move(instance_)); }
  StoreInstance(const StoreInstance&) = delete;
  StoreInstance& operator=(const StoreInstance&) = delete;
  const limen_plugin& plugin() const { return *instance_->plugin(); }

 private:
  modules::Runtime& runtime_;
  std::shared_ptr<modules::ModuleInstance> instance_;
};

}  // namespace

// Members are made in this order and go in the reverse of it.
class ServerProcess::Rooms {
 public:
  Rooms(const config::ServerConfiguration& configuration, Reloader::Load load)
      : configuration_(configuration),
        store_runtime_(runtime_options(configuration)),
        store_instance_(store_runtime_, store_spec(configuration)),
        keyring_(make_keyring(configuration.storage_encryption)),
        store_(store_driver(store_instance_.plugin(), keyring_),
               store_options(configuration, keyring_, turn_)),
        runtime_(runtime_options(configuration)),
        revocations_(configuration.revocations.path),
        access_(runtime_, {&revocations_, configuration_.api_audiences}),
        services_(service_allocator(configuration.services)),
        fairness_(make_fairness(configuration.limits, store_)),
        remote_servers_(store_, remote_options(configuration)),
        controllers_(store_, controller_options(configuration, services_, remote_servers_,
                                                fairness_.get(), turn_)),
        auditor_(make_auditor(configuration)),
        api_({store_, api_options(configuration, store_, decoders_, services_, conversions_,
                                  remote_servers_)}),
        pipeline_(
            pipeline_options(configuration, live_, fairness_.get()),
            [this] { return access_.current(); },
            [this](request::RequestContext& context, const api::AccessChainsPtr& chains) {
              return dispatch(context, chains);
            },
            auditor_.get()),
        reloader_(configuration, std::move(load), reloadable_parts(),
                  [this] { return access_.generation()->number(); }) {}

  ~Rooms() { take_down(std::chrono::milliseconds(0)); }
  Rooms(const Rooms&) = delete;
  Rooms& operator=(const Rooms&) = delete;

  void bring_up() {
    log::info("storage", {{"name", configuration_.storage.name},
                          {"module", configuration_.storage.module},
                          {"revision", std::to_string(store_.revision())}});
    if (keyring_ != nullptr) {
      log::info("encryption at rest", {{"file", configuration_.storage_encryption}});
    }
    const std::string nobody = no_way_in(configuration_);
    if (!nobody.empty()) throw std::runtime_error(nobody);
    const std::string shared = shared_proxy_authority(configuration_);
    if (!shared.empty()) throw std::runtime_error(shared);
    show_proxy_client();
    services_.load(store_);
    const CertificateFiles certificate = ensure_serving_certificate(configuration_.secure);
    if (certificate.made) {
      log::info("a self-signed certificate was made", {{"file", certificate.certificate}});
    }
    publish_root_ca(certificate);
    runtime_.offer_objects(store_, resource_exists);
    runtime_.offer_kinds(resource_of_kind);
    runtime_.offer_creation([this](storage::Key key, object::Json object,
                                   const std::function<void(storage::WriteStatus)>& done) {
      create_for_module(store_, std::move(key), std::move(object), done);
    });
    runtime_.on_rights_changed([this] { rights_.changed(); });
    controllers_.start();
    const modules::GenerationSpec modules = generation_spec(configuration_);
    access_.change(modules);
    log_generation(*access_.generation());
    for (const std::string& warning : module_warnings(modules, runtime_)) {
      log::warn("the configuration may not be meant", {{"warning", warning}});
    }
    authorities_.follow(access_.generation()->authenticators());
    controllers_.change_authentication_trust(authorities_.trust());
    remote_servers_.withhold(front_proxy_fields(authorities_.trust()));
    add_health_checks();
    listen(certificate);
    watch_files();
    await_housekeeping();
  }

  Reloader& reloader() { return reloader_; }

  std::vector<base::Executor*> loops() { return transport_->loops(); }

  void become_unready() { stopping_.store(true); }

  void take_down(std::chrono::milliseconds grace) {
    reloader_.stop();
    if (transport_) {
      transport_->stop_accepting();
      transport_->drain(grace);
      transport_->stop();
    }
    files_.stop();
    controllers_.stop();
    store_.close();
  }

 private:
  base::Task<void> dispatch(request::RequestContext& context, const api::AccessChainsPtr& chains) {
    if (answer_own_page(context, health_, fairness_.get())) co_return;
    if (context.info.path == kLogPage) co_return co_await answer_log_page(context);
    if (ReloadPages::handles(context.info)) {
      co_return co_await ReloadPages{reloader_, runtime_}.answer(context);
    }
    co_await api_.serve(context, chains);
  }

  // What a reload changes, in the order of doing so. The modules come last: starting them costs the
  // most, and by then nobody else can refuse.
  std::vector<Reloadable> reloadable_parts() {
    std::vector<Reloadable> parts;
    parts.push_back({"log", {"log"}, [](const auto& next, ReloadReport&) -> ReloadCommit {
                       return [log = next.log](ReloadReport&) { set_up_log(log); };
                     }});
    parts.push_back({"audit", {}, [this](const auto&, ReloadReport&) -> ReloadCommit {
                       if (auditor_ == nullptr) return nullptr;
                       return [commit = prepare_audit_reload(
                                   *auditor_, configuration_.audit.policy_file)](ReloadReport&) {
                         commit();
                       };
                     }});
    parts.push_back({"encryption", {}, [this](const auto&, ReloadReport&) -> ReloadCommit {
                       if (keyring_ == nullptr) return nullptr;
                       return [commit = prepare_keyring_reload(
                                   keyring_, configuration_.storage_encryption)](ReloadReport&) {
                         commit();
                       };
                     }});
    parts.push_back(modules_part(access_, runtime_, [this] { follow_modules(); }));
    parts.push_back({"certificates", {}, [this](const auto&, ReloadReport&) -> ReloadCommit {
                       return [this](ReloadReport&) { reload_certificates(); };
                     }});
    return parts;
  }

  // What rests on the modules in force, after they have changed.
  void follow_modules() {
    log_generation(*access_.generation());
    rights_.changed();
    authorities_.follow(access_.generation()->authenticators());
    publish_authorities();
    watch_authorities();
  }

  // The server's own files; modules look after theirs.
  void watch_files() {
    if (auditor_ != nullptr) {
      const std::string& policy = configuration_.audit.policy_file;
      files_.watch({policy}, [this, policy] { reload_audit_policy(*auditor_, policy); });
    }
    if (keyring_ != nullptr) {
      const std::string& file = configuration_.storage_encryption;
      files_.watch({file}, [this, file] { reload_keyring(keyring_, file); });
      reload_keyring(keyring_, file);  // it may have changed since it was read for the first time
    }
    files_.watch(tls_files_, [this] { reload_certificates(); });
    const auto proxy_files = proxy_client_files(configuration_.aggregation);
    if (!proxy_files.empty()) files_.watch(proxy_files, [this] { reload_proxy_client(); });
    watch_authorities();
    if (!root_ca_file_.empty()) {
      files_.watch({root_ca_file_}, [this] { reload_root_ca(); });
      reload_root_ca();  // it may have changed since it was read for the first time
    }
    if (revocations_.path().empty()) return;
    files_.watch({revocations_.path()}, [this] {
      if (revocations_.reload()) end_revoked();
    });
    revocations_.reload();  // it may have changed since it was read for the first time
  }

  // A reload of the configuration may bring more of them; those it no longer names do no harm.
  void watch_authorities() {
    std::vector<std::string> files = authorities_.files();
    std::erase_if(files, [this](const std::string& file) {
      return !watched_authorities_.insert(file).second;
    });
    if (files.empty()) return;
    files_.watch(std::move(files), [this] { reload_authorities(); });
    reload_authorities();  // they may have changed since they were read
  }

  void reload_authorities() {
    if (!authorities_.reload()) return;
    log::info("the certificate authorities of clients were read again");
    publish_authorities();
    reload_certificates();
  }

  // To clients from the next reload_certificate() on.
  void publish_authorities() {
    const std::lock_guard lock(publishing_);  // what is told last is what was read last
    controllers_.change_authentication_trust(authorities_.trust());
    remote_servers_.withhold(front_proxy_fields(authorities_.trust()));
    transport_->offer_authorities(authorities_.all());
  }

  void publish_root_ca(const CertificateFiles& certificate) {
    const std::string problem = root_ca_problem(configuration_);
    if (!problem.empty()) throw std::runtime_error("controllers.rootCAFile: " + problem);
    root_ca_file_ = root_ca_file(configuration_, certificate);
    if (!root_ca_file_.empty()) return reload_root_ca();
    if (publishes_root_ca(configuration_)) {
      log::warn(
          "kube-root-ca.crt is not published: nothing tells which authority signed the serving "
          "certificate; name its file as controllers.rootCAFile");
    }
  }

  void reload_root_ca() {
    try {
      controllers_.change_root_ca(read_certificate_bundle(root_ca_file_).text);
    } catch (const std::exception& error) {
      log::error("the serving certificate's authority cannot be used, the old one stays published",
                 {{"error", error.what()}});
    }
  }

  void show_proxy_client() {
    KeyPair pair = read_proxy_client(configuration_.aggregation);
    remote_servers_.show_certificate(std::move(pair.certificate), std::move(pair.key));
  }

  void reload_proxy_client() {
    try {
      show_proxy_client();
      log::info("the client certificate for API servers behind this one was read again");
    } catch (const std::exception& error) {
      log::error("the new client certificate for API servers behind this one cannot be used",
                 {{"error", error.what()}});
    }
  }

  // Files that cannot be used leave the certificates as they are: half of a pair may be new
  // already.
  void reload_certificates() {
    static auto& reloads =
        metrics::counter("limen_serving_certificate_reloads_total",
                         "Attempts to read changed certificate files.", {"outcome"});
    try {
      transport_->reload_certificate();
      reloads.with({"success"}).add();
      log::info("the serving certificates were read again");
    } catch (const std::exception& error) {
      reloads.with({"failure"}).add();
      log::error("the serving certificates cannot be used, the old ones stay in use",
                 {{"error", error.what()}});
    }
  }

  // Ends the watches that rest on what has been revoked.
  void end_revoked() {
    const std::size_t ended =
        live_.end_if([list = revocations_.current()](
                         const request::Credential& credential) -> std::optional<base::ApiError> {
          if (list->revoked_by(credential).empty()) return std::nullopt;
          return base::ApiError::unauthorized();
        });
    if (ended > 0) log::info("watches ended by a revocation", {{"watches", std::to_string(ended)}});
  }

  // Names as kube-apiserver has them where it has such a check.
  void add_health_checks() {
    health_.add("log", health::kEverywhere, [] { return std::string(); });
    const auto storage = [this] { return store_.trouble(); };
    // A store that others use too comes back by itself, and what memory holds is worth reading
    // until then: no reason to start this server anew.
    const unsigned spared = store_.shared() ? unsigned{health::kLivez} : 0U;
    health_.add("storage", health::kEverywhere, storage, spared);
    health_.add("etcd", health::kEverywhere, storage, spared);
    health_.add("etcd-readiness", health::kReadyz, storage);
    health_.add("modules", health::kReadyz, [this] {
      std::string all;
      for (const std::string& trouble : access_.generation()->troubles()) {
        all += (all.empty() ? "" : "; ") + trouble;
      }
      return all;
    });
    const auto housekeeping = [this] {
      return controllers_.synced() ? std::string() : std::string("not finished");
    };
    health_.add("controllers", health::kHealthz | health::kReadyz, housekeeping);
    health_.add("poststarthook/rbac/bootstrap-roles", health::kHealthz | health::kReadyz,
                housekeeping);
    health_.add("poststarthook/crd-informer-synced", health::kHealthz | health::kReadyz,
                housekeeping);
    health_.add("informer-sync", health::kReadyz, [this] { return informers_.missing(); });
    health_.add("shutdown", health::kReadyz, [this] {
      return stopping_.load() ? std::string("process is shutting down") : std::string();
    });
  }

  void listen(const CertificateFiles& certificate) {
    warn_of_weak_tls();
    tls_files_ = tls_files(configuration_.secure, certificate);
    transport_ =
        std::make_unique<transport::Server>(transport_options(configuration_, certificate),
                                            [this](std::shared_ptr<transport::Exchange> exchange) {
                                              pipeline_.handle(std::move(exchange));
                                            });
    transport_->offer_authorities(authorities_.all());
    transport_->start();
    register_transport_metrics();
    log::info(
        "listening",
        {{"listener", "secure"},
         {"address", endpoint(configuration_.secure.bind_address, transport_->secure_port())}});
    if (configuration_.local.enabled) {
      log::warn(
          "listening without authentication and authorization",
          {{"listener", "local"},
           {"address", endpoint(configuration_.local.bind_address, transport_->local_port())}});
    }
  }

  void warn_of_weak_tls() const {
    for (const std::string& suite : configuration_.secure.tls_cipher_suites) {
      if (!transport::is_insecure_suite(suite)) continue;
      log::warn("an insecure cipher suite is allowed", {{"suite", suite}});
    }
  }

  // The collector outlives the rooms, so it holds the numbers, not the server.
  void register_transport_metrics() {
    static auto& connections =
        metrics::gauge("limen_open_connections", "Connections open at this moment.").with({});
    static auto& in_flight =
        metrics::gauge("limen_transport_requests_in_flight",
                       "Requests handed to the pipeline whose answer is not complete.")
            .with({});
    metrics::before_render([weak = std::weak_ptr<transport::Server>(transport_)] {
      if (const auto server = weak.lock()) {
        const transport::ServerCounts counts = server->counts();
        connections.set(static_cast<double>(counts.open_connections));
        in_flight.set(static_cast<double>(counts.in_flight_requests));
      }
    });
  }

  // Ready means that what everybody relies on (namespaces, bootstrap roles) is there and that the
  // modules know it. A store that is slow to take it does not stop the start: /readyz tells.
  void await_housekeeping() {
    const auto until = Clock::now() + std::chrono::seconds(10);
    while (!informers_.missing().empty() && Clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::string missing = informers_.missing();
    if (!missing.empty()) log::warn("not ready yet; serving meanwhile", {{"why", missing}});
  }

  const config::ServerConfiguration& configuration_;
  std::atomic<bool> stopping_{false};
  std::vector<std::string> tls_files_;
  std::string root_ca_file_;  // empty: none is known
  ClientAuthorities authorities_;
  std::set<std::string> watched_authorities_;
  std::mutex publishing_;
  health::Health health_;
  // The loops of the transport are where everything below answers to, perhaps late: they go last.
  std::shared_ptr<transport::Server> transport_;
  modules::Runtime store_runtime_;
  StoreInstance store_instance_;
  std::atomic<bool> turn_{false};  // of several servers on one store, this one keeps house
  const std::shared_ptr<encryption::Keyring> keyring_;  // null: nothing is encrypted
  storage::CachedStore store_;
  request::LiveRequests live_;
  RightsWatch rights_{[this] { live_.ask_again(); }};
  // The modules that decide look at the store, so they have a runtime of their own, which goes
  // first.
  modules::Runtime runtime_;
  authn::Revocations revocations_;
  AccessControl access_;
  registry::ServiceAllocator services_;
  std::unique_ptr<fairness::Fairness> fairness_;  // null: it is off
  aggregation::RemoteServers remote_servers_;
  controllers::Manager controllers_;
  std::unique_ptr<audit::Auditor> auditor_;  // null: audit is off
  InformerSync informers_{[this] { return controllers_.synced(); },
                          [this] { return access_.generation(); }};
  base::WorkerPool decoders_{"limen-decode", kDecoders, kWaitingBodies};
  ConversionClient conversion_client_{store_};
  base::WorkerPool converters_{"limen-convert", kConverters, kWaitingConversions};
  registry::Conversions conversions_{conversion_client_, converters_};
  api::Api api_;
  pipeline::Pipeline pipeline_;
  base::FileWatcher files_;
  Reloader reloader_;
};

ServerProcess::ServerProcess(config::ServerConfiguration configuration, Reloader::Load load)
    : configuration_(std::move(configuration)), load_(std::move(load)) {}

ServerProcess::~ServerProcess() = default;

void ServerProcess::start() {
  const auto begun = Clock::now();
  log::info("starting", {{"version", version_text()}, {"config", configuration_.file}});
  metrics::register_process_metrics();
  rooms_ = std::make_unique<Rooms>(configuration_, load_);
  rooms_->bring_up();
  log::info("ready", {{"ms", milliseconds_since(begun)}});
}

void ServerProcess::reload(std::string by, Reloader::Done done) {
  rooms_->reloader().request(std::move(by), std::move(done));
}

std::vector<base::Executor*> ServerProcess::loops() { return rooms_->loops(); }

// Requests, the modules that decide and the one that stores each get shutdownTimeout to end.
std::chrono::microseconds ServerProcess::stop_limit() const {
  const auto limit = configuration_.shutdown_delay + 3 * configuration_.shutdown_timeout +
                     std::chrono::seconds(10);
  return std::chrono::ceil<std::chrono::microseconds>(limit);
}

void ServerProcess::stop() {
  const auto begun = Clock::now();
  log::info("stopping");
  rooms_->become_unready();
  std::this_thread::sleep_for(configuration_.shutdown_delay);
  rooms_->take_down(std::chrono::ceil<std::chrono::milliseconds>(configuration_.shutdown_timeout));
  rooms_.reset();
  log::info("stopped", {{"ms", milliseconds_since(begun)}});
}

}  // namespace limen::app
