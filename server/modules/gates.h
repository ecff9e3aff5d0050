// The loader's gates, one function each; every one throws LoadError with its sentence.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "limen/abi.h"
#include "modules/loader.h"

namespace limen::modules {

inline constexpr const char* kEntrySymbol = "limen_module_entry";

// Gate 0. The file of module `name` in `folder`. Both must be owned by root or the server's user
// and writable by nobody else: whoever may write them is the server.
std::filesystem::path check_path(const std::filesystem::path& folder, const std::string& name);
// Gate 0, when the config pins the file: its SHA-256 in lower-case hex.
void check_digest(const std::filesystem::path& file, std::string_view sha256);
// Gate 1. Reads the file without running anything of it.
void probe(const std::filesystem::path& file);
// Gate 3. `file` is the bare name, for messages.
void check_entry(const limen_module_entry_t& entry, const std::string& file);
// Gate 4. Copies of all descriptors.
std::vector<DescriptorInfo> read_descriptors(const limen_factory* factory, const std::string& file);

}  // namespace limen::modules
