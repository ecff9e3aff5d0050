#include "modules/loader.h"

#include <dlfcn.h>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "base/strings.h"
#include "modules/gates.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

// A module that passed every gate the loader has. The library stays mapped for ever: code of it may
// still be on some stack, or registered with the C library, after the last instance is gone.
class OpenModule final : public LoadedModule {
 public:
  OpenModule(std::string name, std::filesystem::path file)
      : name_(std::move(name)), file_(std::move(file)) {}
  ~OpenModule() override {
    if (initialised_ && entry_->deinit != nullptr) entry_->deinit();
  }

  void open() {
    namespace dll = boost::dll;
    const auto mode = static_cast<dll::load_mode::type>(
        static_cast<int>(dll::load_mode::rtld_now) | static_cast<int>(dll::load_mode::rtld_local) |
        RTLD_NODELETE);
    std::error_code error;
    try {
      library_.load(file_, mode);
    } catch (const std::exception& failed) {
      throw LoadError(Gate::open, file_.filename().string() + " cannot be opened: " +
                                      failed.what() + ": install what it needs or rebuild it");
    }
    entry_ = &library_.get<const limen_module_entry_t>(kEntrySymbol);
    check_entry(*entry_, file_.filename().string());
    build_ = entry_->build == nullptr ? "" : entry_->build;
  }

  void initialise() {
    const std::string file = file_.filename().string();
    if (entry_->init != nullptr) {
      const limen_status status = entry_->init(file_.c_str());
      if (status != LIMEN_OK) {
        throw LoadError(Gate::descriptor, file + ": init() failed with status " +
                                              std::to_string(status) +
                                              ": see the module's own log lines and documentation");
      }
    }
    initialised_ = true;
    factory_ = static_cast<const limen_factory*>(entry_->get_factory(LIMEN_FACTORY));
    descriptors_ = read_descriptors(factory_, file);
  }

  const std::string& name() const override { return name_; }
  const std::filesystem::path& file() const override { return file_; }
  const std::string& build() const override { return build_; }
  std::uint16_t abi_major() const override { return entry_->abi_major; }
  std::uint16_t abi_minor() const override { return entry_->abi_minor; }
  const std::vector<DescriptorInfo>& descriptors() const override { return descriptors_; }
  const limen_factory& factory() const override { return *factory_; }
  const void* table(const char* id) const override { return entry_->get_factory(id); }

 private:
  const std::string name_;
  const std::filesystem::path file_;
  boost::dll::shared_library library_;
  const limen_module_entry_t* entry_ = nullptr;
  const limen_factory* factory_ = nullptr;
  bool initialised_ = false;
  std::string build_;
  std::vector<DescriptorInfo> descriptors_;
};

}  // namespace

const DescriptorInfo& LoadedModule::choose(Kind kind) const {
  const DescriptorInfo* only = nullptr;
  std::size_t count = 0;
  std::vector<std::string> ids, others;
  for (const DescriptorInfo& descriptor : descriptors()) {
    if (descriptor.kind != kind_id(kind)) {
      others.push_back(descriptor.id + " (" + descriptor.kind + ")");
      continue;
    }
    if (descriptor.id == name()) return descriptor;
    only = &descriptor;
    ids.push_back(descriptor.id);
    ++count;
  }
  if (count == 1) return *only;
  const std::string file = this->file().filename().string();
  if (count == 0) {
    throw LoadError(Gate::descriptor, file + " holds no plugin of kind " +
                                          std::string(kind_id(kind)) + ", only " +
                                          base::join(others, ", ") +
                                          ": list it where it belongs or name another module");
  }
  throw LoadError(Gate::descriptor, file + " holds several plugins of kind " +
                                        std::string(kind_id(kind)) + " (" + base::join(ids, ", ") +
                                        ") and none has the file's name: its vendor has to split "
                                        "it or name one of them \"" +
                                        name() + "\"");
}

LoadedModulePtr Loader::load(const std::string& name, std::string_view sha256) {
  const std::filesystem::path file = check_path(folder_, name);
  if (!sha256.empty()) check_digest(file, sha256);
  const auto found = loaded_.find(name);
  if (found != loaded_.end()) return found->second;
  probe(file);
  auto module = std::make_shared<OpenModule>(name, file);
  module->open();
  module->initialise();
  loaded_.emplace(name, module);
  return module;
}

}  // namespace limen::modules
