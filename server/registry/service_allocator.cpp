#include "registry/service_allocator.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/api_error.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/service_claims.h"
#include "registry/service_families.h"
#include "registry/service_fields.h"
#include "validation/causes.h"

namespace limen::registry {

namespace {

using base::AddressRange;
using base::ApiError;
using base::PortRange;
using object::FieldPath;
using object::Json;
using Holder = NumberPool::Holder;

constexpr std::uint32_t kMaxPort = 65535;
// How often a claim is worked out anew because another server was first.
constexpr int kTries = 256;

const storage::ResourceId kServices{"", "services"};

// How many at the start of a range are left to those who choose themselves.
std::uint32_t band(std::uint32_t size, std::uint32_t least, std::uint32_t step,
                   std::uint32_t most) {
  if (size <= least) return 0;
  return std::clamp(size / step, least, most);
}

std::uint32_t address_band(const AddressRange& range) {
  return band(range.last_usable() - range.first_usable() + 1, 16, 16, 256);
}

std::uint32_t port_band(const PortRange& range) {
  return band(range.last - range.first + 1, 16, 32, 128);
}

Holder holder_of(std::string_view uid) { return std::hash<std::string_view>()(uid); }

bool is_own(std::string_view ns, std::string_view name) {
  return ns == "default" && name == "kubernetes";
}

ApiError invalid(const Json& service, validation::Causes& causes) {
  return ApiError::invalid("", "Service", object::name(service), causes.take());
}

}  // namespace

// ---- a claim ------------------------------------------------------------------------------------

ServiceAllocator::Claim::Claim(Claim&& other) noexcept
    : allocator_(std::exchange(other.allocator_, nullptr)),
      holder_(other.holder_),
      taken_(std::move(other.taken_)),
      left_(std::move(other.left_)),
      service_(std::move(other.service_)),
      stored_(std::move(other.stored_)) {}

ServiceAllocator::Claim& ServiceAllocator::Claim::operator=(Claim&& other) noexcept {
  if (this == &other) return *this;
  give_up();
  allocator_ = std::exchange(other.allocator_, nullptr);
  holder_ = other.holder_;
  taken_ = std::move(other.taken_);
  left_ = std::move(other.left_);
  service_ = std::move(other.service_);
  stored_ = std::move(other.stored_);
  return *this;
}

ServiceAllocator::Claim::~Claim() { give_up(); }

// In the store first: who is given a number by this server then finds it free there, as writes of
// one object keep their order.
void ServiceAllocator::Claim::give_up() {
  ServiceAllocator* const allocator = std::exchange(allocator_, nullptr);
  if (allocator == nullptr) return;
  for (auto& [key, revision] : stored_) {
    allocator->store_->remove(std::move(key), revision, [](const storage::WriteResult&) {});
  }
  stored_.clear();
  allocator->give_back(taken_, holder_);
}

void ServiceAllocator::Claim::keep() {
  ServiceAllocator* const allocator = std::exchange(allocator_, nullptr);
  if (allocator == nullptr) return;
  stored_.clear();
  if (allocator->store_ != nullptr && !left_.empty()) {
    for (auto& [key, revision] : allocator->stored_claims(left_, service_)) {
      allocator->store_->remove(key, revision, [](const storage::WriteResult&) {});
    }
  }
  allocator->give_back(left_, holder_);
}

void ServiceAllocator::Claim::leave_open() {
  stored_.clear();
  give_up();
}

// ---- the work of one write ----------------------------------------------------------------------

// Under the allocator's mutex. What it takes is in the claim at once, so that an exception gives it
// back.
class ServiceAllocator::Work {
 public:
  Work(ServiceAllocator& allocator, Claim& claim, Json& service)
      : allocator_(allocator), claim_(claim), service_(service) {}

  void allocate_address() {
    std::vector<std::string> addresses = cluster_ips(service_);
    if (addresses.empty()) {
      addresses.push_back(any_address());
    } else {
      for (const std::string& address : addresses) take_address(address, addresses);
    }
    boost::json::object& spec = object::object_at(service_, "spec");
    spec["clusterIP"] = addresses[0];
    boost::json::array list(spec.storage());
    for (const std::string& address : addresses) list.emplace_back(address);
    spec["clusterIPs"] = std::move(list);
  }

