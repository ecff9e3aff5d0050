// Strategy: how one resource is written, beyond what its schema says.
//
// A strategy is a row of data with, where a kind needs it, a function or two. Resources without a
// row get the default. Rows live in strategies/, a file a group. Thread rule: constant, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "catalog/catalog.h"
#include "object/document.h"
#include "request/identity.h"

namespace limen::registry {

struct Strategy {
  std::string_view group = "", resource = "";  // of the storage

  bool unconditional_update = true;    // an update without resourceVersion overwrites
  bool create_on_update = false;       // a PUT of an object that is not there creates it
  bool counts_generation = false;      // metadata.generation follows changes of the desired state
  bool annotations_count = false;      // ... and of annotations
  bool returns_deleted = false;        // DELETE answers the object instead of a Status
  bool garbage_collected = true;       // propagationPolicy may add finalizers
  bool orphans_dependents = false;     // a delete that does not say otherwise lets them be
  bool status_on_create = false;       // a client may set status when it creates (nodes)
  bool status_keeps_labels = false;    // a status update may not change labels
  bool status_keeps_owners = false;    // ... nor the owner references
  bool status_keeps_metadata = false;  // ... nor anything else of metadata
  // The status of a new object, JSON; for resources with a status subresource. Empty: it has none.
  std::string_view initial_status = "{}";

  // Called on the object about to be created (uid and creationTimestamp are set) or stored over
  // `old`. May change it. Null: nothing to do.
  void (*prepare_create)(object::Json& object, const request::Identity& user) = nullptr;
  void (*prepare_update)(object::Json& object, const object::Json& old) = nullptr;
  // Graceful deletion: the seconds to give the object, when `requested` was asked for. Null: the
  // resource is deleted at once.
  std::int64_t (*grace_period)(const object::Json& object,
                               std::optional<std::int64_t> requested) = nullptr;
};

// The row of the resource's storage, or the default; all custom kinds have one in common. Static
// storage.
const Strategy& strategy_for(const catalog::Resource& resource);

// The tables of the groups; strategies/*.cpp.
std::span<const Strategy> core_strategies();
std::span<const Strategy> workload_strategies();  // apps, batch, autoscaling, policy
std::span<const Strategy> other_strategies();
const Strategy& custom_strategy();

}  // namespace limen::registry
