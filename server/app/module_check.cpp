#include "app/module_check.h"

#include <algorithm>
#include <set>

#include "app/config_check.h"
#include "app/module_isolation.h"
#include "app/module_specs.h"
#include "modules/load_error.h"
#include "modules/module_instance.h"
#include "modules/runtime.h"
#include "modules/self_lock.h"

namespace limen::app {

namespace {

using config::Finding;
using modules::Kind;

// An entry in both its forms.
struct Entry {
  Kind kind;
  const config::ModuleEntry& entry;
  const modules::ModuleSpec& spec;
};

std::string path_of(const Entry& one) {
  return std::string(kind_name(one.kind)) + " \"" + one.entry.name + "\"";
}

std::string inspect_hint(const Entry& one) {
  return "`limen modules inspect " + one.spec.module_name() + "` shows what it is and takes";
}

// The way out of a refusal stands behind its last colon; see modules/load_error.h.
void split_way_out(Finding& finding) {
  const std::size_t colon = finding.message.rfind(": ");
  if (colon == std::string::npos) return;
  finding.hint = finding.message.substr(colon + 2);
  finding.message.resize(colon);
}

// A fault inside a file that the module reads is told where it stands there.
void move_to_named_file(Finding& finding) {
  Finding named = finding_of(finding.message);
  if (named.file.empty()) return;
  named.hint =
      config::to_string(finding.file, finding.position) + ": " + finding.path + " names it";
  finding = std::move(named);
}

class Check {
 public:
  Check(const config::Loaded& loaded, std::vector<Finding>& findings)
      : configuration_(loaded.configuration), loaded_(loaded), findings_(findings) {}

  void run(std::vector<std::string>& warnings) {
    modules::RuntimeOptions options;
    options.folder = configuration_.module_path;
    options.isolate = module_isolation(configuration_);
    modules::Runtime runtime(options);
    const modules::GenerationSpec all = generation_spec(configuration_);
    const modules::GenerationSpec trusted = trusted_of(runtime.loader(), all);
    store(runtime.loader());
    try {
      // Made current, so that the runtime stops and destroys it with itself.
      runtime.activate(runtime.build(trusted));
      warnings = modules::self_locks(trusted, runtime.loader());
    } catch (const modules::LoadError& error) {
      one_by_one(runtime, trusted, error);
    }
  }

 private:
  using EntryList = std::vector<config::ModuleEntry> config::ServerConfiguration::*;
  using SpecList = std::vector<modules::ModuleSpec> modules::GenerationSpec::*;
  struct List {
    Kind kind;
    EntryList entries;
    SpecList specs;
  };
  static constexpr List kLists[] = {
      {Kind::authenticator, &config::ServerConfiguration::authenticators,
       &modules::GenerationSpec::authenticators},
      {Kind::authorizer, &config::ServerConfiguration::authorizers,
       &modules::GenerationSpec::authorizers},
      {Kind::admission, &config::ServerConfiguration::admission,
       &modules::GenerationSpec::admission}};

  // The entries whose files may be trusted; findings for the others.
  modules::GenerationSpec trusted_of(const modules::Loader& loader,
                                     const modules::GenerationSpec& all) {
    modules::GenerationSpec out;
    for (const List& list : kLists) {
      const auto& entries = configuration_.*list.entries;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const modules::ModuleSpec& spec = (all.*list.specs)[i];
        if (trusted(loader, {list.kind, entries[i], spec})) (out.*list.specs).push_back(spec);
      }
    }
    return out;
  }

  // A fault that several entries share is told at the first.
  bool trusted(const modules::Loader& loader, const Entry& one) {
    try {
      loader.check_trust(one.spec.module_name(), one.spec.pins);
      return true;
    } catch (const modules::LoadError& error) {
      if (told_.insert(error.what()).second) refused(one, error);
      return false;
    }
  }

