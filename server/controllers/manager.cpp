#include "controllers/manager.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "base/strings.h"
#include "controllers/api_services.h"
#include "controllers/cluster_authentication_trust.h"
#include "controllers/cluster_role_aggregation.h"
#include "controllers/crew.h"
#include "controllers/custom_resources.h"
#include "controllers/default_service_account.h"
#include "controllers/event_ttl.h"
#include "controllers/flow_control_follower.h"
#include "controllers/flow_control_objects.h"
#include "controllers/garbage_collector.h"
#include "controllers/identity_cleaner.h"
#include "controllers/identity_lease.h"
#include "controllers/kubernetes_service.h"
#include "controllers/lead.h"
#include "controllers/legacy_token_tracking.h"
#include "controllers/local_api_services.h"
#include "controllers/loop_thread.h"
#include "controllers/names.h"
#include "controllers/namespaces.h"
#include "controllers/port_claims.h"
#include "controllers/rbac_bootstrap.h"
#include "controllers/resource_quotas.h"
#include "controllers/root_ca_publisher.h"
#include "controllers/service_addresses.h"
#include "controllers/service_follower.h"
#include "controllers/storage_protection.h"
#include "controllers/token_cleaner.h"
#include "observability/metrics.h"

namespace limen::controllers {

namespace {

metrics::Gauge& leader_gauge() {
  static auto& gauge = metrics::gauge("limen_housekeeping_leader",
                                      "1 while this server does the housekeeping, 0 while another "
                                      "one on the same store does.")
                           .with({});
  return gauge;
}

// Of what only other servers can make happen.
constexpr std::chrono::milliseconds kNever{0};

std::string process_identity(const std::string& host) {
  return (host.empty() ? std::string("limen") : host) + "_" + base::random_uuid();
}

}  // namespace

// Two crews: `own_` runs on every server, `house_` on the one that leads. Where nobody else is,
// all belongs to the first.
class Manager::Impl {
 public:
  Impl(storage::Store& store, Options options)
      : options_(std::move(options)), objects_(store, loop_), own_(loop_) {
    add_followers();
    if (!store.shared()) {
      add_housekeeping(own_);
      leads(true);
      return;
    }
    leads(false);
    election_ = std::make_unique<Election>(
        own_.scope(), objects_, process_identity(options_.host), options_.election,
        [this](bool leads_now) { lead_changed(leads_now); }, [this] { settle_synced(); });
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() {
    started_ = true;
    loop_.post([this] {
      own_.start([this] {
        own_up_ = true;
        settle_synced();
      });
      if (election_) election_->start();
    });
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    if (started_) {
      std::promise<void> ended;
      loop_.post([this, &ended] {
        stopping_ = true;
        if (election_) own_.scope().spawn("manager", leave());
        own_.end([this, &ended] {
          if (election_) election_->stop();
          ended.set_value();
        });
      });
      ended.get_future().wait();
    }
    loop_.stop();
    leads(false);
  }

  bool synced() const { return synced_.load(); }
  bool elected() const { return elected_.load(); }

  void change_authentication_trust(AuthenticationTrust trust) {
    if (trust_ == nullptr) return;
    loop_.post([this, trust = std::move(trust)]() mutable { trust_->change(std::move(trust)); });
  }

  void change_root_ca(std::string bundle) {
    loop_.post([this, bundle = std::move(bundle)]() mutable {
      bundle_ = std::move(bundle);
      if (root_ca_ != nullptr) root_ca_->change(bundle_);
    });
  }

 private:
  // ---- who does what ---------------------------------------------------------------------------

  // Null when it is switched off.
  template <class Made, class... Arguments>
  Made* add(Crew& crew, Arguments&&... arguments) {
    auto controller = std::make_unique<Made>(std::forward<Arguments>(arguments)...);
    const auto& off = options_.disabled;
    if (std::find(off.begin(), off.end(), controller->name()) != off.end()) return nullptr;
    Made* const made = controller.get();
    crew.add(std::move(controller));
    return made;
  }

  // What every server does for itself.
  void add_followers() {
    Scope& scope = own_.scope();
    // Not housekeeping that somebody else could do: without it no custom resource is served.
    own_.add(std::make_unique<CustomResources>(scope, objects_, lead_));
    // Nor this: by it group versions are another server's.
    own_.add(std::make_unique<ApiServices>(scope, objects_, options_.remote_servers, lead_));
    // What it tells is what this server trusts.
    trust_ = add<ClusterAuthenticationTrust>(own_, scope, objects_);
    if (!options_.host.empty()) {
      identity_ = add<IdentityLease>(own_, scope, objects_, own_identity());
    }
    if (options_.fairness != nullptr) {
      own_.add(std::make_unique<FlowControlFollower>(scope, objects_, *options_.fairness, lead_));
    }
    if (options_.services != nullptr) {
      own_.add(std::make_unique<ServiceFollower>(objects_, *options_.services));
    }
  }

  ServerIdentity own_identity() const {
    ServerIdentity identity;
    identity.host = options_.host;
    if (objects_.store().shared()) {
      identity.among_others = true;
      identity.where = {options_.own_service.address, options_.own_service.port};
    }
    return identity;
  }

  // What one server does for all.
  void add_housekeeping(Crew& crew) {
    Scope& scope = crew.scope();
    const bool shared = objects_.store().shared();
    add<LocalApiServices>(crew, scope, objects_);
    add<Namespaces>(crew, scope, objects_, options_.remote_servers,
                    shared ? options_.write_time : kNever);
    add<DefaultServiceAccount>(crew, scope, objects_);
    add<RbacBootstrap>(crew, objects_);
    add<ClusterRoleAggregation>(crew, scope, objects_);
    add<TokenCleaner>(crew, scope, objects_);
    root_ca_ = add<RootCaPublisher>(crew, scope, objects_);
    add<LegacyTokenTracking>(crew, scope, objects_);
    add<GarbageCollector>(crew, scope, objects_);
    if (!options_.own_service.cluster_ip.empty()) {
      add<KubernetesService>(crew, scope, objects_, options_.own_service,
                             shared ? options_.silence : kNever);
    }
    if (!options_.service_range.empty()) {
      add<ServiceAddresses>(crew, scope, objects_, options_.service_range,
                            shared ? options_.claim_patience : kNever);
    }
    if (shared) {
      crew.add(std::make_unique<PortClaims>(scope, objects_, options_.claim_patience));
    }
    if (options_.event_ttl.count() > 0) {
      add<EventTtl>(crew, scope, objects_, options_.event_ttl);
    }
    add<IdentityCleaner>(crew, scope, objects_);
    add<FlowControlObjects>(crew, scope, objects_);
    add<ResourceQuotas>(crew, scope, objects_, shared ? options_.write_time : kNever);
    add<StorageProtection>(crew, scope, objects_);
  }

  // ---- taking turns, on the loop's thread ------------------------------------------------------

  void leads(bool now) {
    lead_.here = now;
    elected_.store(now);
    if (options_.turn != nullptr) options_.turn->store(now);
    leader_gauge().set(now ? 1 : 0);
  }

  void lead_changed(bool now) {
    leads(now);
    if (now) own_.take_over();
    settle_house();
  }

  // Begins the housekeeping or ends it. It begins only after what this server did before has ended.
  void settle_house() {
    const bool wanted = lead_.here && !stopping_;
    if (wanted && !house_) {
      house_ = std::make_unique<Crew>(loop_);
      add_housekeeping(*house_);
      if (root_ca_ != nullptr) root_ca_->change(bundle_);
      house_->start([this] { house_is_up(); });
    } else if (!wanted && house_ && !house_ends_) {
      house_ends_ = true;
      root_ca_ = nullptr;
      house_->end([this] { house_has_ended(); });
    }
  }

  void house_is_up() {
    house_up_ = true;
    election_->tell_brought_up();
    settle_synced();
  }

  void house_has_ended() {
    house_.reset();
    house_ends_ = house_up_ = false;
    if (house_gone_) return house_gone_->set(true), void();
    settle_house();
  }

  base::Task<void> leave() {
    if (house_) {
      house_gone_ = std::make_unique<base::OneShot<bool>>(loop_);
      settle_house();
      co_await *house_gone_;
    }
    leads(false);
    co_await election_->leave();
    if (identity_ != nullptr) co_await identity_->withdraw();
  }

  // Once and for all: what was there once is not missed by those who are served already.
  void settle_synced() {
    if (synced_.load() || !own_up_) return;
    if (!election_ || house_up_ || election_->is_brought_up()) synced_.store(true);
  }

  const Options options_;
  LoopThread loop_;
  Objects objects_;
  Lead lead_;
  Crew own_;
  std::unique_ptr<Election> election_;  // null: there are no other servers
  std::unique_ptr<Crew> house_;         // null: another server's turn
  bool house_up_ = false, house_ends_ = false;
  std::unique_ptr<base::OneShot<bool>> house_gone_;  // set when this server stops
  std::string bundle_;
  ClusterAuthenticationTrust* trust_ = nullptr;  // null: switched off
  RootCaPublisher* root_ca_ = nullptr;           // null: switched off, or another's turn
  IdentityLease* identity_ = nullptr;            // null: switched off
  bool own_up_ = false;
  bool stopping_ = false;
  std::atomic<bool> synced_{false}, elected_{false};
  bool started_ = false;
  bool stopped_ = false;
};

Manager::Manager(storage::Store& store, Options options)
    : impl_(std::make_unique<Impl>(store, std::move(options))) {}
Manager::~Manager() = default;

void Manager::start() { impl_->start(); }
bool Manager::synced() const { return impl_->synced(); }
bool Manager::elected() const { return impl_->elected(); }
void Manager::change_authentication_trust(AuthenticationTrust trust) {
  impl_->change_authentication_trust(std::move(trust));
}
void Manager::change_root_ca(std::string bundle) { impl_->change_root_ca(std::move(bundle)); }
void Manager::stop() { impl_->stop(); }

}  // namespace limen::controllers
