#include "controllers/service_addresses.h"

#include <chrono>
#include <utility>

#include "base/time.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/service_claims.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kRanges{"networking.k8s.io", "servicecidrs"};
constexpr std::string_view kApiVersion = "networking.k8s.io/v1";
constexpr std::string_view kRangeName = "kubernetes";

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

ServiceAddresses::ServiceAddresses(Scope& scope, Objects& objects, std::string range,
                                   std::chrono::milliseconds patience)
    : objects_(objects),
      range_(std::move(range)),
      queue_(scope, kServiceAddresses, [this](std::string) { return look_at_range(); }),
      ranges_(objects.store(), objects.loop(), kRanges,
              [this](const storage::StoredObject& object, bool) {
                if (object.name == kRangeName) queue_.add(object.name);
              }),
      claims_(scope, objects, kServiceAddresses,
              {registry::kAddressClaims, registry::claimed_addresses, registry::address_claim},
              patience) {}

std::string_view ServiceAddresses::name() const { return kServiceAddresses; }

void ServiceAddresses::start() {
  claims_.start();
  ranges_.start();
}

void ServiceAddresses::look_at_all() { queue_.add(std::string(kRangeName)); }

void ServiceAddresses::stop() {
  claims_.stop();
  ranges_.stop();
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
