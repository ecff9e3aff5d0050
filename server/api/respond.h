// Answers made of stored objects: in the version, the view and the encoding that was negotiated.
//
// The usual answer shares the store's bytes: nothing is parsed or copied. Other versions put a new
// head before the same bytes; only views (tables) and kinds whose versions differ in shape are
// parsed. Thread rule: the request's loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "object/document.h"
#include "storage/store.h"
#include "transport/http.h"

namespace limen::api {

// An object's members but apiVersion and kind, in the served version: `"spec":{},"metadata":{}}`.
struct ServedText {
  std::shared_ptr<const std::string> owner;
  std::string_view rest;
};
ServedText served_text(const catalog::Resource& resource, const storage::ObjectPtr& object);
// The whole object in the served version, as text.
std::string served_json(const catalog::Resource& resource, const storage::ObjectPtr& object);
// The `"metadata":{...}}` that ends stored text.
std::string_view metadata_tail(std::string_view json);

// A stored-form object that is not in the store (a dry run), to be answered like one that is.
storage::ObjectPtr unstored(const object::Json& object, storage::Revision revision);

// Answers one object.
void respond_object(Call& call, int status, const storage::ObjectPtr& object);
// Answers any JSON text, in the negotiated encoding.
void respond_text(Call& call, int status, std::string json);
// Answers a success Status about `object` (a delete).
void respond_deleted(Call& call, const storage::StoredObject& object);

// Answers a list. `token` and `remaining` go into its metadata; empty and nothing: left out.
struct ListAnswer {
  std::vector<storage::ObjectPtr> objects;
  storage::Revision revision = 0;
  std::string token;
  std::optional<std::int64_t> remaining;
};
base::Task<void> respond_list(Call& call, ListAnswer answer);

}  // namespace limen::api
