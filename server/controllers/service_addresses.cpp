#include "controllers/service_addresses.h"

#include <arpa/inet.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/address_range.h"
#include "base/time.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kServices{"", "services"};
const storage::ResourceId kAddresses{"networking.k8s.io", "ipaddresses"};
const storage::ResourceId kRanges{"networking.k8s.io", "servicecidrs"};
constexpr std::string_view kApiVersion = "networking.k8s.io/v1";
constexpr std::string_view kRangeName = "kubernetes";
constexpr std::string_view kManagedBy = "ipaddress.kubernetes.io/managed-by";
constexpr std::string_view kManager = "ipallocator.k8s.io";
constexpr std::string_view kFamily = "ipaddress.kubernetes.io/ip-family";

// The one way to write an address (RFC 5952), or empty for what is none.
std::string canonical(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  in6_addr bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = v6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, text.c_str(), &bytes) != 1) return {};
  return inet_ntop(family, &bytes, out.data(), out.size()) ? std::string(out.data())
                                                           : std::string();
}

std::set<std::string> addresses_of(const Json& service) {
  std::set<std::string> found;
  const auto add = [&](const Json& value) {
    if (!value.is_string()) return;
    const std::string address = canonical(std::string(value.get_string()));
    if (!address.empty()) found.insert(address);
  };
  const Json* all = object::find(service, {"spec", "clusterIPs"});
  if (all && all->is_array()) {
    for (const Json& one : all->get_array()) add(one);
  } else if (const Json* one = object::find(service, {"spec", "clusterIP"})) {
    add(*one);
  }
  return found;
}

bool is_ours(const Json& address) {
  const Json* labels = object::find(address, {"metadata", "labels"});
  return labels && object::text_at(*labels, kManagedBy) == kManager;
}

std::string holder_of(const Json& address) {
  const Json* parent = object::find(address, {"spec", "parentRef"});
  if (!parent || object::text_at(*parent, "resource") != "services") return {};
  return std::string(object::text_at(*parent, "namespace")) + "/" +
         std::string(object::text_at(*parent, "name"));
}

bool is_ready(const Json& range) {
  const Json* conditions = object::find(range, {"status", "conditions"});
  if (!conditions || !conditions->is_array()) return false;
  for (const Json& one : conditions->get_array()) {
    if (object::text_at(one, "type") == "Ready") return true;
  }
  return false;
}

void make_ready(Json& range) {
  Json& conditions = object::object_at(range, "status")["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  conditions.get_array().push_back(boost::json::object{
      {"type", "Ready"},
      {"status", "True"},
      {"lastTransitionTime", base::format_time(std::chrono::system_clock::now())},
      {"reason", ""},
      {"message", "Kubernetes default Service CIDR is ready"}});
}

}  // namespace

ServiceAddresses::ServiceAddresses(Scope& scope, Objects& objects, std::string range)
    : objects_(objects),
      range_(std::move(range)),
      queue_(scope, kServiceAddresses, [this](std::string key) { return look(std::move(key)); }),
      services_(
          objects.store(), objects.loop(), kServices,
          [this](const storage::StoredObject& object, bool gone) { told_service(object, gone); }),
      addresses_(objects.store(), objects.loop(), kAddresses,
                 [this](const storage::StoredObject& object, bool) { told_address(object); }),
      ranges_(objects.store(), objects.loop(), kRanges,
              [this](const storage::StoredObject& object, bool) {
                if (object.name == kRangeName) queue_.add(object.name);
              }) {}

std::string_view ServiceAddresses::name() const { return kServiceAddresses; }

void ServiceAddresses::start() {
  services_.start();
  addresses_.start();
  ranges_.start();
}

void ServiceAddresses::look_at_all() { queue_.add(std::string(kRangeName)); }

void ServiceAddresses::stop() {
  services_.stop();
  addresses_.stop();
  ranges_.stop();
}

void ServiceAddresses::told_service(const storage::StoredObject& service, bool gone) {
  const std::string key = service.ns + "/" + service.name;
  Addresses now;
  if (!gone) now = addresses_of(object::Document::parse(service.json).root());
  for (const std::string& before : held_[key]) {
    if (now.contains(before)) continue;
    const auto holder = holders_.find(before);
    if (holder != holders_.end() && holder->second == key) holders_.erase(holder);
    queue_.add(before);
  }
  for (const std::string& address : now) {
    std::string& holder = holders_[address];
    if (holder == key) continue;
    holder = key;
    queue_.add(address);
  }
  if (now.empty()) {
    held_.erase(key);
  } else {
    held_[key] = std::move(now);
  }
}

// Puts back what others change; what they made themselves is theirs, until a service has the
// address.
void ServiceAddresses::told_address(const storage::StoredObject& address) {
  if (holders_.contains(address.name) || is_ours(object::Document::parse(address.json).root())) {
    queue_.add(address.name);
  }
}

base::Task<bool> ServiceAddresses::look(std::string key) {
  if (key == kRangeName) co_return co_await look_at_range();
  const auto holder = holders_.find(key);
  const std::string wanted = holder == holders_.end() ? std::string() : holder->second;
  storage::Key place{kAddresses, "", key};
  const storage::ObjectPtr current = objects_.store().get(place);
  if (!current) {
    if (wanted.empty()) co_return true;
    co_return co_await make_address(std::move(key), wanted);
  }
  const object::Document document = object::Document::parse(current->json);
  const bool ours = is_ours(document.root());
  if (!wanted.empty() ? (ours && holder_of(document.root()) == wanted) : !ours) co_return true;
  // Whom it points to cannot be changed: it is made anew.
  const bool removed = co_await objects_.remove(std::move(place), current->revision);
  co_return removed&& wanted.empty();
}

base::Task<bool> ServiceAddresses::make_address(std::string address, std::string service) {
  const std::size_t slash = service.find('/');
  Json made = boost::json::object();
  object::set_type(made, kApiVersion, "IPAddress");
  object::set_metadata(made, "name", address);
  object::metadata(made)["labels"] = {
      {boost::json::string_view(kFamily.data(), kFamily.size()),
       std::string(base::family_of(address))},
      {boost::json::string_view(kManagedBy.data(), kManagedBy.size()),
       boost::json::string_view(kManager.data(), kManager.size())}};
  object::object_at(made, "spec")["parentRef"] = {{"resource", "services"},
                                                  {"namespace", service.substr(0, slash)},
                                                  {"name", service.substr(slash + 1)}};
  storage::Key key{kAddresses, "", std::move(address)};
  co_return co_await objects_.create(std::move(key), std::move(made));
}

// The range of a server that was started with another one before stays as it was stored: services
// may have addresses of it.
base::Task<bool> ServiceAddresses::look_at_range() {
  storage::Key place{kRanges, "", std::string(kRangeName)};
  const storage::ObjectPtr current = objects_.store().get(place);
  if (!current) {
    Json made = boost::json::object();
    object::set_type(made, kApiVersion, "ServiceCIDR");
    object::set_metadata(made, "name", kRangeName);
    object::object_at(made, "spec")["cidrs"] = boost::json::array{Json(range_)};
    const bool created = co_await objects_.create(std::move(place), std::move(made));
    co_return created;  // its status is written when it is told of
  }
  const object::Document document = object::Document::parse(current->json);
  if (!object::deletion_timestamp(document.root()).empty() || is_ready(document.root()))
    co_return true;
  Json ready = object::mutable_copy(document.root());
  make_ready(ready);
  co_return co_await objects_.update(std::move(place), current->revision, std::move(ready));
}

}  // namespace limen::controllers