  void store(modules::Loader& loader) {
    if (loaded_.about("storage")) return;
    const modules::ModuleSpec spec = store_spec(configuration_);
    const Entry one{Kind::store, configuration_.storage, spec};
    if (!trusted(loader, one)) return;
    try {
      loader.load(spec.module_name(), spec.pins)->choose(Kind::store);
    } catch (const modules::LoadError& error) {
      refused(one, error);
    }
  }

  // What each entry is refused for, taken alone: the first refusal of a whole must not hide the
  // others.
  void one_by_one(modules::Runtime& runtime, const modules::GenerationSpec& all,
                  const modules::LoadError& of_all) {
    bool refused_one = false;
    for (const List& list : kLists) {
      for (const modules::ModuleSpec& spec : all.*list.specs) {
        modules::GenerationSpec alone;
        (alone.*list.specs).push_back(spec);
        try {
          static_cast<void>(runtime.build(alone));
        } catch (const modules::LoadError& error) {
          refused_one = true;
          refused({list.kind, entry_of(list, spec), spec}, error);
        }
      }
    }
    runtime.discard();
    if (!refused_one) findings_.push_back(finding_of(of_all.what()));  // of the entries together
  }

  const config::ModuleEntry& entry_of(const List& list, const modules::ModuleSpec& spec) const {
    const auto& entries = configuration_.*list.entries;
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const config::ModuleEntry& entry) { return entry.name == spec.name; });
  }

  // A module whose config may stand in a file that cannot be read says nothing new without one.
  bool follows_from_admission_file(const Entry& one, const modules::LoadError& error) const {
    const std::string& file = configuration_.admission_config_file;
    return error.gate() == modules::Gate::config && one.kind == Kind::admission &&
           one.entry.config.is_null() && !file.empty() &&
           std::any_of(loaded_.findings.begin(), loaded_.findings.end(),
                       [&](const Finding& finding) { return finding.file == file; });
  }

  void refused(const Entry& one, const modules::LoadError& error) {
    if (follows_from_admission_file(one, error)) return;
    if (!error.findings().empty()) return config_refused(one, error);
    Finding finding = at(one, "");
    finding.file = configuration_.file;
    finding.position = one.entry.position;
    finding.message = error.what();
    const std::string label = modules::ModuleInstance::label(one.kind, one.spec) + ": ";
    if (finding.message.starts_with(label)) finding.message.erase(0, label.size());
    if (error.gate() == modules::Gate::start || error.gate() == modules::Gate::config) {
      finding.hint = inspect_hint(one);
      move_to_named_file(finding);
    } else {
      split_way_out(finding);
    }
    findings_.push_back(std::move(finding));
  }

  void config_refused(const Entry& one, const modules::LoadError& error) {
    for (const modules::ConfigFinding& each : error.findings()) {
      Finding finding = at(one, each.pointer);
      finding.path += ": config" + each.pointer;
      finding.message = each.message;
      const std::size_t known = finding.message.find("; known are ");
      if (known == std::string::npos) {
        finding.hint = inspect_hint(one);
      } else {
        finding.hint = finding.message.substr(known + 2);
        finding.message.resize(known);
      }
      move_to_named_file(finding);
      findings_.push_back(std::move(finding));
    }
  }

  Finding at(const Entry& one, const std::string& pointer) const {
    const std::string& file = one.entry.config_file;
    return {file.empty() ? configuration_.file : file,
            one.entry.position_of(pointer),
            path_of(one),
            {},
            {}};
  }

  const config::ServerConfiguration& configuration_;
  const config::Loaded& loaded_;
  std::vector<Finding>& findings_;
  std::set<std::string> told_;
};

}  // namespace

void check_modules(const config::Loaded& loaded, std::vector<Finding>& findings,
                   std::vector<std::string>& warnings) {
  if (loaded.about("modulePath")) return;
  Check(loaded, findings).run(warnings);
}

}  // namespace limen::app
