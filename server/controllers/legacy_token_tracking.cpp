#include "controllers/legacy_token_tracking.h"

#include <chrono>

#include "base/time.h"
#include "controllers/active_namespace.h"
#include "controllers/kept_config_map.h"
#include "controllers/names.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

constexpr std::string_view kNamespace = "kube-system";
constexpr std::string_view kConfigMap = "kube-apiserver-legacy-service-account-token-tracking";
constexpr std::string_view kSince = "since";
constexpr std::size_t kDateLength = 10;  // 2026-11-24

bool is_date(std::string_view text) {
  return text.size() == kDateLength && base::parse_time(std::string(text) + "T00:00:00Z");
}

// A day that is there stays: what was noted before counts.
bool correct(object::Json& config_map) {
  const object::Json* const since = object::find(config_map, {"data", kSince});
  if (since && since->is_string() && is_date(std::string_view(since->get_string()))) return false;
  object::object_at(config_map, "data")[kSince] =
      base::format_time(std::chrono::system_clock::now()).substr(0, kDateLength);
  return true;
}

}  // namespace

LegacyTokenTracking::LegacyTokenTracking(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kLegacyTokenTracking, [this](std::string) { return look(); }),
      namespaces_(objects.store(), objects.loop(), {"", "namespaces"},
                  [this](const storage::StoredObject& object, bool gone) {
                    if (!gone && object.name == kNamespace) look_at_all();
                  }),
      config_maps_(objects.store(), objects.loop(), kConfigMapResource,
                   [this](const storage::StoredObject& object, bool) {
                     if (object.ns == kNamespace && object.name == kConfigMap) look_at_all();
                   }) {}

std::string_view LegacyTokenTracking::name() const { return kLegacyTokenTracking; }

void LegacyTokenTracking::start() {
  namespaces_.start();
  config_maps_.start();
}

void LegacyTokenTracking::stop() {
  namespaces_.stop();
  config_maps_.stop();
}

void LegacyTokenTracking::look_at_all() { queue_.add(std::string(kConfigMap)); }

base::Task<bool> LegacyTokenTracking::look() {
  std::string ns(kNamespace);
  if (!is_active_namespace(objects_.store(), ns)) co_return true;
  std::string name(kConfigMap);
  co_return co_await keep_config_map(objects_, std::move(ns), std::move(name), correct);
}

}  // namespace limen::controllers
