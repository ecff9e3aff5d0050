#include "registry/kubernetes_translation.h"

#include <utility>

#include "observability/log.h"
#include "registry/kubernetes_values.h"
#include "storage/migration_mark.h"

namespace limen::registry {

namespace {

constexpr std::size_t kMaxTold = 256;
constexpr std::string_view kOwnRoot = "/registry";

// The mark's key after the prefix, with its slash.
constexpr std::string_view mark_below_prefix() {
  return storage::kMigrationMark.substr(kOwnRoot.size());
}

}  // namespace

void KubernetesTranslation::begin(const std::string& prefix) {
  keys_ = std::make_unique<const KubernetesKeys>(prefix);
}

bool KubernetesTranslation::read(storage::DriverChange& change, storage::Texts& keep) const {
  const auto place = keys_->place(change.key);
  if (!place) {
    const auto below = keys_->below_prefix(change.key);
    if (!below || *below != mark_below_prefix().substr(1)) {
      tell_foreign(change.key);
      return false;
    }
    change.key = storage::kMigrationMark;
    return true;
  }
  if (!change.removed && !is_store_form(*place, change.value)) {
    try {
      change.value = keep.keep(store_form(*place, change.value));
    } catch (const UnreadableValue& error) {
      throw storage::DriverError("the stored value of " + std::string(change.key) +
                                 " cannot be read: " + error.what());
    }
  }
  change.key = keep.keep(KubernetesKeys::store_key(*place));
  return true;
}

void KubernetesTranslation::write(storage::DriverOp& op, storage::Texts& keep) const {
  if (op.key == storage::kMigrationMark) {
    op.key = keep.keep(keys_->prefix() + std::string(mark_below_prefix()));
    return;
  }
  auto key = keys_->stored_key(op.key);
  if (!key) {
    throw storage::DriverError(std::string(op.key) +
                               " has no place in Kubernetes' layout: its resource is not known");
  }
  op.key = keep.keep(std::move(*key));
}

std::optional<storage::ResourceId> KubernetesTranslation::resource_of(
    std::string_view stored_key) const {
  const auto place = keys_->place(stored_key);
  if (!place) return std::nullopt;
  return storage::ResourceId{std::string(place->group), std::string(place->resource)};
}

void KubernetesTranslation::tell_foreign(std::string_view stored_key) const {
  std::string_view folder = keys_->below_prefix(stored_key).value_or(stored_key);
  folder = folder.substr(0, folder.find('/'));
  {
    const std::lock_guard lock(mutex_);
    if (told_.size() >= kMaxTold || !told_.emplace(folder).second) return;
  }
  log::info("the store leaves out keys that are none of this server's", {{"folder", folder}});
}

}  // namespace limen::registry
