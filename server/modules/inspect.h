// What a module says of itself, without making an instance: for `limen modules inspect`.
//
// Passing the loader's gates opens the file and runs its init(), nothing more. Control thread only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "modules/loader.h"

namespace limen::modules {

struct ModuleReport {
  std::string name;
  std::filesystem::path file;
  std::string abi;  // "1.0": the lowest version it needs
  std::string build;
  std::string sha256;  // of the file, lower-case hex: what a config pins it by
  std::vector<DescriptorInfo> descriptors;
};

// The version of the module ABI this server offers: "1.0".
std::string offered_abi();

// The report of a module the loader can load. Throws LoadError.
ModuleReport inspect(Loader& loader, const std::string& name);

// The same for a file anywhere; its folder has to pass the path gate too. Throws LoadError.
ModuleReport inspect_file(const std::filesystem::path& file);

// The names (without ".so") of the files in `folder` that could be modules, sorted. A folder that
// cannot be read has none.
std::vector<std::string> list_modules(const std::filesystem::path& folder);

}  // namespace limen::modules
