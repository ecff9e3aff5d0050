#include "controllers/live_servers.h"

#include <algorithm>
#include <utility>

#include "base/address_range.h"
#include "base/strings.h"
#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::int64_t kMaxPort = 65535;

ServerAddress address_in(const Json& lease) {
  const Json* const text = object::find(lease, {"metadata", "annotations", kServerAddress});
  if (text == nullptr || !text->is_string()) return {};
  return parse_server_address(std::string_view(text->get_string())).value_or(ServerAddress());
}

bool renewed_within(const Json& lease, std::chrono::milliseconds time) {
  const Json* const text = object::find(lease, {"spec", "renewTime"});
  if (text == nullptr || !text->is_string()) return false;
  const auto when = base::parse_time(std::string_view(text->get_string()));
  if (!when) return false;
  const auto age = std::chrono::system_clock::now() - *when;
  return age < time && age > -time;
}

}  // namespace

std::string text_of(const ServerAddress& where) {
  const bool v6 = where.address.find(':') != std::string::npos;
  return (v6 ? '[' + where.address + ']' : where.address) + ':' + std::to_string(where.port);
}

std::optional<ServerAddress> parse_server_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const auto port = base::parse_int(text.substr(colon + 1));
  if (!port || *port < 1 || *port > kMaxPort) return std::nullopt;
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);
  const std::string_view family = base::family_of(address);
  if (family.empty() || bracketed != (family == "IPv6")) return std::nullopt;
  return ServerAddress{std::string(address), *port};
}

bool is_identity_lease(const storage::StoredObject& lease) {
  return std::any_of(lease.labels.begin(), lease.labels.end(), [](const auto& label) {
    return label.first == kIdentityLabel && label.second == kIdentityLabelValue;
  });
}

LiveServers::LiveServers(Objects& objects, std::chrono::milliseconds silence,
                         std::function<void()> changed)
    : silence_(silence),
      changed_(std::move(changed)),
      leases_(
          objects.store(), objects.loop(), kIdentityLeases,
          [this](const storage::StoredObject& lease, bool gone) { told(lease, gone); },
          std::string(kIdentityHome)) {}

void LiveServers::start() {
  starting_ = true;
  leases_.start();
  starting_ = false;
}

void LiveServers::told(const storage::StoredObject& lease, bool gone) {
  if (gone || !is_identity_lease(lease)) {
    if (seen_.erase(lease.name) > 0) changed_();
    return;
  }
  const auto [place, is_new] = seen_.try_emplace(lease.name);
  Seen& seen = place->second;
  if (!is_new && seen.revision == lease.revision) return;
  const object::Document document = object::Document::parse(lease.json);
  const Seen before = seen;
  seen.where = address_in(document.root());
  seen.revision = lease.revision;
  seen.at = base::SteadyClock::now();
  seen.renewed = !starting_ || renewed_within(document.root(), silence_);
  if (is_new || !before.renewed || is_silent(before) || before.where != seen.where) changed_();
}

bool LiveServers::is_silent(const Seen& seen) const {
  return base::SteadyClock::now() - seen.at >= silence_;
}

void LiveServers::look() {
  const std::size_t gone =
      std::erase_if(seen_, [this](const auto& one) { return is_silent(one.second); });
  if (gone > 0) changed_();
}

std::set<ServerAddress> LiveServers::all(const std::set<ServerAddress>& trusted) const {
  std::set<ServerAddress> found;
  for (const auto& [name, seen] : seen_) {
    if (seen.where.address.empty() || is_silent(seen)) continue;
    if (seen.renewed || trusted.contains(seen.where)) found.insert(seen.where);
  }
  return found;
}

}  // namespace limen::controllers
