#include "isolation/remote_module.h"

#include <sys/stat.h>

#include <optional>

#include "isolation/codec.h"
#include "isolation/remote_plugin.h"
#include "modules/file_identity.h"

namespace limen::isolation {

namespace {

// Of the file as it lies there now; nothing when there is none.
std::optional<modules::FileIdentity> identity_now(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  return modules::identity_of(info);
}

class RemoteModule final : public modules::LoadedModule {
 public:
  RemoteModule(std::string name, std::filesystem::path file, modules::FileIdentity identity,
               std::shared_ptr<ModuleProcess> process)
      : name_(std::move(name)),
        file_(std::move(file)),
        identity_(identity),
        process_(std::move(process)) {}

  const std::string& name() const override { return name_; }
  const std::filesystem::path& file() const override { return file_; }
  // Apart from the numbers that the loader gives, and the same for the same file.
  std::uint64_t serial() const override {
    const auto mixed = identity_.inode * 31 + static_cast<std::uint64_t>(identity_.modified_ns);
    return mixed | (std::uint64_t{1} << 63);
  }
  bool sealed() const override { return process_->sealed(); }
  std::string sha256() const override { return process_->sha256(); }
  bool file_is_the_same() const override {
    const auto now = identity_now(file_);
    return now && *now == identity_;
  }
  const std::string& build() const override { return process_->build(); }
  std::uint16_t abi_major() const override { return LIMEN_ABI_MAJOR; }
  std::uint16_t abi_minor() const override { return LIMEN_ABI_MINOR; }
  const std::vector<modules::DescriptorInfo>& descriptors() const override {
    return process_->descriptors();
  }
  // Its own create() stands for the factory's.
  const limen_factory& factory() const override {
    static constexpr limen_factory none{};
    return none;
  }
  const limen_plugin* create(const limen_host* host, std::uint32_t index,
                             const char* /*instance*/) const override {
    for (const modules::DescriptorInfo& one : descriptors()) {
      if (one.index == index) return make_remote_plugin(host, one, process_);
    }
    return nullptr;
  }
  const void* table(const char* /*id*/) const override { return nullptr; }
  std::optional<modules::ConfigJudgement> judge(const modules::DescriptorInfo& /*descriptor*/,
                                                const object::Document& config,
                                                modules::ControlThread& /*control*/,
                                                base::Deadline deadline) const override {
    return process_->judge(config.root(), deadline);
  }

 private:
  const std::string name_;
  const std::filesystem::path file_;
  const modules::FileIdentity identity_;
  const std::shared_ptr<ModuleProcess> process_;
};

}  // namespace

modules::LoadedModulePtr load_isolated(ProcessOptions options, base::Deadline deadline) {
  const std::string name = options.spec.module_name();
  const std::filesystem::path file = options.folder / (name + ".so");
  // Before it is loaded: a file that is replaced meanwhile counts as another.
  const auto identity = identity_now(file).value_or(modules::FileIdentity{});
  const auto process = std::make_shared<ModuleProcess>(std::move(options));
  process->load(deadline);
  return std::make_shared<RemoteModule>(name, file, identity, process);
}

}  // namespace limen::isolation
