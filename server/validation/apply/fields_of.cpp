#include "validation/apply/fields_of.h"

#include <algorithm>

#include "validation/apply/place.h"

namespace limen::validation::apply {

namespace {

using object::Json;
using Kind = Place::Kind;
using Node = FieldSet::Node;

// Without a schema an object may be as deep as objects may be; sets are kept below that, so that an
// object with its owners can be stored.
constexpr int kMaxDepth = 100;

// `node` without its element: whether the value itself is a field, and the fields in it.
Node collect(const Json& value, const Place& place, int depth = 0) {
  Node node;
  if (depth > kMaxDepth) {
    node.member = true;
  } else if (walks_members(place) && value.is_object()) {
    for (const auto& member : value.get_object()) {
      const std::string_view name = member.key();
      const Json& inner = member.value();
      Node child = collect(inner, member_place(place, name), depth + 1);
      const bool bare = inner.is_null() || (inner.is_object() && inner.get_object().empty());
      if (bare || !is_declared(place, name)) child.member = true;
      child.element = PathElement::field(name);
      node.children.append(std::move(child));
    }
    node.children.sort();
  } else if (is_list(place) && value.is_array()) {
    const Place item = item_place(place);
    for (const Json& inner : value.get_array()) {
      Node child = collect(inner, item, depth + 1);
      child.member = true;
      child.element = item_element(place, inner);
      node.children.append(std::move(child));
    }
    node.children.sort();
  } else {
    node.member = !value.is_null() || place.kind == Kind::leaf || place.kind == Kind::atomic;
  }
  return node;
}

// What differs at and below one path.
struct Difference {
  bool added = false, modified = false, removed = false;
  Comparison below;
  bool empty() const { return !added && !modified && !removed && below.empty(); }
  void sort() {
    below.added.sort();
    below.modified.sort();
    below.removed.sort();
  }
  void attach(const PathElement& element, Difference&& part) {
    below.added.append({element, part.added, std::move(part.below.added)});
    below.modified.append({element, part.modified, std::move(part.below.modified)});
    below.removed.append({element, part.removed, std::move(part.below.removed)});
  }
};

Difference differ(const Json* before, const Json* after, const Place& place, int depth);

Difference differ_as_one(const Json* before, const Json* after) {
  Difference out;
  out.added = before == nullptr;
  out.removed = after == nullptr;
  out.modified = before && after && *before != *after;
  return out;
}

void differ_in_members(const boost::json::object* before, const boost::json::object* after,
                       const Place& place, int depth, Difference& out) {
  const auto member = [&](std::string_view name, const Json* old, const Json* now) {
    Difference part = differ(old, now, member_place(place, name), depth + 1);
    if (!part.empty()) out.attach(PathElement::field(name), std::move(part));
  };
  if (after != nullptr) {
    for (const auto& entry : *after) {
      member(entry.key(), before ? before->if_contains(entry.key()) : nullptr, &entry.value());
    }
  }
  if (before == nullptr) return;
  for (const auto& entry : *before) {
    if (after == nullptr || !after->contains(entry.key())) {
      member(entry.key(), &entry.value(), nullptr);
    }
  }
}

// Items with one element: usually one on each side.
void differ_in_items(const Json* before, const Json* after, const Place& place, int depth,
                     Difference& out) {
  if (before && after && *before == *after) return;
  const std::vector<Item> old = sorted_items_of(place, before);
  const std::vector<Item> now = sorted_items_of(place, after);
  const Place item = item_place(place);
  auto o = old.begin();
  auto n = now.begin();
  while (o != old.end() || n != now.end()) {
    const bool from_old = n == now.end() || (o != old.end() && o->element <= n->element);
    const PathElement& element = from_old ? o->element : n->element;
    const auto run = [&](auto begin, auto end) {
      return std::find_if(begin, end, [&](const Item& at) { return at.element != element; });
    };
    const auto o_end = run(o, old.end());
    const auto n_end = run(n, now.end());
    Difference part;
    if (o_end - o <= 1 && n_end - n <= 1) {
      part =
          differ(o == o_end ? nullptr : o->value, n == n_end ? nullptr : n->value, item, depth + 1);
    } else {
      part.added = o == o_end;
      part.removed = n == n_end;
      part.modified = !part.added && !part.removed &&
                      !std::equal(o, o_end, n, n_end, [](const Item& a, const Item& b) {
                        return *a.value == *b.value;
                      });
    }
    if (!part.empty()) out.attach(element, std::move(part));
    o = o_end;
    n = n_end;
  }
}

Difference differ(const Json* before, const Json* after, const Place& place, int depth) {
  const auto is = [](const Json* value, boost::json::kind kind) {
    return value == nullptr || value->is_null() || value->kind() == kind;
  };
  const bool members = walks_members(place) && is(before, boost::json::kind::object) &&
                       is(after, boost::json::kind::object);
  const bool items =
      is_list(place) && is(before, boost::json::kind::array) && is(after, boost::json::kind::array);
  // Two values without parts are told apart as leaves: null is not the same as empty.
  if ((!members && !items) || depth > kMaxDepth || (is_hollow(before) && is_hollow(after))) {
    return differ_as_one(before, after);
  }
  Difference out;
  if (members) {
    differ_in_members(members_of(before), members_of(after), place, depth, out);
  } else {
    differ_in_items(before, after, place, depth, out);
  }
  out.sort();
  out.added = before == nullptr;
  out.removed = after == nullptr;
  return out;
}

// Objects that their owner holds by value in Go, required ones aside.
bool held_by_value(const catalog::Field& field, std::string_view name) {
  static constexpr std::string_view kNames[] = {"metadata",    "spec",     "status",
                                                "template",    "strategy", "updateStrategy",
                                                "jobTemplate", "resources"};
  return field.required ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Json blank_of(const Json& like, const Place& place) {
  boost::json::object out;
  // Objects of custom kinds are no structures in Go: nothing is there before it is set.
  if (!like.is_object() || place.kind != Kind::record || place.type == nullptr) return out;
  for (const auto& member : like.get_object()) {
    const std::string_view name = member.key();
    const catalog::Field* field = place.type->field(name);
    if (field == nullptr) continue;
    const Place inner = place_of(*field);
    if (field->shape != catalog::Shape::single) {
      if (field->required) out[name] = nullptr;
    } else if (inner.kind == Kind::record && held_by_value(*field, name)) {
      out[name] = blank_of(member.value(), inner);
    }
  }
  return out;
}

std::string kind_text(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_array()) return "list";
  if (value.is_object()) return "map";
  return "number";
}

// Walks what is applied and notes what its schema does not take.
class Judge {
 public:
  std::vector<std::string> faults;

