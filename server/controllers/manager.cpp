#include "controllers/manager.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <utility>

#include "controllers/api_services.h"
#include "controllers/cluster_authentication_trust.h"
#include "controllers/cluster_role_aggregation.h"
#include "controllers/custom_resources.h"
#include "controllers/default_service_account.h"
#include "controllers/event_ttl.h"
#include "controllers/flow_control_follower.h"
#include "controllers/flow_control_objects.h"
#include "controllers/garbage_collector.h"
#include "controllers/identity_lease.h"
#include "controllers/kubernetes_service.h"
#include "controllers/legacy_token_tracking.h"
#include "controllers/local_api_services.h"
#include "controllers/loop_thread.h"
#include "controllers/names.h"
#include "controllers/namespaces.h"
#include "controllers/rbac_bootstrap.h"
#include "controllers/resource_quotas.h"
#include "controllers/root_ca_publisher.h"
#include "controllers/scope.h"
#include "controllers/service_addresses.h"
#include "controllers/service_follower.h"
#include "controllers/storage_protection.h"
#include "controllers/token_cleaner.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {
// How long to wait before trying again what a fresh server cannot do without.
constexpr std::chrono::milliseconds kRetry{200};
// How often to look whether all queues are empty while coming up.
constexpr std::chrono::milliseconds kLook{1};
}  // namespace

class Manager::Impl {
 public:
  Impl(storage::Store& store, const Options& options) : scope_(loop_), objects_(store, loop_) {
    const auto add = [&](std::unique_ptr<Controller> controller) {
      const auto& off = options.disabled;
      if (std::find(off.begin(), off.end(), controller->name()) != off.end()) return false;
      controllers_.push_back(std::move(controller));
      return true;
    };
    // Not housekeeping that somebody else could do: without it no custom resource is served.
    controllers_.push_back(std::make_unique<CustomResources>(scope_, objects_));
    // Nor this: by it group versions are another server's.
    controllers_.push_back(std::make_unique<ApiServices>(scope_, objects_, options.remote_servers));
    add(std::make_unique<LocalApiServices>(scope_, objects_));
    add(std::make_unique<Namespaces>(scope_, objects_, options.remote_servers));
    add(std::make_unique<DefaultServiceAccount>(scope_, objects_));
    add(std::make_unique<RbacBootstrap>(objects_));
    add(std::make_unique<ClusterRoleAggregation>(scope_, objects_));
    add(std::make_unique<TokenCleaner>(scope_, objects_));
    auto trust = std::make_unique<ClusterAuthenticationTrust>(scope_, objects_);
    auto* const trust_controller = trust.get();
    if (add(std::move(trust))) trust_ = trust_controller;
    auto root_ca = std::make_unique<RootCaPublisher>(scope_, objects_);
    auto* const root_ca_controller = root_ca.get();
    if (add(std::move(root_ca))) root_ca_ = root_ca_controller;
    add(std::make_unique<LegacyTokenTracking>(scope_, objects_));
    add(std::make_unique<GarbageCollector>(scope_, objects_));
    if (!options.own_service.cluster_ip.empty()) {
      add(std::make_unique<KubernetesService>(scope_, objects_, options.own_service));
    }
    if (!options.service_range.empty()) {
      add(std::make_unique<ServiceAddresses>(scope_, objects_, options.service_range));
    }
    if (options.event_ttl.count() > 0) {
      add(std::make_unique<EventTtl>(scope_, objects_, options.event_ttl));
    }
    if (!options.host.empty()) {
      add(std::make_unique<IdentityLease>(scope_, objects_, options.host));
    }
    add(std::make_unique<FlowControlObjects>(scope_, objects_));
    add(std::make_unique<ResourceQuotas>(scope_, objects_));
    add(std::make_unique<StorageProtection>(scope_, objects_));
    if (options.fairness != nullptr) {
      controllers_.push_back(
          std::make_unique<FlowControlFollower>(scope_, objects_, *options.fairness));
    }
    if (options.services != nullptr) {
      controllers_.push_back(std::make_unique<ServiceFollower>(objects_, *options.services));
    }
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() {
    started_ = true;
    loop_.post([this] {
      for (const auto& controller : controllers_) controller->start();
      scope_.spawn("manager", bring_up());
    });
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    if (started_) {
      std::promise<void> ended;
      scope_.end([&] {
        for (const auto& controller : controllers_) controller->stop();
        ended.set_value();
      });
      ended.get_future().wait();
    }
    loop_.stop();
  }

  bool synced() const { return synced_.load(); }

  void change_authentication_trust(AuthenticationTrust trust) {
    if (trust_ == nullptr) return;
    loop_.post([this, trust = std::move(trust)]() mutable { trust_->change(std::move(trust)); });
  }

  void change_root_ca(std::string bundle) {
    if (root_ca_ == nullptr) return;
    loop_.post(
        [this, bundle = std::move(bundle)]() mutable { root_ca_->change(std::move(bundle)); });
  }

 private:
  base::Task<void> bring_up() {
    // All at once, so that it is one round of writes. What builds on it (service accounts in
    // namespaces, roles that collect the default ones) comes after.
    Group all(loop_);
    for (const auto& controller : controllers_) all.add(bring_up_one(*controller));
    co_await all.wait();
    for (const auto& controller : controllers_) controller->look_at_all();
    while (!scope_.ending() && !idle()) co_await scope_.sleep(kLook);
    if (!scope_.ending()) synced_.store(true);
  }

  base::Task<void> bring_up_one(Controller& controller) {
    while (!scope_.ending()) {
      std::string problem;
      try {
        co_await controller.bring_up();
        co_return;
      } catch (const std::exception& error) {
        problem = error.what();
      }
      log::warn("housekeeping will be tried again",
                {{"controller", controller.name()}, {"error", problem}});
      co_await scope_.sleep(kRetry);
    }
  }

  bool idle() const {
    return std::all_of(controllers_.begin(), controllers_.end(),
                       [](const auto& controller) { return controller->idle(); });
  }

  LoopThread loop_;
  Scope scope_;
  Objects objects_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  ClusterAuthenticationTrust* trust_ = nullptr;  // null: switched off
  RootCaPublisher* root_ca_ = nullptr;           // null: switched off
  std::atomic<bool> synced_{false};
  bool started_ = false;
  bool stopped_ = false;
};

Manager::Manager(storage::Store& store, Options options)
    : impl_(std::make_unique<Impl>(store, options)) {}
Manager::~Manager() = default;

void Manager::start() { impl_->start(); }
bool Manager::synced() const { return impl_->synced(); }
void Manager::change_authentication_trust(AuthenticationTrust trust) {
  impl_->change_authentication_trust(std::move(trust));
}
void Manager::change_root_ca(std::string bundle) { impl_->change_root_ca(std::move(bundle)); }
void Manager::stop() { impl_->stop(); }

}  // namespace limen::controllers