  // Ports of the same number, of TCP and UDP, share one when nothing else is asked for.
  void allocate_node_ports() {
    std::map<std::int64_t, std::int64_t> shared;
    for_each_port([&](Json& port, std::size_t index) {
      const std::int64_t number = number_of(port, "port");
      const std::int64_t asked = number_of(port, "nodePort");
      if (asked == 0 && !wants_node_ports(service_)) return;
      std::int64_t& given = shared[number];
      if (given == 0) {
        given = asked_for(number);
        if (given == 0) {
          given = any_port("failed to allocate a nodePort: ");
        } else {
          take_node_port(given, index);
        }
        port.get_object()["nodePort"] = given;
      } else if (asked == 0) {
        port.get_object()["nodePort"] = given;
      } else if (asked != given) {
        take_node_port(asked, index);
      }
    });
  }

  // `before`: the node ports it has, which stay its own.
  void change_node_ports(const std::vector<std::int64_t>& before) {
    std::set<std::pair<std::string, std::int64_t>> seen;
    for_each_port([&](Json& port, std::size_t index) {
      std::int64_t number = number_of(port, "nodePort");
      if (number == 0 && !wants_node_ports(service_)) return;
      if (number == 0) {
        number = any_port("failed to allocate a nodePort: ");
        port.get_object()["nodePort"] = number;
      } else if (!contains(before, number) && !took(number)) {
        take_node_port(number, index);
      }
      const std::string protocol(object::text_at(port, "protocol"));
      if (!seen.emplace(protocol, number).second) {
        throw ApiError::internal("duplicate nodePort: {" + protocol + " " + std::to_string(number) +
                                 "}");
      }
    });
  }

  void allocate_health_port() {
    const std::int64_t asked = health_port(service_);
    if (asked == 0) {
      object::object_at(service_, "spec")["healthCheckNodePort"] =
          any_port("failed to allocate a HealthCheck NodePort 0: ");
      return;
    }
    const std::string problem = take_port(asked);
    if (problem.empty()) return;
    throw ApiError::internal("failed to allocate requested HealthCheck NodePort " +
                             std::to_string(asked) + ": " + problem);
  }

 private:
  static std::int64_t number_of(const Json& port, std::string_view key) {
    return object::int_or(object::member(port, key), 0);
  }

  static bool contains(const std::vector<std::int64_t>& list, std::int64_t number) {
    return std::find(list.begin(), list.end(), number) != list.end();
  }

  bool took(std::int64_t number) const {
    const auto& ports = claim_.taken_.ports;
    return std::find(ports.begin(), ports.end(), number) != ports.end();
  }

  template <class Visit>
  void for_each_port(Visit visit) {
    Json* const spec = object::member(service_, "spec");
    Json* const ports = spec ? object::member(*spec, "ports") : nullptr;
    if (!ports || !ports->is_array()) return;
    std::size_t index = 0;
    for (Json& port : ports->get_array()) {
      if (port.is_object()) visit(port, index);
      ++index;
    }
  }

  // The first node port that one of the ports of this number names; 0: none.
  std::int64_t asked_for(std::int64_t number) {
    std::int64_t found = 0;
    for_each_port([&](const Json& port, std::size_t) {
      if (found == 0 && number_of(port, "port") == number) found = number_of(port, "nodePort");
    });
    return found;
  }

  std::string any_address() {
    const auto number = allocator_.address_pool_.claim_any(claim_.holder_);
    if (!number) throw ApiError::internal("failed to allocate a serviceIP: range is full");
    claim_.taken_.addresses.push_back(*number);
    return allocator_.addresses_.address(*number);
  }

  void take_address(const std::string& address, const std::vector<std::string>& all) {
    const std::string problem = address_problem(address);
    if (problem.empty()) return;
    Json shown(boost::json::array_kind);
    for (const std::string& one : all) shown.get_array().emplace_back(one);
    validation::Causes causes;
    causes.invalid(FieldPath("spec.clusterIPs"), shown,
                   "failed to allocate IP " + address + ": " + problem);
    throw invalid(service_, causes);
  }

