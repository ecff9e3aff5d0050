// Under which keys kube-apiserver keeps its objects in etcd, and so does this server where the data
// are shared.
//
// `<prefix>/<folder>/[<namespace>/]<name>`: the folder of a built-in resource is its name but for a
// few that are older than that rule; that of a custom one is `<group>/<plural>`. Thread rule:
// immutable once made; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "storage/store.h"

namespace limen::registry {

// The folder of a resource's objects, by the group they are stored in: `services/specs`,
// `example.com/widgets`.
std::string kubernetes_folder(std::string_view storage_group, std::string_view resource);

class KubernetesKeys {
 public:
  // `prefix` without a slash at its end.
  explicit KubernetesKeys(std::string prefix);

  // What a key in the data is for. Views of the key.
  struct Place {
    const catalog::Resource* builtin = nullptr;  // as it is stored; null: a custom resource
    std::string_view group, resource;            // of the storage
    std::string_view names;                      // [<namespace>/]<name>
  };
  // Nothing for a key that is no object's of this server.
  std::optional<Place> place(std::string_view stored_key) const;
  // The store's own key (storage/key.h) of a place.
  static std::string store_key(const Place& place);
  // Where the store's own key is in the data; nothing for a resource the server does not know.
  std::optional<std::string> stored_key(std::string_view store_key) const;

  // The key in the data without the prefix and its slash; nothing for one that is not below it.
  std::optional<std::string_view> below_prefix(std::string_view stored_key) const;
  const std::string& prefix() const { return prefix_; }

 private:
  const std::string prefix_;
};

}  // namespace limen::registry
