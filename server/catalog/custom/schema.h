// Schema: what one version of a custom resource's objects looks like, as its definition says it.
//
// Compiled once from the structural schema (apiextensions.k8s.io/v1 openAPIV3Schema) of a
// definition and then only read: pruning, defaulting and the checks of values walk it beside the
// object. Texts for people (descriptions) are not kept. A definition may have thousands of these
// and a server hundreds of definitions, so what most schemas do not have stands apart and costs
// them a pointer. Thread rule: immutable once compiled, any thread; patterns are compiled when
// first needed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "object/document.h"

namespace re2 {
class RE2;
}

namespace limen::catalog {

using object::Json;

enum class ValueType : std::uint8_t { any, object, array, string, integer, number, boolean };
// As schemas name it; "" for any.
std::string_view value_type_name(ValueType type);

// A regular expression of a schema (RE2, which is Go's syntax).
class Pattern {
 public:
  explicit Pattern(std::string text);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  const std::string& text() const { return text_; }
  // True when it is found anywhere in `value`. One that does not compile matches nothing.
  bool found_in(std::string_view value) const;
  // What is wrong with `text` as a pattern; empty when nothing.
  static std::string problem(std::string_view text);

 private:
  std::string text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> compiled_;
};

struct Property;
struct ValueRules;

struct Schema {
  struct Below;

  ValueType type = ValueType::any;
  ListType list_type = ListType::none;
  bool nullable : 1 = false;
  bool preserve_unknown : 1 = false;  // x-kubernetes-preserve-unknown-fields
  bool embedded : 1 = false;          // x-kubernetes-embedded-resource
  bool int_or_string : 1 = false;     // x-kubernetes-int-or-string
  bool any_member : 1 = false;        // additionalProperties: true
  bool atomic_map : 1 = false;        // x-kubernetes-map-type: atomic
  bool has_defaults : 1 = false;      // here or anywhere below
  bool has_rules : 1 = false;         // x-kubernetes-validations, here or anywhere below
  std::unique_ptr<Below> below;       // null: nothing of it
  std::unique_ptr<ValueRules> rules;  // null: none

  Schema();
  ~Schema();
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;

  // What these return lives as long as the schema; pointers are null when there is none.
  std::span<const Property> properties() const;  // sorted by name
  const Schema* property(std::string_view name) const;
  const Schema* items() const;
  const Schema* members() const;                  // additionalProperties: {...}
  const Json* otherwise() const;                  // default
  std::span<const std::string> map_keys() const;  // x-kubernetes-list-map-keys
  bool empty() const;                             // says nothing at all
};

struct Property {
  std::string name;
  Schema schema;
};

// What a schema of one value does not have.
struct Schema::Below {
  std::vector<Property> properties;
  std::unique_ptr<Schema> items, members;
  std::unique_ptr<Json> otherwise;
  std::unique_ptr<std::vector<std::string>> map_keys;
};

// Bounds of numbers.
struct NumberRules {
  std::optional<double> minimum, maximum, multiple_of;
  bool above_minimum = false, below_maximum = false;  // the bound itself is not allowed
};

// Bounds of how much there is of something.
struct SizeRules {
  std::optional<std::int64_t> min_length, max_length, min_items, max_items, min_members,
      max_members;
};

// Other schemas that must agree or must not; they have rules only.
struct JoinedRules {
  std::vector<Schema> all_of, any_of, one_of;
  std::unique_ptr<Schema> none_of;  // not
};

// What values must be beyond their type; pointers are null when there is none.
struct ValueRules {
  std::vector<Json> allowed;  // enum
  std::vector<std::string> required;
  std::string format;
  std::unique_ptr<Pattern> pattern;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<SizeRules> size;
  std::unique_ptr<JoinedRules> joined;
};

// Compiles a schema as it is stored. What it does not understand it leaves out: a definition has
// been checked before it was stored.
Schema compile_schema(const Json& json);

}  // namespace limen::catalog
