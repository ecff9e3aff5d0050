// The loader's gates from the second on, one function each; every one throws LoadError with its
// sentence.
#pragma once

#include <string>
#include <vector>

#include "limen/abi.h"
#include "modules/loader.h"
#include "modules/trust.h"

namespace limen::modules {

inline constexpr const char* kEntrySymbol = "limen_module_entry";

// Gate 0 is modules/trust.h.
// Gate 1. Reads the file without running anything of it.
void probe(const TrustedFile& file);
// Gate 3. `file` is the bare name, for messages.
void check_entry(const limen_module_entry_t& entry, const std::string& file);
// Gate 4. Copies of all descriptors.
std::vector<DescriptorInfo> read_descriptors(const limen_factory* factory, const std::string& file);

}  // namespace limen::modules
