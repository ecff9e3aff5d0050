#include "modules/patch.h"

#include <optional>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "modules/host_scope.h"
#include "modules/nodes.h"

namespace limen::modules {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxEdits = 10'000;  // of one call, as a JSON Patch may have
constexpr std::size_t kMaxDepth = 128;     // of a pointer

// The reference tokens of an RFC 6901 pointer; nothing when it is malformed.
std::optional<std::vector<std::string>> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer[0] != '/') return std::nullopt;
  for (const std::string_view part : base::split(pointer.substr(1), '/')) {
    std::string token;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] != '~') {
        token += part[i];
      } else if (i + 1 < part.size() && (part[i + 1] == '0' || part[i + 1] == '1')) {
        token += part[++i] == '0' ? '~' : '/';
      } else {
        return std::nullopt;
      }
    }
    tokens.push_back(std::move(token));
    if (tokens.size() > kMaxDepth) return std::nullopt;
  }
  return tokens;
}

// Index `token` of an array; `size` itself stands for "-". Nothing for anything else.
std::optional<std::size_t> index_of(std::string_view token, std::size_t size) {
  if (token == "-") return size;
  if (token.empty() || token.size() > 9 || (token.size() > 1 && token[0] == '0')) {
    return std::nullopt;
  }
  std::size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

// ---- recording
// -----------------------------------------------------------------------------------

// Notes one edit; the value is made by `fill`, which returns false when there is none to make.
template <class Fill>
limen_status record(limen_call* handle, std::string_view setter, PatchEdit::Op op,
                    limen_str pointer, Fill&& fill) {
  Call* call = CallTable::get().find(handle, setter);
  if (call == nullptr) return LIMEN_E_INVALID;
  if (call->kind != CallKind::admit) {
    call->violate("edited the object while validating");
    return LIMEN_E_INVALID;
  }
  if (call->admission.edits.size() >= kMaxEdits) {
    call->violate("made more than " + std::to_string(kMaxEdits) + " edits");
    return LIMEN_E_INVALID;
  }
  PatchEdit edit;
  edit.op = op;
  if (!call->take_text(pointer, edit.pointer, "JSON pointer")) return LIMEN_E_INVALID;
  if (!tokens_of(edit.pointer)) {
    call->violate("edited \"" + edit.pointer + "\", which is not a JSON pointer");
    return LIMEN_E_INVALID;
  }
  if (!fill(*call, edit)) {
    call->violate("gave no valid value for \"" + edit.pointer + "\"");
    return LIMEN_E_INVALID;
  }
  call->admission.edits.push_back(std::move(edit));
  return LIMEN_OK;
}

bool parse_value(Call& call, limen_str text, PatchEdit& edit) {
  std::string copy;
  if (!call.take_text(text, copy, "JSON")) return false;
  try {
    edit.keep = object::Document::parse(copy);
  } catch (const std::exception&) {
    return false;
  }
  edit.shared = &edit.keep.root();
  return true;
}

limen_status set_json(limen_call* call, limen_str pointer, limen_str text) noexcept {
  return record(call, "set_json", PatchEdit::Op::set, pointer,
                [text](Call& of, PatchEdit& edit) { return parse_value(of, text, edit); });
}

limen_status set_string(limen_call* call, limen_str pointer, limen_str value) noexcept {
  return record(call, "set_string", PatchEdit::Op::set, pointer,
                [value](Call& of, PatchEdit& edit) {
                  std::string text;
                  if (!of.take_text(value, text, "string")) return false;
                  edit.value = json::string(text);
                  return true;
                });
}

limen_status set_int(limen_call* call, limen_str pointer, std::int64_t value) noexcept {
  return record(call, "set_int", PatchEdit::Op::set, pointer, [value](Call&, PatchEdit& edit) {
    edit.value = value;
    return true;
  });
}

limen_status set_bool(limen_call* call, limen_str pointer, std::int32_t value) noexcept {
  return record(call, "set_bool", PatchEdit::Op::set, pointer, [value](Call&, PatchEdit& edit) {
    edit.value = value != 0;
    return true;
  });
}

limen_status set_node(limen_call* call, limen_str pointer, const limen_node* value) noexcept {
  return record(call, "set_node", PatchEdit::Op::set, pointer, [value](Call&, PatchEdit& edit) {
    if (value == nullptr) return false;
    edit.shared = from_node(value);
    edit.keep = object::Document::owner(*edit.shared);
    return static_cast<bool>(edit.keep);
  });
}

limen_status insert_json(limen_call* call, limen_str pointer, limen_str text) noexcept {
  return record(call, "insert_json", PatchEdit::Op::insert, pointer,
                [text](Call& of, PatchEdit& edit) { return parse_value(of, text, edit); });
}

limen_status remove(limen_call* call, limen_str pointer) noexcept {
  return record(call, "remove", PatchEdit::Op::remove, pointer,
                [](Call&, PatchEdit&) { return true; });
}

// ---- applying
// --------------------------------------------------------------------------------------

[[noreturn]] void refuse(const PatchEdit& edit, const std::string& why) {
  throw PatchRefused("cannot edit \"" + edit.pointer + "\": " + why);
}

const json::value& value_of(const PatchEdit& edit) {
  return edit.shared != nullptr ? *edit.shared : edit.value;
}

// The value the last token of the pointer is a part of. With `make`, missing members become
// objects; without, null when there is none.
json::value* parent_of(json::value& root, const std::vector<std::string>& tokens,
                       const PatchEdit& edit, bool make) {
  json::value* at = &root;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (json::object* object = at->if_object()) {
      json::value* next = object->if_contains(tokens[i]);
      if (next == nullptr || (make && next->is_null())) {
        if (!make) return nullptr;
        next = &((*object)[tokens[i]] = json::object(object->storage()));
      }
      at = next;
    } else if (json::array* array = at->if_array()) {
      const std::optional<std::size_t> index = index_of(tokens[i], array->size());
      if (!index || *index >= array->size()) {
        if (!make) return nullptr;
        refuse(edit, "there is no item \"" + tokens[i] + "\"");
      }
      at = &(*array)[*index];
    } else {
      if (!make) return nullptr;
      refuse(edit, "\"" + tokens[i] + "\" is looked for in a value without parts");
    }
  }
  return at;
}

