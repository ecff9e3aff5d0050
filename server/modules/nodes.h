// Nodes: how modules see documents ("limen.node/1").
//
// A limen_node is a value inside an object::Document; nothing is wrapped or copied. retain() keeps
// the Document the node belongs to. Any thread.
#pragma once

#include <boost/json.hpp>

#include "limen/node.h"
#include "object/document.h"

namespace limen::modules {

inline const limen_node* to_node(const boost::json::value& value) {
  return reinterpret_cast<const limen_node*>(&value);
}
inline const boost::json::value* from_node(const limen_node* node) {
  return reinterpret_cast<const boost::json::value*>(node);
}
// The root of a document as a node; null for an empty one.
inline const limen_node* root_node(const object::Document& document) {
  return document ? to_node(document.root()) : nullptr;
}

const limen_node_api& node_table();

// How many documents modules keep by retain() right now; for tests and leak checks.
std::size_t retained_documents();

}  // namespace limen::modules
