#include "encryption/encrypted_values.h"

#include <utility>

#include "storage/key.h"

namespace limen::encryption {

bool EncryptedValues::read(storage::DriverChange& change, storage::Texts& keep) const {
  if (change.removed) return true;
  const auto id = resource_of_(change.key);
  if (!id) return true;
  Keyring::Value value = keyring_->open(*id, change.key, change.value);
  change.form = value.form;
  if (value.text) change.value = keep.keep(std::move(*value.text));
  return true;
}

void EncryptedValues::write(storage::DriverOp& op, storage::Texts& keep) const {
  if (op.remove) return;
  const auto id = resource_of_(op.key);
  if (!id) return;
  Keyring::Value value = keyring_->seal(*id, op.key, op.value);
  op.form = value.form;
  if (value.text) op.value = keep.keep(std::move(*value.text));
}

std::optional<storage::ResourceId> resource_of_driver_key(std::string_view key) {
  auto parsed = storage::parse_driver_key(key);
  if (!parsed) return std::nullopt;
  return std::move(parsed->id);
}

}  // namespace limen::encryption
