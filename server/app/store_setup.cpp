#include "app/store_setup.h"

#include <memory>
#include <utility>
#include <vector>

#include "encryption/encrypted_values.h"
#include "modules/store_adapter.h"
#include "registry/kubernetes_translation.h"
#include "storage/translation.h"

namespace limen::app {

std::unique_ptr<storage::Driver> store_driver(const limen_plugin& plugin,
                                              std::shared_ptr<const encryption::Keyring> keyring) {
  std::unique_ptr<storage::Driver> driver = modules::store_driver(plugin);
  // The one nearest to the store first.
  std::vector<std::shared_ptr<storage::Translation>> layers;
  encryption::EncryptedValues::ResourceOf resource_of = encryption::resource_of_driver_key;
  if (driver->shared()) {
    // What is shared is laid out as kube-apiserver lays it out.
    const auto layout = std::make_shared<registry::KubernetesTranslation>();
    layers.push_back(layout);
    resource_of = [layout](std::string_view key) { return layout->resource_of(key); };
    // Others may encrypt what they share with us: that must not look as if it were no object.
    if (keyring == nullptr) {
      keyring = std::make_shared<encryption::Keyring>(encryption::EncryptionConfiguration());
    }
  }
  // Values are encrypted last, for the very key they are stored under.
  if (keyring != nullptr) {
    layers.push_back(
        std::make_shared<encryption::EncryptedValues>(std::move(keyring), std::move(resource_of)));
  }
  return storage::translated(std::move(driver), std::move(layers));
}

}  // namespace limen::app
