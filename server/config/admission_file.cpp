#include "config/admission_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/strings.h"
#include "config/admission_payload.h"
#include "config/admission_plugins.h"
#include "config/findings.h"
#include "config/load.h"
#include "config/module_entries.h"
#include "config/yaml_file.h"
#include "config/yaml_values.h"

namespace limen::config {

namespace {

constexpr std::string_view kApiVersions[] = {"apiserver.config.k8s.io/v1",
                                             "apiserver.k8s.io/v1alpha1"};
constexpr std::string_view kKind = "AdmissionConfiguration";

void append(std::vector<Finding>& out, std::vector<Finding> more) {
  for (Finding& finding : more) out.push_back(std::move(finding));
}

class FileReader {
 public:
  FileReader(const AdmissionFile& file, std::vector<ModuleEntry>& admission,
             std::vector<std::string>& warnings)
      : file_(file), admission_(admission), warnings_(warnings), findings_(file.path) {}

  std::vector<Finding> take_findings() {
    std::vector<Finding> out = findings_.take();
    append(out, std::move(of_other_files_));
    return out;
  }

  void read() {
    std::string text, why;
    if (!read_file(file_.path, kMaxFileBytes, text, why)) return findings_.add(Position{}, "", why);
    const auto root = parse_one(text, findings_);
    if (!root) return;
    if (!root->IsMap()) {
      return findings_.add(
          position_of(*root), "",
          "must be a map that begins with apiVersion and kind, not " + std::string(kind_of(*root)));
    }
    const Items items = checked_items(findings_, *root, "", {"apiVersion", "kind", "plugins"});
    const bool versioned =
        std::any_of(std::begin(kApiVersions), std::end(kApiVersions),
                    [&](std::string_view known) { return is(items, "apiVersion", known); });
    if (!versioned) require(*root, items, "apiVersion", kApiVersions[0]);
    if (!is(items, "kind", kKind)) require(*root, items, "kind", kKind);
    for (const auto& [key, value] : items) {
      if (key == "plugins") plugins(value);
    }
  }

