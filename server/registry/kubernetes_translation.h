// The layer between the store and data that are shared with kube-apiserver, or with servers that
// keep to its layout: its keys, its values.
//
// What is written is the store's own JSON, a whole object with apiVersion and kind in the version
// kube-apiserver stores, which it reads when it finds it. What is read is that, or anything of
// kube-apiserver's (kubernetes_values.h), translated in memory alone: the data change with the next
// write of the object. Keys of others are left out and told in the log once a folder.
// Thread rule: begin() first; everything else from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "registry/kubernetes_keys.h"
#include "storage/translation.h"

namespace limen::registry {

class KubernetesTranslation final : public storage::Translation {
 public:
  void begin(const std::string& prefix) override;
  bool read(storage::DriverChange& change, storage::Texts& keep) const override;
  void write(storage::DriverOp& op, storage::Texts& keep) const override;

  // Whose object the key in the data names; nothing for keys of others. For layers below this one.
  std::optional<storage::ResourceId> resource_of(std::string_view stored_key) const;

 private:
  void tell_foreign(std::string_view stored_key) const;

  std::unique_ptr<const KubernetesKeys> keys_;  // once begun
  mutable std::mutex mutex_;
  mutable std::set<std::string, std::less<>> told_;  // folders of others; at most kMaxTold
};

}  // namespace limen::registry