  void value(const Json& value, const Place& place, const std::string& path) {
    if (value.is_null() || place.kind == Kind::open) return;
    if (place.kind == Kind::leaf) return leaf(value, place, path);
    if (place.kind == Kind::atomic) return whole(value, place, path);
    if (is_list(place)) return list(value, place, path);
    members(value, place, path);
  }

 private:
  void fault(const std::string& path, const std::string& what) {
    faults.push_back(path.empty() ? what : path + ": " + what);
  }

  void members(const Json& value, const Place& place, const std::string& path) {
    if (!value.is_object()) return fault(path, "expected map, got " + kind_text(value));
    for (const auto& member : value.get_object()) {
      const std::string_view name = member.key();
      const std::string inner = path + "." + std::string(name);
      if (place.kind == Kind::record && !is_declared(place, name) && !takes_any_member(place)) {
        fault(inner, "field not declared in schema");
      } else {
        this->value(member.value(), member_place(place, name), inner);
      }
    }
  }

  // Owned as one, and of its type all the same.
  void whole(const Json& value, const Place& place, const std::string& path) {
    if (place.schema != nullptr) return whole_of_schema(value, place, path);
    if (place.field == nullptr) return;
    const bool wants_list = place.field->shape == catalog::Shape::list && value.is_array();
    if (wants_list) {
      Place item = item_place(place);
      if (item.kind == Kind::atomic) item.kind = Kind::record;
      items(value, item, path);
    } else if (place.field->shape == catalog::Shape::single && place.type != nullptr &&
               value.is_object()) {
      Place record = place;
      record.kind = Kind::record;
      members(value, record, path);
    }
  }

