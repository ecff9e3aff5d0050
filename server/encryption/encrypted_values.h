// EncryptedValues: the layer nearest to a store's driver, where values are encrypted.
//
// Keys stay readable; the value is sealed for the key it is stored under. Thread rule: as
// storage::Translation.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "encryption/keyring.h"
#include "storage/translation.h"

namespace limen::encryption {

class EncryptedValues final : public storage::Translation {
 public:
  // Which resource a key of the data is of; nothing for a key of others, whose value is let through
  // as it is. Called from several threads.
  using ResourceOf = std::function<std::optional<storage::ResourceId>(std::string_view key)>;

  EncryptedValues(std::shared_ptr<const Keyring> keyring, ResourceOf resource_of)
      : keyring_(std::move(keyring)), resource_of_(std::move(resource_of)) {}

  bool read(storage::DriverChange& change, storage::Texts& keep) const override;
  void write(storage::DriverOp& op, storage::Texts& keep) const override;

 private:
  const std::shared_ptr<const Keyring> keyring_;
  const ResourceOf resource_of_;
};

// For data whose keys are those of storage/key.h.
std::optional<storage::ResourceId> resource_of_driver_key(std::string_view key);

}  // namespace limen::encryption
