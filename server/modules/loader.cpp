#include "modules/loader.h"

#include <dlfcn.h>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "base/strings.h"
#include "modules/gates.h"
#include "modules/trust.h"
#include "observability/log.h"

namespace limen::modules {

// A module that passed every gate the loader has. The library stays mapped for ever: code of it may
// still be on some stack, or registered with the C library, after the last instance is gone.
class OpenModule final : public LoadedModule {
 public:
  OpenModule(std::string name, TrustedFile file) : name_(std::move(name)), file_(std::move(file)) {}
  ~OpenModule() override {
    if (initialised_ && entry_->deinit != nullptr) entry_->deinit();
  }

  void open() {
    namespace dll = boost::dll;
    const auto mode = static_cast<dll::load_mode::type>(
        static_cast<int>(dll::load_mode::rtld_now) | static_cast<int>(dll::load_mode::rtld_local) |
        RTLD_NODELETE);
    // The C library takes a name it has seen for the same file, so the descriptor's number must not
    // come to mean another.
    file_.keep_open();
    try {
      library_.load(file_.by_descriptor(), mode);
    } catch (const std::exception& failed) {
      throw LoadError(Gate::open, file_name() + " cannot be opened: " + failed.what() +
                                      ": install what it needs or rebuild it");
    }
    entry_ = &library_.get<const limen_module_entry_t>(kEntrySymbol);
    check_entry(*entry_, file_name());
    build_ = entry_->build == nullptr ? "" : entry_->build;
  }

  void initialise() {
    const std::string file = file_name();
    if (entry_->init != nullptr) {
      const limen_status status = entry_->init(file_.path().c_str());
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
  const std::filesystem::path& file() const override { return file_.path(); }
  const TrustedFile& trusted() const { return file_; }
  bool sealed() const override { return file_.sealed(); }
  std::string sha256() const override { return file_.sha256(); }
  const std::string& build() const override { return build_; }
  std::uint16_t abi_major() const override { return entry_->abi_major; }
  std::uint16_t abi_minor() const override { return entry_->abi_minor; }
  const std::vector<DescriptorInfo>& descriptors() const override { return descriptors_; }
  const limen_factory& factory() const override { return *factory_; }
  const void* table(const char* id) const override { return entry_->get_factory(id); }

 private:
  std::string file_name() const { return file_.path().filename().string(); }

  const std::string name_;
  TrustedFile file_;
  boost::dll::shared_library library_;
  const limen_module_entry_t* entry_ = nullptr;
  const limen_factory* factory_ = nullptr;
  bool initialised_ = false;
  std::string build_;
  std::vector<DescriptorInfo> descriptors_;
};

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

namespace {

// Writing into a loaded file changes what runs, if it does not end the process.
void refuse_written(const TrustedFile& now, const OpenModule& loaded) {
  if (now.sealed() || !now.identity().same_file(loaded.trusted().identity())) return;
  throw LoadError(Gate::open, "module file \"" + now.path().string() +
                                  "\" was written into after it had been loaded: rename a new "
                                  "file over it instead, and restart now");
}

}  // namespace

LoadedModulePtr Loader::load(const std::string& name, const Pins& pins) {
  TrustedFile file = TrustedFile::open(folder_, name);
  const FileIdentity identity = file.identity();
  const auto found = loaded_.find({name, !pins.empty()});
  if (found != loaded_.end() && found->second->trusted().identity() == identity) {
    found->second->trusted().check(pins);
    return found->second;
  }
  if (!pins.empty()) {
    file.seal();
    file.check(pins);
  }
  if (found != loaded_.end()) refuse_written(file, *found->second);
  probe(file);
  auto module = std::make_shared<OpenModule>(name, std::move(file));
  module->open();
  module->initialise();
  loaded_[{name, !pins.empty()}] = module;
  return module;
}

void Loader::check_trust(const std::string& name, const Pins& pins) const {
  TrustedFile file = TrustedFile::open(folder_, name);
  if (pins.empty()) return;
  file.seal();
  file.check(pins);
}

}  // namespace limen::modules
