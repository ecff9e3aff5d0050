#include "app/module_isolation.h"

#include <filesystem>
#include <system_error>

#include "app/commands.h"
#include "isolation/remote_module.h"

namespace limen::app {

namespace {

std::filesystem::path host_program() {
  constexpr const char* kName = "limen-module-host";
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return std::filesystem::path("/usr/lib/limen") / kName;
  const auto beside = self.parent_path() / kName;
  if (std::filesystem::exists(beside, error)) return beside;
  return self.parent_path().parent_path() / "lib/limen" / kName;
}

}  // namespace

decltype(modules::RuntimeOptions::isolate) module_isolation(
    const config::ServerConfiguration& configuration) {
  return [folder = std::filesystem::path(configuration.module_path)](
             modules::Kind kind, const modules::ModuleSpec& spec,
             const modules::ObjectSource& objects, base::Deadline deadline) {
    isolation::ProcessOptions options;
    options.program = host_program();
    options.folder = folder;
    options.server_version = version_text();
    options.kind = kind;
    options.spec = spec;
    options.objects = &objects;
    return isolation::load_isolated(std::move(options), deadline);
  };
}

}  // namespace limen::app
