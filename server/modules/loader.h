// Loader: from a module's name to a file that may be trusted, opened and understood.
//
// The gates stand in the order in which a refusal costs least: path (a bare name in the module
// folder, which nobody but root and the server's user can have a hand in, and the digest and
// signature the config demands; see trust.h), probe (an ELF file of this machine that lists the
// entry symbol; none of its code has run), open (everything it needs is there), entry (magic, ABI
// version), descriptor (what it claims to hold makes sense). Config and start are judged by
// ModuleInstance. What passed the path gate is an open descriptor, and that is what is loaded.
//
// A file is loaded once and never unmapped: code may be running in it. A file that was replaced (by
// a rename, as packages do it) is another module from the next load on, beside the old one; one
// that was written over in place is refused, because the running code changes with it.
// Thread rule: control thread only. Lifetime: a LoadedModule outlives every instance made from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "limen/abi.h"
#include "modules/load_error.h"
#include "modules/module_spec.h"

namespace limen::modules {

// A descriptor of a module, copied and checked.
struct DescriptorInfo {
  std::uint32_t index = 0;  // in the factory
  std::string id, kind, version, vendor, url, summary;
  std::uint32_t flags = 0;
  std::string config_schema;  // JSON text; empty: takes no config
  std::vector<std::string> required;

  bool may_block() const { return (flags & LIMEN_MAY_BLOCK) != 0; }
  bool by_token() const { return (flags & LIMEN_BY_TOKEN) != 0; }
};

class ControlThread;

// A module's own word about a config.
struct ConfigJudgement {
  std::vector<ConfigFinding> errors, warnings;
};

class LoadedModule {
 public:
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;
  virtual ~LoadedModule() = default;

  virtual const std::string& name() const = 0;  // "token-file"
  virtual const std::filesystem::path& file() const = 0;
  // A number of its own for every file that was loaded.
  virtual std::uint64_t serial() const = 0;
  virtual const std::string& build() const = 0;  // compiler and SDK; diagnostics
  virtual bool sealed() const = 0;         // loaded from sealed memory, because the config pins it
  virtual std::string sha256() const = 0;  // of the file it was loaded from, lower-case hex
  virtual std::uint16_t abi_major() const = 0;
  virtual std::uint16_t abi_minor() const = 0;
  virtual const std::vector<DescriptorInfo>& descriptors() const = 0;
  virtual const limen_factory& factory() const = 0;
  // Whether the file is still the one that was loaded, for a module that is not loaded anew by
  // name.
  virtual bool file_is_the_same() const { return true; }
  // A new instance, as limen_factory.create() makes one.
  virtual const limen_plugin* create(const limen_host* host, std::uint32_t index,
                                     const char* instance_name) const {
    return factory().create(host, index, instance_name);
  }
  // A table of the module itself, or null: get_factory() of the entry.
  virtual const void* table(const char* id) const = 0;
  // What the module itself says about a config that has passed the schema of `descriptor`
  // (limen_validate). Nothing when it did not answer by the deadline. On a control caller's thread.
  virtual std::optional<ConfigJudgement> judge(const DescriptorInfo& descriptor,
                                               const object::Document& config,
                                               ControlThread& control,
                                               base::Deadline deadline) const;
  // The descriptor of this kind: the one whose id is the module's name, or the only one of the
  // kind. Throws LoadError (descriptor).
  const DescriptorInfo& choose(Kind kind) const;

 protected:
  LoadedModule() = default;
};
using LoadedModulePtr = std::shared_ptr<const LoadedModule>;

class OpenModule;   // loader.cpp
class TrustedFile;  // trust.h

class Loader {
 public:
  // `folder` is the only one modules are loaded from.
  explicit Loader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  // `name` is a bare file name without ".so". A file that is loaded already is not loaded again,
  // but once for entries that pin it and once for those that do not. Throws LoadError.
  LoadedModulePtr load(const std::string& name, const Pins& pins = {});
  // Gate 0 alone, without opening the module: for reports that go on after a fault.
  void check_trust(const std::string& name, const Pins& pins) const;

 private:
  std::shared_ptr<OpenModule> loaded_from(const std::string& name, const TrustedFile& file,
                                          bool pinned);

  std::filesystem::path folder_;
  // By name and whether the config pins them, the newest last.
  std::map<std::pair<std::string, bool>, std::vector<std::shared_ptr<OpenModule>>> versions_;
  std::uint64_t last_serial_ = 0;
};

// The ids of the host tables this server offers to modules.
bool host_offers(std::string_view table_id);

}  // namespace limen::modules