void set_item(json::array& array, const std::string& token, const PatchEdit& edit) {
  const std::optional<std::size_t> index = index_of(token, array.size());
  if (!index || *index > array.size() ||
      (*index == array.size() && token != "-" && edit.op == PatchEdit::Op::set)) {
    refuse(edit, "there is no item \"" + token + "\"");
  }
  if (edit.op == PatchEdit::Op::insert || *index == array.size()) {
    array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), value_of(edit));
  } else {
    array[*index] = value_of(edit);
  }
}

void set_value(json::value& root, const std::vector<std::string>& tokens, const PatchEdit& edit) {
  if (tokens.empty()) {
    if (!value_of(edit).is_object()) refuse(edit, "the object must stay an object");
    root = value_of(edit);
    return;
  }
  json::value* parent = parent_of(root, tokens, edit, true);
  if (json::array* array = parent->if_array()) {
    set_item(*array, tokens.back(), edit);
  } else if (json::object* object = parent->if_object()) {
    // "-" is the end of an array; in an object that was only just made, it is one that is missing.
    if (tokens.back() == "-" && (edit.op == PatchEdit::Op::insert || object->empty())) {
      refuse(edit, "the value is not an array");
    }
    (*object)[tokens.back()] = value_of(edit);
  } else {
    refuse(edit, "the value above it has no parts");
  }
}

void remove_value(json::value& root, const std::vector<std::string>& tokens,
                  const PatchEdit& edit) {
  if (tokens.empty()) refuse(edit, "the object itself cannot be removed");
  json::value* parent = parent_of(root, tokens, edit, false);
  if (parent == nullptr) return;
  if (json::object* object = parent->if_object()) {
    object->erase(tokens.back());
  } else if (json::array* array = parent->if_array()) {
    const std::optional<std::size_t> index = index_of(tokens.back(), array->size());
    if (index && *index < array->size()) {
      array->erase(array->begin() + static_cast<std::ptrdiff_t>(*index));
    }
  }
}

const json::value* metadata_member(const json::value& object, std::string_view key) {
  const json::object* root = object.if_object();
  const json::value* metadata = root == nullptr ? nullptr : root->if_contains("metadata");
  const json::object* members = metadata == nullptr ? nullptr : metadata->if_object();
  return members == nullptr ? nullptr : members->if_contains({key.data(), key.size()});
}

void check_metadata(const json::value& before, const json::value& after) {
  for (const std::string_view key : {"name", "namespace", "uid", "resourceVersion"}) {
    const json::value* old_value = metadata_member(before, key);
    const json::value* new_value = metadata_member(after, key);
    const bool same = old_value == nullptr || new_value == nullptr ? old_value == new_value
                                                                   : *old_value == *new_value;
    if (!same) throw PatchRefused("a module may not change metadata." + std::string(key));
  }
}

}  // namespace

object::Document apply_edits(const object::Document& object, const std::vector<PatchEdit>& edits) {
  if (edits.empty()) return {};
  if (!object) throw PatchRefused("there is no object to edit");
  object::DocumentBuilder builder;
  builder.root() = object.root();
  for (const PatchEdit& edit : edits) {
    const std::vector<std::string> tokens = *tokens_of(edit.pointer);
    if (edit.op == PatchEdit::Op::remove) {
      remove_value(builder.root(), tokens, edit);
    } else {
      set_value(builder.root(), tokens, edit);
    }
  }
  if (builder.root() == object.root()) return {};
  check_metadata(object.root(), builder.root());
  return builder.finish();
}

const limen_patch_api& patch_table() {
  static constexpr limen_patch_api table = {sizeof(limen_patch_api),
                                            0,
                                            set_json,
                                            set_string,
                                            set_int,
                                            set_bool,
                                            set_node,
                                            insert_json,
                                            remove};
  return table;
}

}  // namespace limen::modules
