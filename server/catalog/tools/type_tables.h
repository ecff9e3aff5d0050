// Reading types/*.txt; see tables.h. Build time only, one thread.
#pragma once

#include "tables.h"

namespace limen::catalog::tools {

// All types of the folder, sorted by full name, every field resolved. Throws TableError.
std::vector<TypeRow> read_types(const std::filesystem::path& folder);

// The position in `types` (sorted by full name) or kNoType.
std::size_t find_type_row(const std::vector<TypeRow>& types, const std::string& full_name);
std::size_t find_type_row(const std::vector<TypeRow>& types, const std::string& package,
                          const std::string& name);

}  // namespace limen::catalog::tools
