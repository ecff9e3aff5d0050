// limen.node/1 over Boost.JSON values that a test owns: a node is a pointer to a value.
//
// Values must outlive the nodes made of them. retain() and release() are only counted, so that a
// test can see whether a module gave back what it kept. Any thread.
#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "limen/cpp/text.hpp"
#include "limen/node.h"

namespace limen::testkit {

using Json = boost::json::value;

inline const limen_node* to_node(const Json* value) {
  return reinterpret_cast<const limen_node*>(value);
}
inline const Json* to_json(const limen_node* node) { return reinterpret_cast<const Json*>(node); }

// retain() calls minus release() calls of this process.
inline std::atomic<std::int64_t>& retained_nodes() {
  static std::atomic<std::int64_t> count{0};
  return count;
}

namespace detail {

inline std::int32_t node_kind(const limen_node* node) {
  if (node == nullptr) return LIMEN_NODE_ABSENT;
  switch (to_json(node)->kind()) {
    case boost::json::kind::null:
      return LIMEN_NODE_NULL;
    case boost::json::kind::bool_:
      return LIMEN_NODE_BOOL;
    case boost::json::kind::int64:
      return LIMEN_NODE_INT;
    case boost::json::kind::uint64:
      return to_json(node)->get_uint64() <= INT64_MAX ? LIMEN_NODE_INT : LIMEN_NODE_DOUBLE;
    case boost::json::kind::double_:
      return LIMEN_NODE_DOUBLE;
    case boost::json::kind::string:
      return LIMEN_NODE_STRING;
    case boost::json::kind::array:
      return LIMEN_NODE_ARRAY;
    case boost::json::kind::object:
      return LIMEN_NODE_OBJECT;
  }
  return LIMEN_NODE_ABSENT;
}

inline const limen_node* node_at(const limen_node* node, limen_str pointer) {
  if (node == nullptr) return nullptr;
  boost::system::error_code error;
  return to_node(to_json(node)->find_pointer(to_view(pointer), error));
}

inline const limen_node* node_member(const limen_node* node, limen_str key) {
  if (node_kind(node) != LIMEN_NODE_OBJECT) return nullptr;
  return to_node(to_json(node)->get_object().if_contains(to_view(key)));
}

inline std::size_t node_size(const limen_node* node) {
  if (node_kind(node) == LIMEN_NODE_OBJECT) return to_json(node)->get_object().size();
  if (node_kind(node) == LIMEN_NODE_ARRAY) return to_json(node)->get_array().size();
  return 0;
}

inline const limen_node* node_item(const limen_node* node, std::size_t index, limen_str* key) {
  if (index >= node_size(node)) return nullptr;
  if (to_json(node)->is_array()) return to_node(&to_json(node)->get_array()[index]);
  const auto& pair = *(to_json(node)->get_object().begin() + static_cast<std::ptrdiff_t>(index));
  if (key != nullptr) *key = {pair.key().data(), pair.key().size()};
  return to_node(&pair.value());
}

inline limen_status wrong_kind(const limen_node* node) {
  return node == nullptr ? LIMEN_E_NOT_FOUND : LIMEN_E_INVALID;
}

inline limen_status node_bool(const limen_node* node, std::int32_t* out) {
  if (node_kind(node) != LIMEN_NODE_BOOL) return wrong_kind(node);
  *out = to_json(node)->get_bool() ? 1 : 0;
  return LIMEN_OK;
}
inline limen_status node_int(const limen_node* node, std::int64_t* out) {
  if (node_kind(node) != LIMEN_NODE_INT) return wrong_kind(node);
  *out = to_json(node)->to_number<std::int64_t>();
  return LIMEN_OK;
}
inline limen_status node_double(const limen_node* node, double* out) {
  if (node_kind(node) != LIMEN_NODE_INT && node_kind(node) != LIMEN_NODE_DOUBLE)
    return wrong_kind(node);
  *out = to_json(node)->to_number<double>();
  return LIMEN_OK;
}
inline limen_status node_string(const limen_node* node, limen_str* out) {
  if (node_kind(node) != LIMEN_NODE_STRING) return wrong_kind(node);
  const boost::json::string& text = to_json(node)->get_string();
  *out = {text.data(), text.size()};
  return LIMEN_OK;
}

inline limen_status node_write(const limen_node* node, void (*sink)(void*, limen_str), void* arg) {
  if (node == nullptr) return LIMEN_OK;
  const std::string text = boost::json::serialize(*to_json(node));
  sink(arg, to_abi(text));
  return LIMEN_OK;
}

inline void node_retain(const limen_node* node) {
  if (node != nullptr) retained_nodes().fetch_add(1);
}
inline void node_release(const limen_node* node) {
  if (node != nullptr) retained_nodes().fetch_sub(1);
}

}  // namespace detail

inline constexpr limen_node_api kNodeApi = {sizeof(limen_node_api), 0,
                                            &detail::node_kind,     &detail::node_at,
                                            &detail::node_member,   &detail::node_size,
                                            &detail::node_item,     &detail::node_bool,
                                            &detail::node_int,      &detail::node_double,
                                            &detail::node_string,   &detail::node_write,
                                            &detail::node_retain,   &detail::node_release};

}  // namespace limen::testkit
