#include "controllers/identity_cleaner.h"

#include <chrono>
#include <utility>

#include "base/time.h"
#include "controllers/live_servers.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

constexpr std::chrono::minutes kEvery{10};

// One that does not say when it ends has ended, as for kube-apiserver.
bool has_expired(const object::Json& lease) {
  const object::Json* const spec = object::member(lease, "spec");
  if (spec == nullptr) return true;
  const auto renewed = base::parse_time(object::text_at(*spec, "renewTime"));
  const object::Json* const counts = object::member(*spec, "leaseDurationSeconds");
  if (!renewed || counts == nullptr) return true;
  const std::chrono::seconds duration(object::int_or(counts, 0));
  return *renewed + duration < std::chrono::system_clock::now();
}

}  // namespace

IdentityCleaner::IdentityCleaner(Scope& scope, Objects& objects)
    : scope_(scope),
      objects_(objects),
      queue_(scope, kIdentityLease, [this](std::string lease) { return look(std::move(lease)); }) {}

std::string_view IdentityCleaner::name() const { return kIdentityLease; }

void IdentityCleaner::look_at_all() { scope_.spawn(kIdentityLease, look_now_and_then()); }

base::Task<void> IdentityCleaner::look_now_and_then() {
  while (!scope_.ending()) {
    storage::ListOptions home;
    home.ns = kIdentityHome;
    const storage::ListResult leases = objects_.store().list(kIdentityLeases, home);
    for (const storage::ObjectPtr& lease : leases.objects) {
      if (is_identity_lease(*lease)) queue_.add(lease->name);
    }
    co_await scope_.sleep(kEvery);
  }
}

base::Task<bool> IdentityCleaner::look(std::string lease) {
  storage::Key key{kIdentityLeases, std::string(kIdentityHome), std::move(lease)};
  const storage::ObjectPtr current = objects_.store().get(key);
  if (!current || !has_expired(object::Document::parse(current->json).root())) co_return true;
  log::info("the identity lease of a server that has gone is removed", {{"lease", current->name}});
  const bool removed = co_await objects_.remove(std::move(key), current->revision);
  co_return removed;
}

}  // namespace limen::controllers
