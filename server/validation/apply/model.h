// Model: what server-side apply goes by for objects of one kind: a built-in type, the schema of a
// custom kind, or nothing at all.
//
// A value; what it refers to outlives it. Thread rule: any thread.
#pragma once

#include <cstddef>

#include "catalog/catalog.h"
#include "catalog/custom/schema.h"

namespace limen::validation::apply {

struct Model {
  const catalog::Type* type = nullptr;
  const catalog::Schema* schema = nullptr;

  Model() = default;
  Model(std::nullptr_t) {}
  Model(const catalog::Type* of_type) : type(of_type) {}
  Model(const catalog::Schema* of_schema) : schema(of_schema) {}
};

}  // namespace limen::validation::apply
