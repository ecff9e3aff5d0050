#include "app/store_setup.h"

#include <memory>
#include <utility>
#include <vector>

#include "modules/store_adapter.h"
#include "registry/kubernetes_translation.h"
#include "storage/translation.h"

namespace limen::app {

std::unique_ptr<storage::Driver> store_driver(const config::ServerConfiguration& configuration,
                                              const limen_plugin& plugin) {
  (void)configuration;
  std::unique_ptr<storage::Driver> driver = modules::store_driver(plugin);
  // The one nearest to the store first.
  std::vector<std::shared_ptr<storage::Translation>> layers;
  // What is shared is laid out as kube-apiserver lays it out.
  if (driver->shared()) layers.push_back(std::make_shared<registry::KubernetesTranslation>());
  return storage::translated(std::move(driver), std::move(layers));
}

}  // namespace limen::app
