// Schemas of catalog types as JSON text. Free functions, any thread.
#pragma once

#include <set>
#include <string>

#include "api/openapi/dialect.h"
#include "catalog/catalog.h"

namespace limen::api {

// Appends the schema of a named type: its properties, what is required, its group-version-kind and
// the x-kubernetes extensions that patches, apply and explain read.
void append_type_schema(std::string& out, const catalog::Type& type, Dialect dialect);

// {"$ref":"..."} to a named type.
void append_reference(std::string& out, const catalog::Type& type, Dialect dialect);

// {"group":...,"kind":...,"version":...}
void append_kind(std::string& out, std::string_view group, std::string_view version,
                 std::string_view kind);

// Types in the order of their names.
struct TypeOrder {
  bool operator()(const catalog::Type* a, const catalog::Type* b) const {
    return a->name < b->name;
  }
};
using TypeSet = std::set<const catalog::Type*, TypeOrder>;

// Adds `type` and every type its fields lead to.
void add_reachable(TypeSet& types, const catalog::Type& type);

}  // namespace limen::api
