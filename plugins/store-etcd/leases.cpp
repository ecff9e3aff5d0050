#include "leases.h"

#include <algorithm>
#include <utility>

namespace limen_etcd {

namespace {

// How long a lease is given out.
std::chrono::seconds slot_of(std::int32_t ttl) {
  return std::chrono::seconds(std::max(1, ttl / 20));
}

}  // namespace

void Leases::get(std::int32_t ttl, Done done) {
  Slot& slot = slots_[ttl];
  if (slot.lease != 0 && slot.used < kObjects && Clock::now() - slot.granted < slot_of(ttl)) {
    ++slot.used;
    return done(nullptr, slot.lease);
  }
  slot.waiting.push_back(std::move(done));
  if (!slot.granting) grant(ttl);
}

void Leases::forget(std::int64_t lease) {
  for (auto& [ttl, slot] : slots_) {
    if (slot.lease == lease) slot.lease = 0;
  }
}

void Leases::grant(std::int32_t ttl) {
  Slot& slot = slots_[ttl];
  slot.granting = true;
  rpc::LeaseGrantRequest request;
  // One second more than the slot: it is given out until the slot's last moment.
  request.set_ttl(ttl + slot_of(ttl).count() + 1);
  const auto asked = Clock::now();
  client_.grant(std::move(request), client_.settings().request_timeout,
                [this, ttl, asked](const Failure* failure, rpc::LeaseGrantResponse& answer) {
                  Slot& now = slots_[ttl];
                  now.granting = false;
                  now.lease = failure == nullptr ? answer.id() : 0;
                  now.granted = asked;
                  now.used = 0;
                  std::vector<Done> waiting = std::exchange(now.waiting, {});
                  if (failure != nullptr) {
                    for (const Done& done : waiting) done(failure, 0);
                    return;
                  }
                  for (Done& done : waiting) get(ttl, std::move(done));
                });
}

}  // namespace limen_etcd
