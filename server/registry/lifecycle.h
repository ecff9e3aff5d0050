// Lifecycle: what the server itself sets in an object when it is created, updated and deleted.
//
// The steps between decoding and storing that hold for every kind, with the resource's Strategy for
// what is special. Pure functions on documents: nothing here waits or stores. Thread rule: any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "object/document.h"
#include "registry/strategy.h"
#include "request/identity.h"

namespace limen::registry {

// Which part of an object a write may change.
enum class Part : std::uint8_t {
  whole,     // everything but status
  status,    // status and conditions of approval: /status, /approval
  finalize,  // spec.finalizers of namespaces
  ephemeral_containers,
  resize,    // container resources of pods
  internal,  // whatever the server itself changes (a binding, a budget)
};

// Drops what a client may not say about a new object: uid, creationTimestamp, deletion marks,
// selfLink, managedFields.
void wipe_system_fields(object::Json& object);

// Makes `object` ready to be created: uid, creationTimestamp, generated name, generation, initial
// status, and what the kind's strategy adds. Called again for each try of a generated name
// (`name_was_generated` is then true and a new one is made).
void prepare_create(const catalog::Resource& resource, const Strategy& strategy,
                    object::Json& object, const request::Identity& user);
// Sets metadata.name from generateName with a fresh suffix.
void generate_name(object::Json& object);

// Makes `object` ready to be stored over `old`: everything outside `part` is taken from `old`, what
// never changes is restored, and generation counts a change of the desired state.
void prepare_update(const catalog::Resource& resource, const Strategy& strategy, Part part,
                    object::Json& object, const object::Json& old);

// True when both say the same, resourceVersion and the times of managedFields aside.
bool same_content(const object::Json& left, const object::Json& right);

// True when storing `object` over `old` completes a deletion that waited for finalizers.
bool completes_deletion(const catalog::Resource& resource, const object::Json& object,
                        const object::Json& old);

// Marks the object as being deleted: deletionTimestamp `grace` seconds from now.
void mark_deleted(object::Json& object, std::int64_t grace);

// The finalizers an object gets by how it is deleted. Nothing when they stay as they are.
enum class Propagation : std::uint8_t { unset, background, foreground, orphan };
std::optional<std::vector<std::string>> finalizers_for(const Strategy& strategy,
                                                       const object::Json& object,
                                                       Propagation propagation);

}  // namespace limen::registry
