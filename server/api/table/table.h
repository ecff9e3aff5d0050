// Tables: objects as rows of cells (meta.k8s.io Table), which is what `kubectl get` prints.
//
// A Table is written as text, row after row, so a list of any length needs no document:
//   begin_table(out, pods, meta, options);
//   append_row(out, pods, object, object_json, options);   // for each object
//   end_table(out);
// A watch sends one such Table an event; only the first of a watch has column definitions. Columns
// and cells are kube-apiserver's; kinds without an own printer have Name and Age. Cells never fail:
// what an object lacks prints as Kubernetes prints it. Thread rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "catalog/catalog.h"
#include "object/document.h"

namespace limen::api {

enum class IncludeObject : std::uint8_t { none, metadata, object };

// The includeObject query parameter: "" and "Metadata", "None", "Object"; nothing for other text.
std::optional<IncludeObject> parse_include_object(std::string_view text);
// The same for a request: throws ApiError 400 for other text.
IncludeObject asked_include_object(std::string_view text);

struct TableOptions {
  std::string_view version = "v1";  // of meta.k8s.io: v1 or v1beta1
  IncludeObject include = IncludeObject::metadata;
  bool column_definitions = true;  // false: null, for the later events of a watch
  base::SystemTime now = std::chrono::system_clock::now();  // what ages are counted from
};

// metadata of the Table: of the list it stands for, or of the one object of an event.
struct TableMeta {
  std::string_view resource_version;
  std::string_view continue_token;  // empty when none
  std::optional<std::int64_t> remaining_item_count;
};

struct Column {
  std::string_view name;
  std::string_view type;    // string, integer, boolean, date
  std::string_view format;  // "name" or empty
  std::int32_t priority;    // 0: shown by default; more: with -o wide
};

// The columns of a resource; static storage.
std::span<const Column> columns_of(const catalog::Resource& resource);

void begin_table(std::string& out, const catalog::Resource& resource, const TableMeta& meta,
                 const TableOptions& options);
// Appends a row (with its comma). `object_json` is the object's text; used with
// IncludeObject::object only.
void append_row(std::string& out, const catalog::Resource& resource, const object::Json& object,
                std::string_view object_json, const TableOptions& options);
void end_table(std::string& out);

// The Table of one object, whole.
std::string single_row_table(const catalog::Resource& resource, const object::Json& object,
                             std::string_view object_json, const TableOptions& options);

}  // namespace limen::api
