#include "modules/nodes.h"

#include <array>
#include <limits>
#include <mutex>
#include <unordered_map>

#include "base/strings.h"

namespace limen::modules {

namespace {

namespace json = boost::json;

std::string_view view(limen_str text) {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

// What retain() keeps, by root. Sharded: modules retain objects from many threads.
class Retained {
 public:
  static Retained& get() {
    static Retained* const all = new Retained;
    return *all;
  }

  void retain(const json::value& node) {
    object::Document document = object::Document::owner(node);
    if (!document) return;
    const json::value* root = &document.root();
    Shard& shard = shard_of(root);
    const std::lock_guard lock(shard.mutex);
    Entry& entry = shard.entries[root];
    if (entry.count++ == 0) entry.document = std::move(document);
  }

  void release(const json::value& node) {
    const object::Document document = object::Document::owner(node);
    if (!document) return;
    const json::value* root = &document.root();
    Shard& shard = shard_of(root);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(root);
    if (found == shard.entries.end()) return;
    // `document` above outlives the lock, so the last reference is not dropped under it.
    if (--found->second.count == 0) shard.entries.erase(found);
  }

  std::size_t size() {
    std::size_t count = 0;
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      count += shard.entries.size();
    }
    return count;
  }

 private:
  struct Entry {
    object::Document document;
    std::size_t count = 0;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<const json::value*, Entry> entries;
  };
  Shard& shard_of(const json::value* root) {
    return shards_[(reinterpret_cast<std::uintptr_t>(root) >> 6) % shards_.size()];
  }
  std::array<Shard, 16> shards_;
};

std::int32_t kind(const limen_node* node) noexcept {
  if (node == nullptr) return LIMEN_NODE_ABSENT;
  const json::value& value = *from_node(node);
  switch (value.kind()) {
    case json::kind::null:
      return LIMEN_NODE_NULL;
    case json::kind::bool_:
      return LIMEN_NODE_BOOL;
    case json::kind::int64:
      return LIMEN_NODE_INT;
    case json::kind::uint64:
      return value.get_uint64() <= std::numeric_limits<std::int64_t>::max() ? LIMEN_NODE_INT
                                                                            : LIMEN_NODE_DOUBLE;
    case json::kind::double_:
      return LIMEN_NODE_DOUBLE;
    case json::kind::string:
      return LIMEN_NODE_STRING;
    case json::kind::array:
      return LIMEN_NODE_ARRAY;
    case json::kind::object:
      return LIMEN_NODE_OBJECT;
  }
  return LIMEN_NODE_ABSENT;
}

const limen_node* member(const limen_node* node, limen_str key) noexcept {
  if (node == nullptr) return nullptr;
  const json::object* object = from_node(node)->if_object();
  if (object == nullptr) return nullptr;
  const std::string_view name = view(key);
  const json::value* found = object->if_contains({name.data(), name.size()});
  return found == nullptr ? nullptr : to_node(*found);
}

const limen_node* at(const limen_node* node, limen_str pointer) noexcept {
  if (node == nullptr) return nullptr;
  const std::string_view path = view(pointer);
  json::error_code error;
  const json::value* found = from_node(node)->find_pointer({path.data(), path.size()}, error);
  return found == nullptr || error ? nullptr : to_node(*found);
}

std::size_t size(const limen_node* node) noexcept {
  if (node == nullptr) return 0;
  const json::value& value = *from_node(node);
  if (const json::array* array = value.if_array()) return array->size();
  if (const json::object* object = value.if_object()) return object->size();
  return 0;
}

const limen_node* item(const limen_node* node, std::size_t index, limen_str* key) noexcept {
  if (node == nullptr || index >= size(node)) return nullptr;
  const json::value& value = *from_node(node);
  if (const json::array* array = value.if_array()) return to_node((*array)[index]);
  const json::key_value_pair& pair = *(value.get_object().begin() + index);
  if (key != nullptr) *key = {pair.key().data(), pair.key().size()};
  return to_node(pair.value());
}

limen_status get_bool(const limen_node* node, std::int32_t* out) noexcept {
  if (node == nullptr) return LIMEN_E_NOT_FOUND;
  const bool* value = from_node(node)->if_bool();
  if (value == nullptr || out == nullptr) return LIMEN_E_INVALID;
  *out = *value ? 1 : 0;
  return LIMEN_OK;
}

limen_status get_int(const limen_node* node, std::int64_t* out) noexcept {
  if (node == nullptr) return LIMEN_E_NOT_FOUND;
  if (kind(node) != LIMEN_NODE_INT || out == nullptr) return LIMEN_E_INVALID;
  const json::value& value = *from_node(node);
  *out = value.is_int64() ? value.get_int64() : static_cast<std::int64_t>(value.get_uint64());
  return LIMEN_OK;
}

limen_status get_double(const limen_node* node, double* out) noexcept {
  if (node == nullptr) return LIMEN_E_NOT_FOUND;
  const json::value& value = *from_node(node);
  if (!value.is_number() || out == nullptr) return LIMEN_E_INVALID;
  if (value.is_double()) {
    *out = value.get_double();
  } else if (value.is_int64()) {
    *out = static_cast<double>(value.get_int64());
  } else {
    *out = static_cast<double>(value.get_uint64());
  }
  return LIMEN_OK;
}

limen_status get_string(const limen_node* node, limen_str* out) noexcept {
  if (node == nullptr) return LIMEN_E_NOT_FOUND;
  const json::string* text = from_node(node)->if_string();
  if (text == nullptr || out == nullptr) return LIMEN_E_INVALID;
  *out = {text->data(), text->size()};
  return LIMEN_OK;
}

limen_status write_json(const limen_node* node, void (*sink)(void*, limen_str),
                        void* arg) noexcept {
  if (sink == nullptr) return LIMEN_E_INVALID;
  if (node == nullptr) return LIMEN_OK;
  json::serializer serializer;
  serializer.reset(from_node(node));
  char buffer[4096];
  while (!serializer.done()) {
    const json::string_view chunk = serializer.read(buffer, sizeof buffer);
    if (!chunk.empty()) sink(arg, {chunk.data(), chunk.size()});
  }
  return LIMEN_OK;
}

void retain(const limen_node* node) noexcept {
  if (node != nullptr) Retained::get().retain(*from_node(node));
}

void release(const limen_node* node) noexcept {
  if (node != nullptr) Retained::get().release(*from_node(node));
}

}  // namespace

const limen_node_api& node_table() {
  static constexpr limen_node_api table = {sizeof(limen_node_api),
                                           0,
                                           kind,
                                           at,
                                           member,
                                           size,
                                           item,
                                           get_bool,
                                           get_int,
                                           get_double,
                                           get_string,
                                           write_json,
                                           retain,
                                           release};
  return table;
}

std::size_t retained_documents() { return Retained::get().size(); }

}  // namespace limen::modules
