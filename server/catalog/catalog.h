// The catalog: every type and resource the server knows, as data.
//
// Built-in entries are compact constant tables generated at build time; custom resources become the
// same kind of entry while the server runs (custom/custom_catalog.h). Discovery, OpenAPI,
// validation, patches and defaulting are driven by it and know no kind by name. Thread rule:
// immutable once built; any thread. Lifetime: what this file finds is static; views of a custom
// entry live as long as it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace limen::catalog {

struct Type;
struct CustomKind;

// What a single value (or an element of a list or map) is.
enum class Scalar : std::uint8_t {
  object,  // a Type with fields: `type` is set
  string,
  boolean,
  int32,
  int64,
  float64,
  bytes,     // base64 text in JSON
  time,      // RFC 3339 text; MicroTime too
  quantity,  // resource.Quantity: text or number in JSON
  int_or_string,
  any,  // arbitrary JSON: RawExtension, FieldsV1, JSON
};
enum class Shape : std::uint8_t { single, list, map };  // map: string keys
enum class ListType : std::uint8_t { none, atomic, set, map };

struct Field {
  std::string_view name;                            // JSON key
  const Type* type;                                 // when scalar == object, else null
  std::string_view patch_merge_key;                 // strategic merge; empty when none
  std::span<const std::string_view> list_map_keys;  // server-side apply; ListType::map only
  std::uint16_t number;                             // protobuf field number; 0 when it has none
  Scalar scalar;
  Shape shape;
  ListType list_type;
  bool required;
  bool patch_merge;        // strategic merge: merge the list instead of replacing it
  bool patch_retain_keys;  // strategic merge: retainKeys
  bool atomic_map;         // server-side apply: the map or object is one value
  // The named type of a scalar (Quantity, Time, MicroTime, RawExtension, ...); null for a plain
  // one. Its `fields` are empty and its `scalar` equals this field's.
  const Type* named = nullptr;
  bool map_of_lists = false;   // Shape::map only: every value is a list of the scalar
  bool patch_replace = false;  // strategic merge: the value is replaced as a whole
  bool granular_map = false;   // server-side apply: merged by member though its type is atomic
  // A Go struct embedded in another is a message of its own in protobuf, while JSON shows its
  // members as the outer object's. The field numbers of the messages to open, outermost first,
  // before `number` counts; zeros for none.
  std::array<std::uint16_t, 2> within = {};
  // A plain optional member whose zero is not its absence (a pointer in Go): protobuf's zero is
  // kept.
  bool keep_zero = false;
};

struct Type {
  std::string_view name;                  // io.k8s.api.core.v1.Pod
  std::string_view group, version, kind;  // set for types with a group-version-kind, else empty
  std::span<const Field> fields;          // sorted by name
  bool atomic;                            // struct type marked atomic
  // `object` for types with fields (or an object without any); else the type is a named scalar.
  Scalar scalar = Scalar::object;
  std::string_view unions = {};  // x-kubernetes-unions as JSON text; empty when none
  // Binary search; null when there is none.
  const Field* field(std::string_view json_name) const;
};

enum Verb : std::uint16_t {
  kVerbGet = 1,
  kVerbList = 2,
  kVerbWatch = 4,
  kVerbCreate = 8,
  kVerbUpdate = 16,
  kVerbPatch = 32,
  kVerbDelete = 64,
  kVerbDeleteCollection = 128,
};

struct Subresource {
  std::string_view name;  // status, scale, binding, ...
  std::string_view kind, group,
      version;       // of its body; group/version equal the resource's unless they differ
  const Type* type;  // of its body; null when unknown
  std::uint16_t verbs;
};

struct Resource {
  std::string_view group, version, name, kind, singular;
  bool namespaced;
  std::uint16_t verbs;
  std::span<const std::string_view> short_names, categories;
  std::span<const Subresource> subresources;
  const Type* type;
  // The version objects of this group-resource are stored in, and the group whose storage they
  // share (events.k8s.io events are stored as core events).
  std::string_view storage_group, storage_version;
  // What a definition says of a custom kind (custom/definition.h); null for built-in ones. A custom
  // kind has no `type`.
  const CustomKind* custom = nullptr;
  bool stored() const { return (verbs & kVerbGet) != 0 && (verbs & kVerbCreate) != 0; }
  bool has(Verb verb) const { return (verbs & verb) != 0; }
  const Subresource* subresource(std::string_view sub) const;
};

struct GroupVersion {
  std::string_view group, version;
  std::span<const Resource> resources;  // sorted by name
};

// All group-versions in discovery order: core first, then groups by kube-apiserver's priority,
// within a group the preferred version first.
std::span<const GroupVersion> group_versions();
// True for a group that is served in at least one version.
bool has_group(std::string_view group);
const GroupVersion* find_group_version(std::string_view group, std::string_view version);
// Null when not served. Knows the kinds that are not listed, too (unlisted.h).
const Resource* find_resource(std::string_view group, std::string_view version,
                              std::string_view resource);
const Resource* find_kind(std::string_view group, std::string_view version, std::string_view kind);
// In the group's preferred version; null when no version has it.
const Resource* find_preferred(std::string_view group, std::string_view resource);
// By full name (io.k8s.api.core.v1.Pod) or null.
const Type* find_type(std::string_view name);
// Every type, sorted by name.
std::span<const Type> types();
// The group's versions, the preferred one first; empty when the group is not served.
std::span<const GroupVersion> versions_of(std::string_view group);

std::string_view verb_name(Verb verb);

}  // namespace limen::catalog