  // Takes it, or says why it cannot be had.
  std::string address_problem(const std::string& address) {
    const AddressRange& range = allocator_.addresses_;
    const auto number = range.number_of(address);
    if (!number) return "the provided network does not match the current range";
    if (*number < range.first_usable() || *number > range.last_usable()) {
      return "the provided IP (" + address +
             ") is not in the valid range. The range of valid IPs is " + range.text();
    }
    const bool reserved =
        *number == range.first_usable() && !is_own(object::ns(service_), object::name(service_));
    NumberPool& pool = allocator_.address_pool_;
    if (reserved || pool.is_held(*number)) return "provided IP is already allocated";
    pool.claim(*number, claim_.holder_);
    claim_.taken_.addresses.push_back(*number);
    return {};
  }

  std::int64_t any_port(const std::string& failure) {
    const auto number = allocator_.port_pool_.claim_any(claim_.holder_);
    if (!number) throw ApiError::internal(failure + "range is full");
    claim_.taken_.ports.push_back(*number);
    return *number;
  }

  void take_node_port(std::int64_t number, std::size_t index) {
    const std::string problem = take_port(number);
    if (problem.empty()) return;
    validation::Causes causes;
    causes.invalid(FieldPath("spec.ports").index(index).child("nodePort"), Json(number), problem);
    throw invalid(service_, causes);
  }

  std::string take_port(std::int64_t number) {
    NumberPool& pool = allocator_.port_pool_;
    if (number < 0 || number > kMaxPort || !pool.covers(static_cast<std::uint32_t>(number))) {
      return "provided port is not in the valid range. The range of valid ports is " +
             allocator_.port_range_.text();
    }
    const auto port = static_cast<std::uint32_t>(number);
    if (pool.is_held(port)) return "provided port is already allocated";
    pool.claim(port, claim_.holder_);
    claim_.taken_.ports.push_back(port);
    return {};
  }

