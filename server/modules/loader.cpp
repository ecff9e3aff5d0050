#include "modules/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>

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
  OpenModule(std::string name, TrustedFile file, std::uint64_t serial)
      : name_(std::move(name)), file_(std::move(file)), serial_(serial) {}
  ~OpenModule() override {
    if (initialised_ && entry_->deinit != nullptr) entry_->deinit();
  }

  void open() {
    namespace dll = boost::dll;
    const auto mode = static_cast<dll::load_mode::type>(
        static_cast<int>(dll::load_mode::rtld_now) | static_cast<int>(dll::load_mode::rtld_local) |
        RTLD_NODELETE);
    // The dynamic linker takes a path it has seen for the library it has, whatever lies there now.
    // A descriptor that stays open is a name that never comes to mean another file.
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
  std::uint64_t serial() const override { return serial_; }
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
  const std::uint64_t serial_;
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

// What is loaded of `name` from this very file; null: nothing.
std::shared_ptr<OpenModule> Loader::loaded_from(const std::string& name, const TrustedFile& file,
                                                bool pinned) {
  std::vector<std::shared_ptr<OpenModule>>& versions = versions_[{name, pinned}];
  // What was replaced and has no instance any more is told so (deinit); its code stays mapped.
  if (versions.size() > 1) {
    const auto unused = [](const auto& version) { return version.use_count() == 1; };
    versions.erase(std::remove_if(versions.begin(), std::prev(versions.end()), unused),
                   std::prev(versions.end()));
  }
  for (const std::shared_ptr<OpenModule>& version : versions) {
    const FileIdentity& known = version->trusted().identity();
    if (known == file.identity()) return version;
    // A sealed copy is another file whatever becomes of the one it is from.
    if (pinned || !known.same_inode(file.identity())) continue;
    throw LoadError(Gate::open, file.path().filename().string() +
                                    " was written over in place while its code is in use: put the "
                                    "new file there by a rename (install or mv, not cp), or "
                                    "restart the server");
  }
  return nullptr;
}

LoadedModulePtr Loader::load(const std::string& name, const Pins& pins) {
  TrustedFile file = TrustedFile::open(folder_, name);
  const bool pinned = !pins.empty();
  if (const auto found = loaded_from(name, file, pinned)) {
    if (pinned) found->trusted().check(pins);
    return found;
  }
  if (pinned) {
    file.seal();
    file.check(pins);
  }
  probe(file);
  auto module = std::make_shared<OpenModule>(name, std::move(file), ++last_serial_);
  module->open();
  module->initialise();
  versions_[{name, pinned}].push_back(module);
  return module;
}

void Loader::check_trust(const std::string& name, const Pins& pins) const {
  TrustedFile file = TrustedFile::open(folder_, name);
  if (pins.empty()) return;
  file.seal();
  file.check(pins);
}

}  // namespace limen::modules
