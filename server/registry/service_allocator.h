// ServiceAllocator: the addresses and ports that services have, each of one service only.
//
// What a service gets is claimed in memory before it is stored, and given back when it is not
// stored after all, so that two creates at the same time never get the same. What is held follows
// from the stored services: load() at the start, follow() for what is written without the API.
// Where other servers give numbers of the same ranges, each is claimed in the store as well
// (service_claims.h), before the service is stored: then no two servers give the same, however old
// what they know of each other is. Claims that nobody came to give back are collected by
// housekeeping (controllers/service_claims.h).
// Texts of refusals are kube-apiserver's (pkg/registry/core/service). Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address_range.h"
#include "base/executor.h"
#include "base/port_range.h"
#include "base/task.h"
#include "object/document.h"
#include "registry/number_pool.h"
#include "storage/store.h"

namespace limen::registry {

class ServiceAllocator {
 public:
  explicit ServiceAllocator(const base::AddressRange& addresses, base::PortRange ports = {});

  // What one write has claimed. Destroyed without keep(), it gives that back.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&& other) noexcept;
    ~Claim();
    // The service is stored: what it does not need any more is free.
    void keep();
    // Nobody knows whether it is stored: what was claimed in the store stays claimed until that
    // has been found out.
    void leave_open();

   private:
    friend class ServiceAllocator;
    struct Numbers {
      std::vector<std::uint32_t> addresses, ports;
      bool empty() const { return addresses.empty() && ports.empty(); }
    };
    void give_up();

    ServiceAllocator* allocator_ = nullptr;  // null: nothing was claimed
    NumberPool::Holder holder_ = 0;
    Numbers taken_, left_;
    std::string service_;                                             // namespace/name
    std::vector<std::pair<storage::Key, storage::Revision>> stored_;  // claims in the store
  };

  // Fills in families, addresses and ports of a new service (its uid is set), or of one that
  // replaces `old`. A dry run claims nothing. Throws ApiError: 422 for what it cannot have, 500
  // when nothing is free.
  Claim create(object::Json& service, bool dry_run);
  Claim update(object::Json& service, const object::Json& old, bool dry_run);
  // The service has gone: its addresses and ports are free.
  void release(const storage::StoredObject& service);

  // The same where the store may be shared; resumed on `loop`. Throw ApiError as well when the
  // store does not take a claim: 429, 503.
  base::Task<Claim> create(base::Executor& loop, object::Json& service, bool dry_run);
  base::Task<Claim> update(base::Executor& loop, object::Json& service, const object::Json& old,
                           bool dry_run);
  base::Task<void> release(base::Executor& loop, const storage::StoredObject& service);

  // Claims what the service has. What another has already is left to it.
  void follow(const storage::StoredObject& service);
  // The same for every stored service. If the store is shared, claims are made in it from now on;
  // it outlives the allocator's claims.
  void load(storage::Store& store);

  const base::AddressRange& addresses() const { return addresses_; }
  // The address of the service default/kubernetes; nobody else can have it.
  std::string own_address() const { return addresses_.address(addresses_.first_usable()); }

 private:
  class Work;
  class Elsewhere;

  // Numbers that `elsewhere` names count as held.
  Claim create(object::Json& service, const Claim::Numbers& elsewhere);
  Claim update(object::Json& service, const object::Json& old, const Claim::Numbers& elsewhere);
  base::Task<Claim> claim_in_store(base::Executor& loop, object::Json& service,
                                   const object::Json* old);
  base::Task<Claim::Numbers> store_claims(base::Executor& loop, Claim& claim);
  std::vector<storage::Key> keys_of(const Claim::Numbers& numbers) const;
  std::vector<std::pair<storage::Key, storage::Revision>> stored_claims(
      const Claim::Numbers& numbers, const std::string& service) const;

  Claim::Numbers numbers_of(const object::Json& service) const;
  static Claim::Numbers without(Claim::Numbers all, const Claim::Numbers& kept);
  void give_back(const Claim::Numbers& numbers, NumberPool::Holder holder);

  const base::AddressRange addresses_;
  const base::PortRange port_range_;
  storage::Store* store_ = nullptr;  // null: nobody else gives numbers
  std::mutex mutex_;
  NumberPool address_pool_;  // guarded by mutex_
  NumberPool port_pool_;     // guarded by mutex_
};

}  // namespace limen::registry
