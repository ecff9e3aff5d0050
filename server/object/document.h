// Document: an immutable, shared JSON value; the parsed form of an object.
//
// A Document owns its root and the memory of everything below it (one arena), counted by reference:
// copying a Document is cheap and any node found in it stays valid while a copy lives. A node can
// find the Document it belongs to (`owner`), which is how modules keep an object past a call.
// Thread rule: immutable, so any thread; building one is for one thread.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace limen::object {

using Json = boost::json::value;

class Document {
 public:
  Document() = default;  // empty: root() is null, bool is false
  // Takes a value; copies it into its own arena unless it is the root of one already.
  explicit Document(const Json& value);
  explicit operator bool() const { return body_ != nullptr; }
  const Json& root() const;  // JSON null when empty
  // The Document a node belongs to; empty for a node that is in none.
  static Document owner(const Json& node);
  // Parses strict JSON text of at most `kMaxDepth` nested values (see decode.h). Throws
  // DecodeError.
  static Document parse(std::string_view json);
  std::string to_json() const;  // compact text; "null" when empty

  class Body;  // the counted arena, see document.cpp
  explicit Document(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

 private:
  std::shared_ptr<const Body> body_;
};

// Builds a Document in place, without the copy of Document(const Json&). One thread. The root
// starts as JSON null; values assigned to it live in the arena. After finish() the builder is
// empty.
class DocumentBuilder {
 public:
  // `expected_bytes` sizes the arena's first block; any number works.
  explicit DocumentBuilder(std::size_t expected_bytes = 1024);
  Json& root();
  boost::json::storage_ptr storage() const;
  Document finish();

 private:
  std::shared_ptr<Document::Body> body_;
};

}  // namespace limen::object
