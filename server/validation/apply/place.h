// Places: what server-side apply takes a value for, by the catalog's types or a custom kind's
// schema.
//
// A place says whether a value is owned as a whole or by its parts, and which place each part has.
// Value type over static tables. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "object/document.h"
#include "validation/apply/field_set.h"
#include "validation/apply/model.h"

namespace limen::validation::apply {

struct Place {
  enum class Kind : std::uint8_t {
    leaf,        // a scalar
    atomic,      // a list, map or object that is one value
    record,      // an object with the fields of `type` or `schema`
    map,         // an object with any names; `field` says what its values are
    set_list,    // a list whose items are what they say
    keyed_list,  // a list whose items have keys
    open,        // without a schema: objects by member, the rest as one value
  };
  Kind kind = Kind::open;
  const catalog::Type* type = nullptr;
  const catalog::Field* field = nullptr;
  const catalog::Schema* schema = nullptr;  // of a value of a custom kind, instead of the others
  bool resource = false;                    // has apiVersion, kind and metadata by itself
};

// Of a whole object; without a model: without a schema.
Place root_place(const Model& model);
Place place_of(const catalog::Field& field);
Place place_of(const catalog::Schema& schema);
// Of an item of a list, or of a value of a map.
Place item_place(const Place& place);
// Of an object's member.
Place member_place(const Place& place, std::string_view name);
// A member of a record that its type declares; such members own nothing by being there.
bool is_declared(const Place& place, std::string_view name);
// A record that takes members it does not declare.
bool takes_any_member(const Place& place);

// How the value is to be walked: its place, but `atomic` or `leaf` when it has no parts.
bool walks_members(const Place& place);
bool is_list(const Place& place);

// An item of a set or keyed list as a path element. `missing` (may be null) takes the name of a
// key the item does not have, the first one.
PathElement item_element(const Place& list, const object::Json& item,
                         std::string_view* missing = nullptr);

// A list's items with their elements, in their order.
struct Item {
  PathElement element;
  const object::Json* value;
};
std::vector<Item> items_of(const Place& list, const object::Json* value);
// The same, sorted by element.
std::vector<Item> sorted_items_of(const Place& list, const object::Json* value);

// The value's members, or null when it is absent, null or no object.
const boost::json::object* members_of(const object::Json* value);
// True for what is absent, null, or an object or list without parts.
bool is_hollow(const object::Json* value);

}  // namespace limen::validation::apply