  ServiceAllocator& allocator_;
  Claim& claim_;
  Json& service_;
};

// ---- the allocator ------------------------------------------------------------------------------

ServiceAllocator::ServiceAllocator(const AddressRange& addresses, PortRange ports)
    : addresses_(addresses),
      port_range_(ports),
      // The first address is for default/kubernetes, which asks for it.
      address_pool_(addresses.first_usable() + 1, addresses.last_usable(), address_band(addresses)),
      port_pool_(ports.first, ports.last, port_band(ports)) {}

// Numbers that others have in the store count as held while a claim is worked out. Under the mutex.
class ServiceAllocator::Elsewhere {
 public:
  Elsewhere(ServiceAllocator& allocator, const Claim::Numbers& numbers) : allocator_(allocator) {
    const auto hold = [](NumberPool& pool, const std::vector<std::uint32_t>& from,
                         std::vector<std::uint32_t>& held) {
      for (const std::uint32_t number : from) {
        if (pool.is_held(number)) continue;
        pool.claim(number, kHolder);
        held.push_back(number);
      }
    };
    hold(allocator.address_pool_, numbers.addresses, held_.addresses);
    hold(allocator.port_pool_, numbers.ports, held_.ports);
  }
  ~Elsewhere() {
    for (const std::uint32_t one : held_.addresses) allocator_.address_pool_.release(one, kHolder);
    for (const std::uint32_t one : held_.ports) allocator_.port_pool_.release(one, kHolder);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

 private:
  static constexpr Holder kHolder = ~Holder{0};
  ServiceAllocator& allocator_;
  Claim::Numbers held_;
};

ServiceAllocator::Claim ServiceAllocator::create(Json& service, bool dry_run) {
  Claim claim = create(service, Claim::Numbers{});
  if (dry_run) return {};
  return claim;
}

ServiceAllocator::Claim ServiceAllocator::create(Json& service, const Claim::Numbers& elsewhere) {
  validation::Causes causes;
  settle_families(service, nullptr, addresses_.family(), causes);
  if (!causes.empty()) throw invalid(service, causes);
  Claim claim;
  claim.holder_ = holder_of(object::uid(service));
  claim.allocator_ = this;
  const std::lock_guard lock(mutex_);
  const Elsewhere held(*this, elsewhere);
  Work work(*this, claim, service);
  if (needs_cluster_ip(service) && !is_headless(service)) work.allocate_address();
  if (needs_node_ports(service)) work.allocate_node_ports();
  if (needs_health_port(service)) work.allocate_health_port();
  return claim;
}

ServiceAllocator::Claim ServiceAllocator::update(Json& service, const Json& old, bool dry_run) {
  Claim claim = update(service, old, Claim::Numbers{});
  if (dry_run) return {};
  return claim;
}

ServiceAllocator::Claim ServiceAllocator::update(Json& service, const Json& old,
                                                 const Claim::Numbers& elsewhere) {
  validation::Causes causes;
  settle_families(service, &old, addresses_.family(), causes);
  if (!causes.empty()) throw invalid(service, causes);
  Claim claim;
  claim.holder_ = holder_of(object::uid(old));
  claim.allocator_ = this;
  {
    const std::lock_guard lock(mutex_);
    const Elsewhere held(*this, elsewhere);
    Work work(*this, claim, service);
    // One that had no address because it was stored without an allocator gets it now.
    const bool had_address = needs_cluster_ip(old) && !cluster_ips(old).empty();
    if (needs_cluster_ip(service) && !had_address && !is_headless(service)) {
      work.allocate_address();
    }
    if (needs_node_ports(service)) work.change_node_ports(node_ports(old));
    if (needs_health_port(service) && !needs_health_port(old)) work.allocate_health_port();
  }
  claim.left_ = without(numbers_of(old), numbers_of(service));
  return claim;
}

// ---- where the store is shared ------------------------------------------------------------------

base::Task<ServiceAllocator::Claim> ServiceAllocator::create(base::Executor& loop, Json& service,
                                                             bool dry_run) {
  if (store_ == nullptr || dry_run) co_return create(service, dry_run);
  co_return co_await claim_in_store(loop, service, nullptr);
}

base::Task<ServiceAllocator::Claim> ServiceAllocator::update(base::Executor& loop, Json& service,
                                                             const Json& old, bool dry_run) {
  if (store_ == nullptr || dry_run) co_return update(service, old, dry_run);
  co_return co_await claim_in_store(loop, service, &old);
}

// What another server has is known when the store refuses the claim; then the next one is tried, or
// the client is told what it cannot have.
base::Task<ServiceAllocator::Claim> ServiceAllocator::claim_in_store(base::Executor& loop,
                                                                     Json& service,
                                                                     const Json* old) {
  Claim::Numbers elsewhere;
  for (int left = kTries; left > 0; --left) {
    Json candidate = object::mutable_copy(service);
    Claim claim = old ? update(candidate, *old, elsewhere) : create(candidate, elsewhere);
    claim.service_ = object::ns(service);
    claim.service_ += '/';
    claim.service_ += object::name(service);
    const Claim::Numbers lost = co_await store_claims(loop, claim);
    if (lost.empty()) {
      service = std::move(candidate);
      co_return claim;
    }
    const auto add = [](std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& more) {
      to.insert(to.end(), more.begin(), more.end());
    };
    add(elsewhere.addresses, lost.addresses);
    add(elsewhere.ports, lost.ports);
  }
  throw ApiError::internal(
      "failed to allocate a serviceIP or a nodePort: too many are being taken");
}

std::vector<storage::Key> ServiceAllocator::keys_of(const Claim::Numbers& numbers) const {
  std::vector<storage::Key> keys;
  for (const std::uint32_t number : numbers.addresses) {
    keys.push_back({kAddressClaims, "", canonical_address(addresses_.address(number))});
  }
  for (const std::uint32_t number : numbers.ports) {
    keys.push_back({kPortClaims, "", std::to_string(number)});
  }
  return keys;
}

// All at once. Gives those that others have.
base::Task<ServiceAllocator::Claim::Numbers> ServiceAllocator::store_claims(base::Executor& loop,
                                                                            Claim& claim) {
  struct Wave {
    Wave(base::Executor& where, std::size_t size) : results(size), open(size), ended(where) {}
    std::vector<storage::WriteResult> results;
    std::atomic<std::size_t> open;
    base::OneShot<bool> ended;
  };
  Claim::Numbers lost;
  const std::vector<storage::Key> keys = keys_of(claim.taken_);
  if (keys.empty()) co_return lost;
  const auto wave = std::make_shared<Wave>(loop, keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool address = i < claim.taken_.addresses.size();
    store_->create(keys[i],
                   address ? address_claim(keys[i].name, claim.service_)
                           : port_claim(keys[i].name, claim.service_),
                   [wave, i](storage::WriteResult result) {
                     wave->results[i] = std::move(result);
                     if (--wave->open == 0) wave->ended.set(true);
                   });
  }
  co_await wave->ended;
  bool failed = false, busy = false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const storage::WriteResult& result = wave->results[i];
    const std::size_t first_port = claim.taken_.addresses.size();
    if (result.status == storage::WriteStatus::ok) {
      claim.stored_.emplace_back(keys[i], result.object->revision);
    } else if (result.status != storage::WriteStatus::already_exists) {
      (result.status == storage::WriteStatus::too_busy ? busy : failed) = true;
    } else if (i < first_port) {
      lost.addresses.push_back(claim.taken_.addresses[i]);
    } else {
      lost.ports.push_back(claim.taken_.ports[i - first_port]);
    }
  }
  if (failed) {
    ApiError error = ApiError::service_unavailable("the object store is unavailable");
    error.details().retry_after_seconds = 1;
    throw error;
  }
  if (busy) throw ApiError::too_many_requests("the server has too many writes waiting", 1);
  co_return lost;
}

// The claims of these numbers that are this service's, as far as this server knows.
std::vector<std::pair<storage::Key, storage::Revision>> ServiceAllocator::stored_claims(
    const Claim::Numbers& numbers, const std::string& service) const {
  std::vector<std::pair<storage::Key, storage::Revision>> found;
  for (storage::Key& key : keys_of(numbers)) {
    const storage::ObjectPtr current = store_->get(key);
    if (!current) continue;
    const object::Document document = object::Document::parse(current->json);
    if (!is_made_by_server(key.id, document.root())) continue;
    if (claimed_by(document.root()) == service) {
      found.emplace_back(std::move(key), current->revision);
    }
  }
  return found;
}

base::Task<void> ServiceAllocator::release(base::Executor& loop,
                                           const storage::StoredObject& service) {
  if (store_ != nullptr) {
    const object::Document document = object::Document::parse(service.json);
    const auto claims = stored_claims(numbers_of(document.root()), service.ns + "/" + service.name);
    // One that cannot be removed now is left to housekeeping.
    for (const auto& [key, revision] : claims) {
      storage::Key place = key;
      co_await store_->remove(loop, std::move(place), revision);
    }
  }
  release(service);
}

void ServiceAllocator::release(const storage::StoredObject& service) {
  const object::Document document = object::Document::parse(service.json);
  give_back(numbers_of(document.root()), holder_of(service.uid));
}

void ServiceAllocator::follow(const storage::StoredObject& service) {
  const object::Document document = object::Document::parse(service.json);
  const Claim::Numbers numbers = numbers_of(document.root());
  const Holder holder = holder_of(service.uid);
  const std::lock_guard lock(mutex_);
  for (const std::uint32_t number : numbers.addresses) address_pool_.claim(number, holder);
  for (const std::uint32_t number : numbers.ports) port_pool_.claim(number, holder);
}

void ServiceAllocator::load(storage::Store& store) {
  if (store.shared()) store_ = &store;
  for (const storage::ObjectPtr& service : store.list(kServices, {}).objects) follow(*service);
}

// What a service holds of the two pools.
ServiceAllocator::Claim::Numbers ServiceAllocator::numbers_of(const Json& service) const {
  Claim::Numbers numbers;
  if (needs_cluster_ip(service)) {
    for (const std::string& address : cluster_ips(service)) {
      if (const auto number = addresses_.number_of(address)) numbers.addresses.push_back(*number);
    }
  }
  std::vector<std::int64_t> ports = node_ports(service);
  if (needs_health_port(service) && health_port(service) != 0) {
    ports.push_back(health_port(service));
  }
  for (const std::int64_t port : ports) {
    if (port > 0 && port <= kMaxPort) numbers.ports.push_back(static_cast<std::uint32_t>(port));
  }
  return numbers;
}

ServiceAllocator::Claim::Numbers ServiceAllocator::without(Claim::Numbers all,
                                                           const Claim::Numbers& kept) {
  const auto drop = [](std::vector<std::uint32_t>& list, const std::vector<std::uint32_t>& other) {
    std::erase_if(list, [&](std::uint32_t number) {
      return std::find(other.begin(), other.end(), number) != other.end();
    });
  };
  drop(all.addresses, kept.addresses);
  drop(all.ports, kept.ports);
  return all;
}

void ServiceAllocator::give_back(const Claim::Numbers& numbers, Holder holder) {
  const std::lock_guard lock(mutex_);
  for (const std::uint32_t number : numbers.addresses) address_pool_.release(number, holder);
  for (const std::uint32_t number : numbers.ports) port_pool_.release(number, holder);
}

}  // namespace limen::registry
