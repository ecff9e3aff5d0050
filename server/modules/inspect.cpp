#include "modules/inspect.h"

#include <algorithm>

#include "limen/abi.h"

namespace limen::modules {

std::string offered_abi() {
  return std::to_string(LIMEN_ABI_MAJOR) + "." + std::to_string(LIMEN_ABI_MINOR);
}

ModuleReport inspect(Loader& loader, const std::string& name) {
  const LoadedModulePtr module = loader.load(name);
  ModuleReport report;
  report.name = module->name();
  report.file = module->file();
  report.abi = std::to_string(module->abi_major()) + "." + std::to_string(module->abi_minor());
  report.build = module->build();
  report.sha256 = module->sha256();
  report.descriptors = module->descriptors();
  return report;
}

ModuleReport inspect_file(const std::filesystem::path& file) {
  if (file.extension() != ".so") {
    throw LoadError(Gate::path,
                    "\"" + file.string() + "\" does not end in .so: name a module file");
  }
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  Loader loader(folder);
  return inspect(loader, file.stem().string());
}

std::vector<std::string> list_modules(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".so") names.push_back(it->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace limen::modules
