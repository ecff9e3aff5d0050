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

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kNamespaces_{"", "namespaces"};
const storage::ResourceId kLeases{"coordination.k8s.io", "leases"};
constexpr std::string_view kHome = "kube-system";
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

std::string identity_of(const std::string& host) {
  constexpr std::size_t kUsedBytes = 16;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(host.data()), host.size(), digest.data());
  return "apiserver-" + base32(digest.data(), kUsedBytes);
}

}  // namespace

IdentityLease::IdentityLease(Scope& scope, Objects& objects, std::string host)
    : scope_(scope),
      objects_(objects),
      host_(std::move(host)),
      lease_(identity_of(host_)),
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
  storage::Key key{kLeases, std::string(kHome), lease_};
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
  labels.get_object()["apiserver.kubernetes.io/identity"] = "kube-apiserver";
  labels.get_object()["kubernetes.io/hostname"] = host_;
  boost::json::object& spec = object::object_at(lease, "spec");
  spec["holderIdentity"] = holder_;
  spec["leaseDurationSeconds"] = kCountsFor;
  spec["renewTime"] = base::format_micro_time(std::chrono::system_clock::now());
}

}  // namespace limen::controllers
