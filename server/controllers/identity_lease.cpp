#include "controllers/identity_lease.h"

#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/strings.h"
#include "base/time.h"
#include "controllers/active_namespace.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kNamespaces_{"", "namespaces"};
constexpr std::string_view kHome = kIdentityHome;
constexpr std::chrono::seconds kRenewEvery{10};
constexpr std::int64_t kCountsFor = 3600;  // seconds

// RFC 4648 section 6, in lower case and without padding.
std::string base32(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    held = (held << 8U) | bytes[i];
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kAlphabet[(held >> bits) & 31U];
    }
  }
  if (bits > 0) out += kAlphabet[(held << (5 - bits)) & 31U];
  return out;
}

std::string name_of(const ServerIdentity& identity) {
  constexpr std::size_t kUsedBytes = 16;
  std::string host = identity.host;
  if (identity.among_others) host += ':' + std::to_string(identity.where.port);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(host.data()), host.size(), digest.data());
  return "apiserver-" + base32(digest.data(), kUsedBytes);
}

}  // namespace

IdentityLease::IdentityLease(Scope& scope, Objects& objects, ServerIdentity identity)
    : scope_(scope),
      objects_(objects),
      identity_(std::move(identity)),
      lease_(name_of(identity_)),
      holder_(lease_ + "_" + base::random_uuid()),
      queue_(scope, kIdentityLease, [this](std::string) { return renew(); }),
      namespaces_(objects.store(), objects.loop(), kNamespaces_,
                  [this](const storage::StoredObject& ns, bool gone) {
                    if (!gone && ns.name == kHome) queue_.add(lease_);
                  }) {}

std::string_view IdentityLease::name() const { return kIdentityLease; }

void IdentityLease::start() { namespaces_.start(); }

void IdentityLease::look_at_all() {
  queue_.add(lease_);
  scope_.spawn(kIdentityLease, renew_now_and_then());
}

void IdentityLease::stop() { namespaces_.stop(); }

base::Task<void> IdentityLease::renew_now_and_then() {
  while (!scope_.ending()) {
    co_await scope_.sleep(kRenewEvery);
    if (!scope_.ending()) queue_.add(lease_);
  }
}

base::Task<bool> IdentityLease::renew() {
  if (!is_active_namespace(objects_.store(), std::string(kHome))) co_return true;
  storage::Key key{kIdentityLeases, std::string(kHome), lease_};
  const storage::ObjectPtr current = objects_.store().get(key);
  if (!current) {
    Json lease = boost::json::object();
    object::set_type(lease, "coordination.k8s.io/v1", "Lease");
    object::set_metadata(lease, "name", lease_);
    object::set_metadata(lease, "namespace", kHome);
    hold(lease);
    co_return co_await objects_.create(std::move(key), std::move(lease));
  }
  Json lease = object::mutable_copy(object::Document::parse(current->json).root());
  hold(lease);
  co_return co_await objects_.update(std::move(key), current->revision, std::move(lease));
}

void IdentityLease::hold(Json& lease) const {
  Json& labels = object::metadata(lease)["labels"];
  if (!labels.is_object()) labels.emplace_object();
  labels.get_object()[kIdentityLabel] = std::string(kIdentityLabelValue);
  labels.get_object()["kubernetes.io/hostname"] = identity_.host;
  tell_address(object::metadata(lease));
  boost::json::object& spec = object::object_at(lease, "spec");
  spec["holderIdentity"] = holder_;
  spec["leaseDurationSeconds"] = kCountsFor;
  spec["renewTime"] = base::format_micro_time(std::chrono::system_clock::now());
}

void IdentityLease::tell_address(boost::json::object& metadata) const {
  if (identity_.among_others && !withdrawn_ && !identity_.where.address.empty()) {
    Json& annotations = metadata["annotations"];
    if (!annotations.is_object()) annotations.emplace_object();
    annotations.get_object()[kServerAddress] = text_of(identity_.where);
    return;
  }
  Json* const annotations = metadata.if_contains("annotations");
  if (annotations == nullptr || !annotations->is_object()) return;
  annotations->get_object().erase(kServerAddress);
  if (annotations->get_object().empty()) metadata.erase("annotations");
}

base::Task<void> IdentityLease::withdraw() {
  constexpr int kTries = 3;  // a renewal may be under way
  withdrawn_ = true;
  if (!identity_.among_others || identity_.where.address.empty()) co_return;
  for (int left = kTries; left > 0; --left) {
    try {
      if (co_await renew()) co_return;
    } catch (const std::exception& error) {
      log::warn("the identity lease still tells of this server", {{"error", error.what()}});
      co_return;
    }
  }
}

}  // namespace limen::controllers
