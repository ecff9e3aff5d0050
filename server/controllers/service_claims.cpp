#include "controllers/service_claims.h"

#include <utility>

#include "object/decode.h"
#include "object/metadata.h"
#include "registry/service_claims.h"

namespace limen::controllers {

namespace {

const storage::ResourceId kServices{"", "services"};
constexpr int kLooks = 8;  // at a claim that waits, in the time it may wait

}  // namespace

ServiceClaims::ServiceClaims(Scope& scope, Objects& objects, std::string_view name, Kind kind,
                             std::chrono::milliseconds patience)
    : scope_(scope),
      objects_(objects),
      name_(name),
      kind_(std::move(kind)),
      patience_(patience),
      queue_(scope, name, [this](std::string key) { return look(std::move(key)); }),
      services_(
          objects.store(), objects.loop(), kServices,
          [this](const storage::StoredObject& object, bool gone) { told_service(object, gone); }),
      claims_(
          objects.store(), objects.loop(), kind_.id,
          [this](const storage::StoredObject& object, bool gone) { told_claim(object, gone); }) {}

void ServiceClaims::start() {
  services_.start();
  claims_.start();
  if (patience_.count() > 0) scope_.spawn(name_, look_at_waiting());
}

void ServiceClaims::stop() {
  services_.stop();
  claims_.stop();
}

base::Task<void> ServiceClaims::look_at_waiting() {
  while (!scope_.ending()) {
    co_await scope_.sleep(patience_ / kLooks);
    std::vector<std::string> names;
    for (const auto& [name, waiting] : waiting_) names.push_back(name);
    for (const std::string& name : names) queue_.add(name);  // may change what waits
  }
}

void ServiceClaims::told_service(const storage::StoredObject& service, bool gone) {
  const std::string key = service.ns + "/" + service.name;
  Names now;
  if (!gone) now = kind_.of(object::Document::parse(service.json).root());
  for (const std::string& before : held_[key]) {
    if (now.contains(before)) continue;
    const auto holder = holders_.find(before);
    if (holder != holders_.end() && holder->second == key) holders_.erase(holder);
    left_[before] = {key, service.revision};
    queue_.add(before);
  }
  for (const std::string& name : now) {
    std::string& holder = holders_[name];
    if (holder == key) continue;
    holder = key;
    queue_.add(name);
  }
  if (now.empty()) {
    held_.erase(key);
  } else {
    held_[key] = std::move(now);
  }
}

// Puts back what others change; what they made themselves is theirs, until a service has the
// number.
void ServiceClaims::told_claim(const storage::StoredObject& claim, bool gone) {
  if (gone) {
    waiting_.erase(claim.name);
    left_.erase(claim.name);
  }
  if (holders_.contains(claim.name) ||
      registry::is_made_by_server(kind_.id, object::Document::parse(claim.json).root())) {
    queue_.add(claim.name);
  }
}

base::Task<bool> ServiceClaims::look(std::string name) {
  const auto holder = holders_.find(name);
  const std::string wanted = holder == holders_.end() ? std::string() : holder->second;
  storage::Key place{kind_.id, "", name};
  const storage::ObjectPtr current = objects_.store().get(place);
  if (!current) {
    left_.erase(name);
    if (wanted.empty()) co_return true;
    co_return co_await make(std::move(name), wanted);
  }
  const object::Document document = object::Document::parse(current->json);
  const bool ours = registry::is_made_by_server(kind_.id, document.root());
  const std::string service = registry::claimed_by(document.root());
  if (!wanted.empty()) waiting_.erase(name);
  if (!wanted.empty() ? (ours && service == wanted) : !ours) co_return true;
  if (wanted.empty() && !is_over(*current, service)) co_return true;
  // Whom it points to cannot be changed: it is made anew.
  const bool removed = co_await objects_.remove(std::move(place), current->revision);
  co_return removed&& wanted.empty();
}

// A claim that a service had is older than the change by which the service gave it up; one made
// later is that of another write, which may be under way.
bool ServiceClaims::is_over(const storage::StoredObject& claim, const std::string& service) {
  if (patience_.count() == 0) return true;
  const auto left = left_.find(claim.name);
  if (left != left_.end() && left->second.service == service &&
      claim.create_revision < left->second.revision) {
    return true;
  }
  const base::Deadline now = base::SteadyClock::now();
  const auto [place, is_new] = waiting_.try_emplace(claim.name);
  Waiting& waiting = place->second;
  if (is_new || waiting.revision != claim.revision) waiting = {claim.revision, now};
  return now - waiting.since >= patience_;
}

base::Task<bool> ServiceClaims::make(std::string name, std::string service) {
  std::string text = kind_.make(name, service);
  storage::Key key{kind_.id, "", std::move(name)};
  const bool made = co_await objects_.create_text(std::move(key), std::move(text));
  co_return made;
}

}  // namespace limen::controllers