  void whole_of_schema(const Json& value, const Place& place, const std::string& path) {
    using catalog::ValueType;
    if (place.schema->type == ValueType::array) {
      if (!value.is_array()) return fault(path, "expected list, got " + kind_text(value));
      return items(value, item_place(place), path);
    }
    if (!value.is_object()) return fault(path, "expected map, got " + kind_text(value));
    Place parts = place;
    if (!place.schema->properties().empty()) {
      parts.kind = Kind::record;
    } else if (place.schema->members()) {
      parts.kind = Kind::map;
    } else {
      return;
    }
    members(value, parts, path);
  }

  void items(const Json& value, const Place& item, const std::string& path) {
    std::size_t index = 0;
    for (const Json& inner : value.get_array()) {
      this->value(inner, item, path + "[" + std::to_string(index++) + "]");
    }
  }

  void leaf(const Json& value, const Place& place, const std::string& path) {
    if (place.field != nullptr) return scalar(value, *place.field, path);
    if (place.schema != nullptr && !place.schema->int_or_string) {
      return scalar(value, place.schema->type, path);
    }
    if (value.is_object() || value.is_array()) {
      fault(path, "expected scalar, got " + kind_text(value));
    }
  }

  void scalar(const Json& value, catalog::ValueType type, const std::string& path) {
    using catalog::ValueType;
    if (type == ValueType::string && !value.is_string()) {
      fault(path, "expected string, got " + kind_text(value));
    } else if (type == ValueType::boolean && !value.is_bool()) {
      fault(path, "expected boolean, got " + kind_text(value));
    } else if ((type == ValueType::integer || type == ValueType::number) && !value.is_number()) {
      fault(path, "expected numeric (int or float), got " + kind_text(value));
    }
  }

  void list(const Json& value, const Place& place, const std::string& path) {
    if (!value.is_array()) return fault(path, "expected list, got " + kind_text(value));
    const Place item = item_place(place);
    std::vector<PathElement> seen;
    std::size_t index = 0;
    for (const Json& inner : value.get_array()) {
      std::string_view missing;
      if (place.kind == Kind::keyed_list && !inner.is_object()) {
        fault(path, "element " + std::to_string(index++) +
                        ": associative list with keys may not have non-map elements");
        continue;
      }
      PathElement element = item_element(place, inner, &missing);
      if (!missing.empty()) {
        fault(path, "element " + std::to_string(index) +
                        ": associative list with keys has an element that omits key field \"" +
                        std::string(missing) + "\" (and doesn't have default value)");
      } else {
        this->value(inner, item, path + element.to_string());
        seen.push_back(std::move(element));
      }
      ++index;
    }
    duplicates(std::move(seen), path);
  }

  void duplicates(std::vector<PathElement> seen, const std::string& path) {
    std::sort(seen.begin(), seen.end());
    for (auto at = seen.begin(); at != seen.end();) {
      const auto end =
          std::find_if(at, seen.end(), [&](const PathElement& each) { return each != *at; });
      if (end - at > 1) fault(path, "duplicate entries for key " + at->to_string());
      at = end;
    }
  }

  void scalar(const Json& value, const catalog::Field& field, const std::string& path) {
    using catalog::Scalar;
    switch (field.scalar) {
      case Scalar::string:
      case Scalar::bytes:
      case Scalar::time:
        if (!value.is_string()) fault(path, "expected string, got " + kind_text(value));
        return;
      case Scalar::boolean:
        if (!value.is_bool()) fault(path, "expected boolean, got " + kind_text(value));
        return;
      case Scalar::int32:
      case Scalar::int64:
      case Scalar::float64:
        if (!value.is_number()) {
          fault(path, "expected numeric (int or float), got " + kind_text(value));
        }
        return;
      case Scalar::quantity:
      case Scalar::int_or_string:
      case Scalar::any:
      case Scalar::object:
        return;
    }
  }
};

}  // namespace

FieldSet fields_of(const Json& object, const Model& model) {
  return collect(object, root_place(model)).children;
}

Comparison compare(const Json& before, const Json& after, const Model& model) {
  return std::move(differ(&before, &after, root_place(model), 0).below);
}

Json blank(const Json& like, const Model& model) { return blank_of(like, root_place(model)); }

std::vector<std::string> faults_of(const Json& object, const Model& model) {
  Judge judge;
  judge.value(object, root_place(model), "");
  return std::move(judge.faults);
}

}  // namespace limen::validation::apply
