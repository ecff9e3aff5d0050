// Keyring: the keys in force, by resource: seals what is written, opens what is read.
//
// A sealed value begins with "k8s:enc:PROVIDER:v1:KEYNAME:", as kube-apiserver writes it. The first
// provider of a resource seals; all are tried for reading, in order, those first whose prefix the
// value has. A plain value is read where `identity` is among them. A resource without a rule is
// plain. Every key has a number, its form, from the first time it was in force until the process
// ends; 0 is plain. Thread rule: any thread; what runs when the keys change ends with the old ones.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encryption/configuration.h"
#include "storage/store.h"

namespace limen::encryption {

class Keyring {
 public:
  explicit Keyring(const EncryptionConfiguration& configuration);
  ~Keyring();

  // Before a file is read for change(): what was read later wins.
  std::uint64_t ticket();
  // Other keys, for reading and writing, from now on. False when they are those in force, or newer
  // ones are.
  bool change(const EncryptionConfiguration& configuration, std::uint64_t ticket);

  struct Value {
    std::optional<std::string> text;  // none: as it is
    std::uint32_t form = 0;
  };
  // What is stored for `text` under the storage key `key`. Throws storage::DriverError.
  Value seal(const storage::ResourceId& id, std::string_view key, std::string_view text) const;
  // The inverse. Throws storage::DriverError with a sentence that names the key and the providers
  // there are.
  Value open(const storage::ResourceId& id, std::string_view key, std::string_view stored) const;
  // True when a value of this form would be sealed otherwise if it were written now.
  bool outdated(const storage::ResourceId& id, std::uint32_t form) const;

 private:
  class Providers;
  struct Known {
    Kind kind;
    Key key;
  };
  std::shared_ptr<const Providers> current() const;
  std::uint32_t form_of(Kind kind, const Key& key);

  void apply(const EncryptionConfiguration& configuration);

  mutable std::mutex mutex_;
  std::uint64_t tickets_ = 0;
  std::uint64_t applied_ = 0;  // the ticket of what is in force
  EncryptionConfiguration configuration_;
  std::vector<Known> known_;  // form - 1
  std::shared_ptr<const Providers> current_;
};

}  // namespace limen::encryption
