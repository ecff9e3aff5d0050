// Node: a borrowed value in a document of the host (config, object, options).
//
// Navigation never fails: what is not there is an absent node, and its getters give the default. A
// Node lives as long as the call or plugin it came with; keep() makes a SharedNode that lives on
// its own. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/cpp/text.hpp"
#include "limen/node.h"

namespace limen {

class SharedNode;

class Node {
 public:
  Node() = default;
  Node(const limen_node_api* api, const limen_node* node) : api_(api), node_(node) {}

  const limen_node* raw() const { return node_; }
  int kind() const { return api_ == nullptr ? LIMEN_NODE_ABSENT : api_->kind(node_); }
  explicit operator bool() const { return kind() != LIMEN_NODE_ABSENT; }
  bool is_null() const { return kind() == LIMEN_NODE_NULL; }
  bool is_bool() const { return kind() == LIMEN_NODE_BOOL; }
  bool is_int() const { return kind() == LIMEN_NODE_INT; }
  bool is_string() const { return kind() == LIMEN_NODE_STRING; }
  bool is_array() const { return kind() == LIMEN_NODE_ARRAY; }
  bool is_object() const { return kind() == LIMEN_NODE_OBJECT; }

  // A JSON pointer (RFC 6901) relative to this node.
  Node at(std::string_view pointer) const {
    return api_ == nullptr ? Node() : Node(api_, api_->at(node_, to_abi(pointer)));
  }
  Node operator[](std::string_view key) const {
    return api_ == nullptr ? Node() : Node(api_, api_->member(node_, to_abi(key)));
  }
  Node operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  // An item of an array, or the value of an object's member, in document order.
  Node item(std::size_t index) const {
    return api_ == nullptr ? Node() : Node(api_, api_->item(node_, index, nullptr));
  }
  std::size_t size() const { return api_ == nullptr ? 0 : api_->size(node_); }

  // Nothing when the node is of another kind.
  std::optional<std::string_view> as_string() const {
    limen_str out{};
    if (api_ == nullptr || api_->get_string(node_, &out) != LIMEN_OK) return std::nullopt;
    return to_view(out);
  }
  std::optional<std::int64_t> as_int() const {
    std::int64_t out = 0;
    if (api_ == nullptr || api_->get_int(node_, &out) != LIMEN_OK) return std::nullopt;
    return out;
  }
  std::optional<double> as_double() const {
    double out = 0;
    if (api_ == nullptr || api_->get_double(node_, &out) != LIMEN_OK) return std::nullopt;
    return out;
  }
  std::optional<bool> as_bool() const {
    std::int32_t out = 0;
    if (api_ == nullptr || api_->get_bool(node_, &out) != LIMEN_OK) return std::nullopt;
    return out != 0;
  }
  // The same with a default. view_or's result is borrowed like the node (or like the default).
  std::string string_or(std::string_view other) const { return std::string(view_or(other)); }
  std::string_view view_or(std::string_view other) const { return as_string().value_or(other); }
  std::int64_t int_or(std::int64_t other) const { return as_int().value_or(other); }
  double double_or(double other) const { return as_double().value_or(other); }
  bool bool_or(bool other) const { return as_bool().value_or(other); }

  // The strings of an array of strings; items of another kind are left out.
  std::vector<std::string> strings() const {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < size(); ++i)
      if (const auto text = item(i).as_string()) list.emplace_back(*text);
    return list;
  }

  // Compact JSON; empty for an absent node.
  std::string to_json() const {
    std::string text;
    if (api_ == nullptr) return text;
    api_->write_json(
        node_,
        [](void* arg, limen_str chunk) { static_cast<std::string*>(arg)->append(to_view(chunk)); },
        &text);
    return text;
  }

  // Shares ownership of the whole document.
  SharedNode keep() const;

  // Range-for over an array or object; `key` is empty for arrays.
  struct Item;
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class SharedNode;
  const limen_node_api* api_ = nullptr;
  const limen_node* node_ = nullptr;
};

struct Node::Item {
  std::string_view key;
  Node value;
};

class Node::Iterator {
 public:
  Iterator(Node node, std::size_t index) : node_(node), index_(index) {}
  Item operator*() const {
    limen_str key{};
    const Node value(node_.api_, node_.api_->item(node_.node_, index_, &key));
    return {to_view(key), value};
  }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }
  friend bool operator!=(const Iterator& a, const Iterator& b) { return a.index_ != b.index_; }

 private:
  Node node_;
  std::size_t index_;
};

inline Node::Iterator Node::begin() const { return {*this, 0}; }
inline Node::Iterator Node::end() const { return {*this, size()}; }

// A node that keeps its document alive. Copies share it.
class SharedNode {
 public:
  SharedNode() = default;
  // Takes over one reference that was already counted.
  static SharedNode adopt(Node node) {
    SharedNode shared;
    shared.node_ = node;
    return shared;
  }
  SharedNode(const SharedNode& other) : node_(other.node_) { retain(); }
  SharedNode(SharedNode&& other) noexcept : node_(std::exchange(other.node_, Node())) {}
  SharedNode& operator=(SharedNode other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~SharedNode() {
    if (node_.node_ != nullptr) node_.api_->release(node_.node_);
  }

  explicit operator bool() const { return static_cast<bool>(node_); }
  const Node& operator*() const { return node_; }
  const Node* operator->() const { return &node_; }

 private:
  void retain() {
    if (node_.node_ != nullptr) node_.api_->retain(node_.node_);
  }
  Node node_;
};

inline SharedNode Node::keep() const {
  if (node_ != nullptr) api_->retain(node_);
  return SharedNode::adopt(*this);
}

}  // namespace limen
