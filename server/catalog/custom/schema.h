// Schema: what one version of a custom resource's objects looks like, as its definition says it.
//
// Compiled once from the structural schema (apiextensions.k8s.io/v1 openAPIV3Schema) of a
// definition and then only read: pruning, defaulting and the checks of values walk it beside the
// object. Texts for people (descriptions) are not kept. Thread rule: immutable once compiled, any
// thread; patterns are compiled when first needed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
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
  ValueType type = ValueType::any;
  ListType list_type = ListType::none;
  bool nullable = false;
  bool preserve_unknown = false;      // x-kubernetes-preserve-unknown-fields
  bool embedded = false;              // x-kubernetes-embedded-resource
  bool int_or_string = false;         // x-kubernetes-int-or-string
  bool any_member = false;            // additionalProperties: true
  bool atomic_map = false;            // x-kubernetes-map-type: atomic
  bool has_defaults = false;          // here or anywhere below
  bool has_rules = false;             // x-kubernetes-validations, here or anywhere below
  std::vector<Property> properties;   // sorted by name
  std::vector<std::string> map_keys;  // x-kubernetes-list-map-keys
  std::unique_ptr<Schema> items;
  std::unique_ptr<Schema> members;    // additionalProperties: {...}
  std::unique_ptr<Json> otherwise;    // default
  std::unique_ptr<ValueRules> rules;  // null: none

  Schema();
  ~Schema();
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  // Null when there is none of this name.
  const Schema* property(std::string_view name) const;
  bool empty() const;  // says nothing at all
};

struct Property {
  std::string name;
  Schema schema;
};

// What values must be beyond their type. Schemas below allOf and the like have rules only.
struct ValueRules {
  std::vector<Json> allowed;  // enum
  std::optional<double> minimum, maximum, multiple_of;
  bool above_minimum = false, below_maximum = false;  // the bound itself is not allowed
  std::optional<std::int64_t> min_length, max_length, min_items, max_items, min_members,
      max_members;
  std::vector<std::string> required;
  std::string format;
  std::unique_ptr<Pattern> pattern;
  std::vector<Schema> all_of, any_of, one_of;
  std::unique_ptr<Schema> none_of;  // not
};

// Compiles a schema as it is stored. What it does not understand it leaves out: a definition has
// been checked before it was stored.
Schema compile_schema(const Json& json);

}  // namespace limen::catalog
