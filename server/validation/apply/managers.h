// Managers: who owns which fields of an object, as metadata.managedFields keeps it.
//
// An entry is one manager's fields, by the operation that took them: Update (any write) or Apply.
// Two appliers may own one field as long as they agree on it; an update takes what it changes from
// everybody. The rules are those of kube-apiserver's field manager. Thread rule: values and free
// functions; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"
#include "validation/apply/field_set.h"
#include "validation/apply/model.h"

namespace limen::validation::apply {

struct Manager {
  std::string name, api_version, subresource, time;
  bool applied = false;  // operation Apply, else Update
  FieldSet fields;
  // One manager has an entry an operation, subresource and, for updates, version.
  bool same_entry(const Manager& other) const;
  std::string shown() const;  // "m" with subresource "status" using apps/v1
};
using Managers = std::vector<Manager>;

// Nothing when the list is not well-formed. Null is an empty list.
std::optional<Managers> read_managers(const object::Json* list);
// Sorted as kube-apiserver sorts them.
object::Json managers_json(Managers managers);
// True for `[{}]`, by which a client asks to forget all owners.
bool is_reset(const object::Json* list);
// True when both lists say the same, times aside.
bool same_managers(const object::Json* left, const object::Json* right);

// What an object looks like in the versions its owners speak.
class Versions {
 public:
  virtual ~Versions() = default;
  // False when the version is not served (any more).
  virtual bool find(std::string_view api_version, Model& model) const = 0;
  // True when objects of both differ in apiVersion alone.
  virtual bool same_shape(std::string_view left, std::string_view right) const = 0;
  virtual object::Json convert(const object::Json& object, std::string_view from,
                               std::string_view to) const = 0;
};

// Who writes, when, in which version, and which fields this way of writing does not reach.
struct Writer {
  std::string name, api_version, subresource, time;
  const Versions* versions = nullptr;
  std::function<void(FieldSet&)> confine;  // null: all are reached
};

// What an update from `live` to `object` means for the owners. `live` null: the object is new.
void track_update(Managers& managers, const object::Json* live, const object::Json& object,
                  const Writer& writer);

struct Conflict {
  std::string manager;  // Manager::shown()
  std::string path;     // .spec.replicas
};
// Thrown when an apply would change what others own.
struct Conflicts {
  std::vector<Conflict> all;
  // `Apply failed with 1 conflict: conflict with "m" using apps/v1: .spec.replicas`
  std::string message() const;
};

// `live` after `config` has been applied to it, and `managers` with the writer's new fields.
// `tolerated` (may be null): conflicts about these fields are no conflicts if there are no others.
// Throws Conflicts unless `force`; `managers` is then in an undefined state.
object::Json apply_config(Managers& managers, const object::Json& live, const object::Json& config,
                          const Writer& writer, bool force, const FieldSet* tolerated);

}  // namespace limen::validation::apply
