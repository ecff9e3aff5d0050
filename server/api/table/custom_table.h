// Tables of custom kinds: the columns their definition asks for.
//
// Thread rule: free functions, any thread.
#pragma once

#include <string>

#include "api/table/cells.h"
#include "catalog/custom/definition.h"

namespace limen::api {

// columnDefinitions as JSON text: the name, then the definition's columns.
void append_custom_columns(std::string& out, const catalog::CustomKind& kind);
// One cell a column; `cells` writes to `out`.
void print_custom_cells(Cells& cells, std::string& out, const catalog::CustomKind& kind,
                        const object::Json& object);

}  // namespace limen::api