 private:
  static const YAML::Node* item(const Items& items, std::string_view key) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const auto& each) { return each.first == key; });
    return found == items.end() ? nullptr : &found->second;
  }
  static bool is(const Items& items, std::string_view key, std::string_view text) {
    const YAML::Node* value = item(items, key);
    return value != nullptr && value->IsScalar() && value->Scalar() == text;
  }
  void require(const YAML::Node& root, const Items& items, std::string_view key,
               std::string_view text) {
    const YAML::Node* value = item(items, key);
    if (value == nullptr) {
      findings_.add(position_of(root), key, "is missing", "it must be " + std::string(text));
    } else {
      findings_.add(position_of(*value), key, "must be " + std::string(text));
    }
  }

  void plugins(const YAML::Node& list) {
    if (list.IsNull()) return;
    if (!list.IsSequence()) {
      return findings_.add(position_of(list), "plugins",
                           "must be a list, not " + std::string(kind_of(list)));
    }
    std::size_t index = 0;
    for (const YAML::Node& each : list) {
      plugin(each, "plugins[" + std::to_string(index++) + ']');
    }
  }

  void plugin(const YAML::Node& node, const std::string& path) {
    if (!node.IsMap()) {
      return findings_.add(position_of(node), path,
                           "must be a map such as {name: PodSecurity, path: FILE}, not " +
                               std::string(kind_of(node)));
    }
    const Items items = checked_items(findings_, node, path, {"name", "path", "configuration"});
    const AdmissionPlugin* known = named(node, items, path);
    const YAML::Node* file = item(items, "path");
    const YAML::Node* own = item(items, "configuration");
    if (file != nullptr && file->IsScalar() && file->Scalar().empty()) file = nullptr;
    if (own != nullptr && own->IsNull()) own = nullptr;
    if (file != nullptr && own != nullptr) {
      return findings_.add(position_of(node), path, "path and configuration cannot both be given");
    }
    if (known == nullptr) return;
    const std::size_t before = findings_.size() + of_other_files_.size();
    ModuleEntry read;
    if (own != nullptr) {
      payload(*known, *own, findings_, path + ".configuration", file_.path, read);
    } else if (file != nullptr) {
      payload_file(*known, *file, path + ".path", read);
    }
    if (findings_.size() + of_other_files_.size() != before) return leave_out(*known);
    if (!read.config.is_null()) hand_over(*known, node, path, read);
  }

  // Without its config the module would only say what is found here already.
  void leave_out(const AdmissionPlugin& plugin) {
    std::erase_if(admission_, [&](const ModuleEntry& entry) {
      return entry.module == plugin.module && entry.config.is_null();
    });
  }

  const AdmissionPlugin* named(const YAML::Node& node, const Items& items,
                               const std::string& path) {
    const YAML::Node* name = item(items, "name");
    if (name == nullptr || !name->IsScalar()) {
      findings_.add(position_of(name == nullptr ? node : *name), path,
                    "needs the name of a plugin");
      return nullptr;
    }
    std::string problem = plugin_problem(name->Scalar());
    const AdmissionPlugin* plugin = plugin_named(name->Scalar());
    const bool twice =
        plugin != nullptr && std::find(seen_.begin(), seen_.end(), plugin) != seen_.end();
    if (problem.empty() && twice) problem = "duplicate name " + base::go_quote(name->Scalar());
    if (!problem.empty()) {
      findings_.add(position_of(*name), path + ".name", problem);
      return nullptr;
    }
    seen_.push_back(plugin);
    return plugin;
  }

  static void payload(const AdmissionPlugin& plugin, const YAML::Node& node, Findings& findings,
                      const std::string& path, const std::string& file, ModuleEntry& out) {
    if (!node.IsMap()) {
      return findings.add(position_of(node), path,
                          "must be a map, not " + std::string(kind_of(node)));
    }
    SubtreeReader reader(findings, path);
    out.position = position_of(node);
    out.config = reader.read(node);
    out.config_positions = reader.take_positions();
    out.config_file = file;
    unwrap_payload(plugin, findings, path, out);
  }

  void payload_file(const AdmissionPlugin& plugin, const YAML::Node& name, const std::string& path,
                    ModuleEntry& out) {
    if (!name.IsScalar()) {
      return findings_.add(position_of(name), path,
                           "must be the name of a file, not " + std::string(kind_of(name)));
    }
    const std::filesystem::path folder = std::filesystem::path(file_.path).parent_path();
    const std::string file = (folder / name.Scalar()).lexically_normal().string();
    std::string text, why;
    if (!read_file(file, kMaxFileBytes, text, why)) {
      return findings_.add(position_of(name), path, file + ": " + why);
    }
    Findings own(file);
    const auto root = parse_one(text, own);
    if (root && !root->IsNull()) payload(plugin, *root, own, "", file, out);
    append(of_other_files_, own.take());
  }

  // Every enforcing instance gets it; one in the shadow may have a config of its own to try.
  void hand_over(const AdmissionPlugin& plugin, const YAML::Node& node, const std::string& path,
                 const ModuleEntry& read) {
    bool taken = false;
    for (ModuleEntry& entry : admission_) {
      if (entry.module != plugin.module) continue;
      taken = true;
      if (!entry.config.is_null()) {
        if (entry.mode == Mode::shadow) continue;
        findings_.add(position_of(node), path,
                      std::string(plugin.name) + " has a config at " +
                          to_string(file_.server_file, entry.position_of("")) + " already",
                      "it can only have one");
        continue;
      }
      entry.config = read.config;
      entry.config_positions = read.config_positions;
      entry.config_file = read.config_file;
    }
    if (taken) return;
    warnings_.push_back(to_string(file_.path, position_of(node)) + ": " + path + ": " +
                        std::string(plugin.name) + " is not on: its configuration is not used");
  }

  const AdmissionFile& file_;
  std::vector<ModuleEntry>& admission_;
  std::vector<std::string>& warnings_;
  Findings findings_;
  std::vector<Finding> of_other_files_;
  std::vector<const AdmissionPlugin*> seen_;
};

}  // namespace

void read_admission_file(const AdmissionFile& file, std::vector<ModuleEntry>& admission,
                         std::vector<Finding>& findings, std::vector<std::string>& warnings) {
  FileReader reader(file, admission, warnings);
  reader.read();
  append(findings, reader.take_findings());
}

}  // namespace limen::config
