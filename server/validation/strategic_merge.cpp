#include "validation/strategic_merge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "object/canonical.h"

namespace limen::validation {

namespace {

using boost::json::array;
using object::Json;
using Members = boost::json::object;

constexpr std::string_view kPatch = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kSetOrder = "$setElementOrder";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList";

[[noreturn]] void refuse(const std::string& message) { throw StrategicMergeError(message); }

std::string_view text_of(const Json& value) {
  return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

bool is_directive(std::string_view key) {
  return key == kPatch || key == kRetainKeys || key.starts_with(kSetOrder) ||
         key.starts_with(kDeleteFrom);
}

// "containers" of "$setElementOrder/containers".
std::string_view list_of(std::string_view key, std::string_view prefix, std::string_view what) {
  if (key.size() <= prefix.size() || key[prefix.size()] != '/') {
    refuse("invalid patch format of " + std::string(what));
  }
  return key.substr(prefix.size() + 1);
}

// A value the target has not: what it says without its directives and nulls.
Json plain(const Json& patch, const boost::json::storage_ptr& storage) {
  if (const Members* members = patch.if_object()) {
    Json out(boost::json::object_kind, storage);
    for (const auto& member : *members) {
      if (member.value().is_null() || is_directive(member.key())) continue;
      out.get_object()[member.key()] = plain(member.value(), storage);
    }
    return out;
  }
  if (const array* elements = patch.if_array()) {
    Json out(boost::json::array_kind, storage);
    for (const Json& element : *elements) {
      const Members* members = element.if_object();
      const Json* directive = members ? members->if_contains(kPatch) : nullptr;
      // Of nothing there is nothing to delete, and a lone `$patch: replace` marks its list.
      if (directive && (text_of(*directive) == "delete" || text_of(*directive) == "replace")) {
        continue;
      }
      out.get_array().push_back(plain(element, storage));
    }
    return out;
  }
  return Json(patch, storage);
}

// How a member of the target is merged.
struct Member {
  const catalog::Type* type = nullptr;  // of the object, or of the list's or map's elements
  bool is_map = false;                  // values of arbitrary keys share `type`
  bool merge_list = false;
  bool replace = false;
  std::string_view merge_key;
};

// What an object under merge is: a type with fields, or a map whose values all are of one type.
struct Schema {
  const catalog::Type* type = nullptr;  // null: arbitrary JSON
  bool is_map = false;

  Member member(std::string_view key) const {
    if (!type) return {};
    if (is_map) {
      Member value;
      value.type = type;
      return value;
    }
    const catalog::Field* field = type->field(key);
    if (!field) {
      refuse("unable to find api field in struct " +
             std::string(type->name.substr(type->name.rfind('.') + 1)) + " for the json field " +
             base::go_quote(key));
    }
    return {.type = field->type,
            .is_map = field->shape == catalog::Shape::map,
            .merge_list = field->patch_merge && field->shape == catalog::Shape::list,
            .replace = field->patch_replace,
            .merge_key = field->patch_merge_key};
  }
};

// What an element of a merged list is known by: its merge key's value, or itself.
std::string identity(const Json& element, std::string_view merge_key) {
  if (merge_key.empty()) return object::to_json(element);
  const Members* members = element.if_object();
  const Json* key = members ? members->if_contains(merge_key) : nullptr;
  if (!key) {
    refuse("map: " + object::to_json(element) +
           " does not contain declared merge key: " + std::string(merge_key));
  }
  return object::to_json(*key);
}

std::vector<std::string> identities(const array& elements, std::string_view merge_key) {
  std::vector<std::string> out;
  out.reserve(elements.size());
  for (const Json& element : elements) out.push_back(identity(element, merge_key));
  return out;
}

// Position by identity; the first of several wins.
using Order = std::unordered_map<std::string, std::size_t>;

Order order_of(const std::vector<std::string>& ids) {
  Order out;
  for (std::size_t i = 0; i < ids.size(); ++i) out.try_emplace(ids[i], i);
  return out;
}

std::optional<std::size_t> position(const Order& order, const std::string& id) {
  const auto found = order.find(id);
  if (found == order.end()) return std::nullopt;
  return found->second;
}

// Arranges `merged`: elements the patch names stand in `patch_order`, the others keep the server's,
// and the two are interleaved so that no pair the server knew changes places needlessly.
void arrange(array& merged, const Order& patch_order, const Order& server_order,
             std::string_view merge_key) {
  struct Item {
    std::string id;
    Json value;
  };
  std::vector<Item> ours, theirs;
  for (Json& element : merged) {
    std::string id = identity(element, merge_key);
    auto& side = patch_order.contains(id) ? ours : theirs;
    side.push_back({std::move(id), std::move(element)});
  }
  const auto by = [](const Order& order) {
    return [&order](const Item& a, const Item& b) {
      return position(order, a.id).value_or(order.size()) <
             position(order, b.id).value_or(order.size());
    };
  };
  std::stable_sort(ours.begin(), ours.end(), by(patch_order));
  std::stable_sort(theirs.begin(), theirs.end(), by(server_order));
  array out(merged.storage());
  out.reserve(merged.size());
  std::size_t i = 0, j = 0;
  while (i < theirs.size() || j < ours.size()) {
    bool take_theirs = j >= ours.size();
    if (i < theirs.size() && j < ours.size()) {
      const auto left = position(server_order, theirs[i].id);
      const auto right = position(server_order, ours[j].id);
      take_theirs = left && right && *left < *right;
    }
    out.push_back(std::move(take_theirs ? theirs[i++].value : ours[j++].value));
  }
  merged = std::move(out);
}

class Merger {
 public:
  void object(Json& target, const Members& patch, Schema schema) {
    if (const Json* directive = patch.if_contains(kPatch)) {
      return directed(target, patch, *directive);
    }
    if (!target.is_object()) target.emplace_object();
    Members& members = target.get_object();
    retain_keys(members, patch);
    std::unordered_set<std::string_view> done;
    for (const auto& member : patch) {
      if (std::string_view(member.key()).starts_with(kSetOrder)) {
        ordered_list(members, patch, member, schema, done);
      }
    }
    for (const auto& member : patch) {
      const std::string_view key = member.key();
      if (key == kRetainKeys || key.starts_with(kSetOrder) || done.contains(key)) continue;
      if (key.starts_with(kDeleteFrom)) {
        delete_from(members, list_of(key, kDeleteFrom, "primitive list"), member.value());
      } else {
        merge_member(members, key, member.value(), schema);
      }
    }
  }

 private:
  static void directed(Json& target, const Members& patch, const Json& directive) {
    const std::string_view kind = text_of(directive);
    if (kind == "delete") {
      target.emplace_object();
    } else if (kind == "replace") {
      Json whole(boost::json::object_kind, target.storage());
      for (const auto& member : patch) {
        if (member.key() != kPatch) whole.get_object()[member.key()] = member.value();
      }
      target = std::move(whole);
    } else {
      refuse("unknown patch type found: " + object::to_json(directive));
    }
  }

  static void retain_keys(Members& members, const Members& patch) {
    const Json* list = patch.if_contains(kRetainKeys);
    if (!list) return;
    if (!list->is_array()) refuse("invalid patch format of retainKeys");
    std::unordered_set<std::string_view> keep;
    for (const Json& key : list->get_array()) keep.insert(text_of(key));
    for (const auto& member : patch) {
      if (member.value().is_null() || is_directive(member.key())) continue;
      if (!keep.contains(member.key())) refuse("invalid patch format of retainKeys");
    }
    Members kept(members.storage());
    for (auto& member : members) {
      if (keep.contains(member.key())) kept.emplace(member.key(), std::move(member.value()));
    }
    members = std::move(kept);
  }

  void ordered_list(Members& members, const Members& patch,
                    const boost::json::key_value_pair& directive, const Schema& schema,
                    std::unordered_set<std::string_view>& done) {
    const std::string_view key = list_of(directive.key(), kSetOrder, "setElementOrder list");
    const array* order = directive.value().if_array();
    if (!order) refuse("invalid patch format of setElementOrder list");
    const Json* changes = patch.if_contains(key);
    Json* current = members.if_contains(key);
    if ((changes && !changes->is_array() && !changes->is_null()) ||
        (current && !current->is_array())) {
      refuse("invalid patch format of setElementOrder list");
    }
    if (changes && changes->is_null()) return;  // deleted below; there is nothing to order
    if (!changes && !current) return;
    const Member how = schema.member(key);
    const std::vector<std::string> wanted = identities(*order, how.merge_key);
    if (changes) check_order(changes->get_array(), wanted, how.merge_key);
    const Order server_order =
        current ? order_of(identities(current->get_array(), how.merge_key)) : Order();
    if (current && changes) {
      merge_list(*current, changes->get_array(), how);
    } else if (changes) {
      current = &members[key];
      *current = plain(*changes, members.storage());
    }
    arrange(current->get_array(), order_of(wanted), server_order, how.merge_key);
    done.insert(key);
  }

  // The elements of a patch's list must stand in the order its own directive states.
  static void check_order(const array& changes, const std::vector<std::string>& wanted,
                          std::string_view merge_key) {
    std::size_t at = 0;
    for (const Json& element : changes) {
      if (const Members* members = element.if_object(); members && members->contains(kPatch)) {
        continue;
      }
      const std::string id = identity(element, merge_key);
      while (at < wanted.size() && wanted[at] != id) ++at;
      if (at == wanted.size()) {
        refuse("The order in patch list:\n" + object::to_json(Json(changes)) +
               "\n doesn't match $setElementOrder list:\n[" + base::join(wanted, " ") + "]\n");
      }
    }
  }

  static void delete_from(Members& members, std::string_view key, const Json& list) {
    Json* current = members.if_contains(key);
    if (!list.is_array()) refuse("invalid patch format of primitive list");
    if (!current || !current->is_array()) return;
    std::unordered_set<std::string> gone;
    for (const Json& element : list.get_array()) gone.insert(object::to_json(element));
    erase_if(current->get_array(),
             [&](const Json& element) { return gone.contains(object::to_json(element)); });
  }

  template <typename Predicate>
  static void erase_if(array& elements, Predicate predicate) {
    array kept(elements.storage());
    kept.reserve(elements.size());
    for (Json& element : elements) {
      if (!predicate(element)) kept.push_back(std::move(element));
    }
    elements = std::move(kept);
  }

  void merge_member(Members& members, std::string_view key, const Json& patch,
                    const Schema& schema) {
    auto found = members.find(key);
    if (patch.is_null()) {
      if (found != members.end()) members.stable_erase(found);
      return;
    }
    if (found == members.end()) {
      members[key] = plain(patch, members.storage());
      return;
    }
    Json& current = found->value();
    if (patch.is_object() && current.is_object()) {
      const Member how = schema.member(key);
      if (how.replace) {
        current = plain(patch, members.storage());
      } else {
        object(current, patch.get_object(), {how.type, how.is_map});
      }
    } else if (patch.is_array() && current.is_array()) {
      const Member how = schema.member(key);
      if (how.merge_list) {
        merge_list(current, patch.get_array(), how);
      } else {
        current = patch;
      }
    } else {
      current = plain(patch, members.storage());
    }
  }

  void merge_list(Json& target, const array& patch, const Member& how) {
    array& elements = target.get_array();
    if (elements.empty() && patch.empty()) return;
    const bool of_objects = is_list_of_objects(elements, patch);
    if (of_objects && how.merge_key.empty()) refuse("cannot merge lists without merge key");
    const std::string_view merge_key = of_objects ? how.merge_key : std::string_view();
    if (!of_objects) {
      const Order server_order = order_of(identities(elements, {}));
      merge_scalars(elements, patch);
      arrange(elements, order_of(identities(patch, {})), server_order, {});
      return;
    }
    bool replace = false;
    const std::vector<const Json*> changes = special_elements(elements, patch, merge_key, replace);
    if (replace) {
      elements.clear();
      for (const Json* change : changes) elements.push_back(plain(*change, elements.storage()));
      return;
    }
    const std::vector<std::string> server_ids = identities(elements, merge_key);
    Order known = order_of(server_ids);
    const Order server_order = known;
    std::vector<std::string> patch_ids;
    for (const Json* change : changes) {
      std::string id = identity(*change, merge_key);
      if (const auto at = position(known, id)) {
        object(elements[*at], change->get_object(), {how.type, false});
      } else {
        known.emplace(id, elements.size());
        elements.push_back(plain(*change, elements.storage()));
      }
      patch_ids.push_back(std::move(id));
    }
    arrange(elements, order_of(patch_ids), server_order, merge_key);
  }

  static bool is_list_of_objects(const array& elements, const array& patch) {
    const Json& first = elements.empty() ? patch.front() : elements.front();
    const bool objects = first.is_object();
    for (const array* list : {&elements, &patch}) {
      for (const Json& element : *list) {
        if (element.is_array()) refuse("lists of lists are not supported");
        if (element.is_object() != objects) {
          refuse("list element types are not identical: " + object::to_json(first) + " and " +
                 object::to_json(element));
        }
      }
    }
    return objects;
  }

  static void merge_scalars(array& elements, const array& patch) {
    std::unordered_set<std::string> seen;
    array merged(elements.storage());
    for (const array* list : {static_cast<const array*>(&elements), &patch}) {
      for (const Json& element : *list) {
        if (seen.insert(object::to_json(element)).second) merged.push_back(element);
      }
    }
    elements = std::move(merged);
  }

  // Carries out `$patch: delete` elements and returns the ordinary ones. `replace` is set when one
  // says so.
  static std::vector<const Json*> special_elements(array& elements, const array& patch,
                                                   std::string_view merge_key, bool& replace) {
    std::vector<const Json*> ordinary;
    std::unordered_set<std::string> gone;
    for (const Json& element : patch) {
      const Json* directive = element.get_object().if_contains(kPatch);
      if (!directive) {
        ordinary.push_back(&element);
        continue;
      }
      const std::string_view kind = text_of(*directive);
      if (kind == "delete") {
        gone.insert(identity(element, merge_key));
      } else if (kind == "replace") {
        replace = true;
      } else if (kind == "merge") {
        refuse("merging lists cannot yet be specified in the patch");
      } else {
        refuse("unknown patch type found: " + object::to_json(*directive));
      }
    }
    if (!gone.empty()) {
      erase_if(elements,
               [&](const Json& element) { return gone.contains(identity(element, merge_key)); });
    }
    return ordinary;
  }
};

}  // namespace

void apply_strategic_merge(Json& target, const Json& patch, const catalog::Type& type) {
  if (!patch.is_object()) {
    refuse("json: cannot unmarshal " + std::string(patch.is_array() ? "array" : "value") +
           " into Go value of type map[string]interface {}");
  }
  Merger().object(target, patch.get_object(), {&type, false});
}

}  // namespace limen::validation
