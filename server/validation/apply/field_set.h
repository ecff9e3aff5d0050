// Field sets: which fields of an object somebody owns, as server-side apply counts them.
//
// A set is a tree of path elements: members of objects (f:name), items of keyed lists by their key
// (k:{"name":"x"}), items of set lists by value (v:"x") and positions (i:0). Its JSON is `fieldsV1`
// of metadata.managedFields, written byte for byte as structured-merge-diff writes it. Value types;
// free of any schema. Thread rule: as any value.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::validation::apply {

// One step of a path. `text` is the member's name, or the canonical JSON of the key or value.
struct PathElement {
  enum class Kind : std::uint8_t { field, key, value, index };
  Kind kind = Kind::field;
  std::string text;

  static PathElement field(std::string_view name) { return {Kind::field, std::string(name)}; }
  // Numbers inside keys and values count by size, as Kubernetes sorts them.
  std::strong_ordering operator<=>(const PathElement& other) const;
  bool operator==(const PathElement&) const = default;
  // How conflicts show it: .name, [name="x"], [="x"], [0].
  std::string to_string() const;
};

// "f:name" and so on. Nothing for a form that is unknown (a later version's); `malformed` is set
// when the form is known and the text does not fit it.
std::optional<PathElement> parse_element(std::string_view text, bool& malformed);
std::string element_text(const PathElement& element);

class FieldSet {
 public:
  struct Node;
  using Nodes = std::vector<Node>;

  bool empty() const { return nodes_.empty(); }
  const Nodes& nodes() const { return nodes_; }
  const Node* find(const PathElement& element) const;
  bool operator==(const FieldSet&) const;

  // Adds a node that is new to the set; sort() must follow the last one. Nodes that say nothing
  // are passed over.
  void append(Node&& node);
  // Orders the appended nodes and joins those of one element.
  void sort();
  // Takes out the field at `path` and everything below it.
  void drop(std::initializer_list<std::string_view> path);
  // Takes out the object's member itself, not what is below it.
  void forget(std::string_view name);
  // Keeps the object's members that are named, and what is below them.
  void keep_only(std::initializer_list<std::string_view> names);
  // Keeps the field at `path` and what is below it.
  void keep_path(std::initializer_list<std::string_view> path);

  // Every path, as conflicts show them (.spec.replicas), in order.
  std::vector<std::string> paths() const;

 private:
  void collect_paths(const std::string& prefix, std::vector<std::string>& out) const;
  Nodes nodes_;  // sorted by element, each at most once
};

struct FieldSet::Node {
  PathElement element;
  bool member = false;  // the field itself is in the set
  FieldSet children;
};

FieldSet united(const FieldSet& left, const FieldSet& right);
FieldSet common(const FieldSet& left, const FieldSet& right);
// What is in `left` and not in `right`; a field in `right` takes nothing below it along.
FieldSet difference(const FieldSet& left, const FieldSet& right);

struct FieldSetLimits {
  std::size_t max_depth = 128;
  std::size_t max_nodes = 1'000'000;
};
// From fieldsV1. Elements of unknown form are dropped. Nothing when it is no such JSON, or exceeds
// a limit.
std::optional<FieldSet> parse_fields(const object::Json& fields, const FieldSetLimits& limits = {});
object::Json fields_json(const FieldSet& set);

}  // namespace limen::validation::apply
