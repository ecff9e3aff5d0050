#include "modules/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>

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
  OpenModule(std::string name, std::filesystem::path file, std::uint64_t serial)
      : name_(std::move(name)), file_(std::move(file)), serial_(serial) {}
  ~OpenModule() override {
    if (initialised_ && entry_->deinit != nullptr) entry_->deinit();
  }

  // `spelling` is the file's path, written as for no other load in this process.
  void open(const std::filesystem::path& spelling) {
    namespace dll = boost::dll;
    const auto mode = static_cast<dll::load_mode::type>(
        static_cast<int>(dll::load_mode::rtld_now) | static_cast<int>(dll::load_mode::rtld_local) |
        RTLD_NODELETE);
    std::error_code error;
    try {
      library_.load(spelling, mode);
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
  std::uint64_t serial() const override { return serial_; }
  const std::string& build() const override { return build_; }
  std::uint16_t abi_major() const override { return entry_->abi_major; }
  std::uint16_t abi_minor() const override { return entry_->abi_minor; }
  const std::vector<DescriptorInfo>& descriptors() const override { return descriptors_; }
  const limen_factory& factory() const override { return *factory_; }
  const void* table(const char* id) const override { return entry_->get_factory(id); }

 private:
  const std::string name_;
  const std::filesystem::path file_;
  const std::uint64_t serial_;
  boost::dll::shared_library library_;
  const limen_module_entry_t* entry_ = nullptr;
  const limen_factory* factory_ = nullptr;
  bool initialised_ = false;
  std::string build_;
  std::vector<DescriptorInfo> descriptors_;
};

// The dynamic linker takes a path it has seen before for the library it has, whatever lies there
// now. So each path is opened by its own name only once, and then by spellings of it that were
// never used: a number follows the folder, "./" for each one in it and "/" for each zero. The
// linker still knows a file that it has by its inode.
std::filesystem::path new_spelling_of(const std::filesystem::path& file) {
  static std::mutex mutex;
  static std::set<std::string> used;
  static std::uint64_t last = 0;
  const std::lock_guard lock(mutex);
  if (used.insert(file.string()).second) return file;
  std::string text = file.parent_path().string() + '/';
  for (std::uint64_t rest = ++last; rest != 0; rest /= 2) text += rest % 2 == 1 ? "./" : "/";
  return text + file.filename().string();
}

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

// What is loaded of `name` from this very file; null: nothing.
LoadedModulePtr Loader::loaded_from(const std::string& name, const FileIdentity& identity) {
  std::vector<Version>& versions = versions_[name];
  // What was replaced and has no instance any more is told so (deinit); its code stays mapped.
  if (versions.size() > 1) {
    const auto used = [](const Version& version) { return version.module.use_count() > 1; };
    versions.erase(std::remove_if(versions.begin(), std::prev(versions.end()),
                                  [&](const Version& version) { return !used(version); }),
                   std::prev(versions.end()));
  }
  for (const Version& version : versions) {
    if (version.identity == identity) return version.module;
    if (!version.identity.same_inode(identity)) continue;
    throw LoadError(Gate::open, version.module->file().filename().string() +
                                    " was written over in place while its code is in use: put the "
                                    "new file there by a rename (install or mv, not cp), or "
                                    "restart the server");
  }
  return nullptr;
}

LoadedModulePtr Loader::load(const std::string& name, std::string_view sha256) {
  const std::filesystem::path file = check_path(folder_, name);
  const FileIdentity identity = identity_of(file);
  if (!sha256.empty()) check_digest(file, sha256);
  if (LoadedModulePtr found = loaded_from(name, identity)) return found;
  probe(file);
  auto module = std::make_shared<OpenModule>(name, file, ++last_serial_);
  module->open(new_spelling_of(file));
  if (identity_of(file) != identity) {
    throw LoadError(Gate::open, file.filename().string() +
                                    " was replaced while it was being loaded: try again");
  }
  module->initialise();
  versions_[name].push_back({identity, module});
  return module;
}

}  // namespace limen::modules
