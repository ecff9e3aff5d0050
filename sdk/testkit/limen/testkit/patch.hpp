// The edits of an admission call, applied as the server applies them: in order, to a copy, all or
// none.
#pragma once

#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/testkit/nodes.hpp"

namespace limen::testkit {

struct Edit {
  enum class Action { set, insert, remove };
  Action action;
  std::string pointer;
  Json value;
};

namespace detail {

inline std::vector<std::string> pointer_parts(std::string_view pointer) {
  if (pointer.empty()) return {};
  if (pointer[0] != '/') throw std::invalid_argument("a JSON pointer begins with /");
  std::vector<std::string> parts(1);
  for (std::size_t i = 1; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      parts.emplace_back();
    } else if (c != '~') {
      parts.back() += c;
    } else {
      const char next = i + 1 < pointer.size() ? pointer[++i] : '\0';
      if (next != '0' && next != '1') throw std::invalid_argument("bad escape in a JSON pointer");
      parts.back() += next == '0' ? '~' : '/';
    }
  }
  return parts;
}

// The index a part means in an array of `size`; `size` itself for "-".
inline std::size_t array_index(std::string_view part, std::size_t size) {
  if (part == "-") return size;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc() || end != part.data() + part.size() ||
      (part.size() > 1 && part[0] == '0') || index > size) {
    throw std::invalid_argument("no item " + std::string(part) + " in the array");
  }
  return index;
}

// The value to walk into; members that are not there become objects unless `create` is false.
inline Json* step_into(Json& from, const std::string& part, bool create) {
  if (from.is_null() && create) from.emplace_object();
  if (auto* object = from.if_object()) {
    if (Json* found = object->if_contains(part)) return found;
    return create ? &object->insert_or_assign(part, boost::json::object()).first->value() : nullptr;
  }
  auto* array = from.if_array();
  if (array == nullptr) throw std::invalid_argument("\"" + part + "\" is below a scalar");
  const std::size_t index = array_index(part, array->size());
  if (index < array->size()) return &(*array)[index];
  if (!create) return nullptr;
  throw std::invalid_argument("no item " + part + " in the array");
}

inline void put(Json& parent, const std::string& part, const Edit& edit) {
  if (parent.is_null()) parent.emplace_object();
  if (auto* object = parent.if_object()) {
    object->insert_or_assign(part, edit.value);
    return;
  }
  auto* array = parent.if_array();
  if (array == nullptr) throw std::invalid_argument("\"" + part + "\" is below a scalar");
  const std::size_t index = array_index(part, array->size());
  if (edit.action == Edit::Action::set && index < array->size()) {
    (*array)[index] = edit.value;
  } else if (edit.action == Edit::Action::insert || part == "-") {
    array->insert(array->begin() + static_cast<std::ptrdiff_t>(index), edit.value);
  } else {
    throw std::invalid_argument("no item " + part + " in the array");
  }
}

inline void apply_one(Json& root, const Edit& edit) {
  const std::vector<std::string> parts = pointer_parts(edit.pointer);
  const bool removing = edit.action == Edit::Action::remove;
  if (parts.empty()) {
    if (removing) throw std::invalid_argument("the whole object cannot be removed");
    root = edit.value;
    return;
  }
  Json* at = &root;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    at = step_into(*at, parts[i], !removing);
    if (at == nullptr) return;
  }
  if (!removing) return put(*at, parts.back(), edit);
  if (auto* object = at->if_object()) {
    object->erase(parts.back());
  } else if (auto* array = at->if_array()) {
    const std::size_t index = array_index(parts.back(), array->size());
    if (index < array->size()) array->erase(array->begin() + static_cast<std::ptrdiff_t>(index));
  }
}

}  // namespace detail

// The object after the edits. Throws std::invalid_argument for an edit that cannot be.
inline Json apply_edits(const Json& object, const std::vector<Edit>& edits) {
  Json changed = object;
  for (const Edit& edit : edits) detail::apply_one(changed, edit);
  return changed;
}

}  // namespace limen::testkit
