#include "config/admission_chain.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "config/keys.h"
#include "config/module_entries.h"
#include "config/yaml_values.h"

namespace limen::config {

namespace {

constexpr std::string_view kPath = "admissionPlugins";
constexpr std::string_view kBehindOthers = "ResourceQuota";

using Named = AdmissionChoice::Named;

const Named* find(const std::vector<Named>& list, const AdmissionPlugin& plugin) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Named& each) { return each.plugin == &plugin; });
  return found == list.end() ? nullptr : &*found;
}

// Switching off what is not there is no mistake: kube-apiserver's flags name such plugins.
std::string why_not(const std::string& name, bool disable) {
  const AdmissionPlugin* plugin = plugin_named(name);
  return disable && plugin != nullptr ? std::string() : plugin_problem(name);
}

void read_names(Findings& findings, const YAML::Node& node, const std::string& path, bool disable,
                std::vector<Named>& out) {
  if (node.IsNull()) return;
  if (!node.IsSequence()) {
    findings.add(position_of(node), path,
                 "must be a list of names, not " + std::string(kind_of(node)));
    return;
  }
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) {
      findings.add(position_of(item), path, "must be a list of names");
      continue;
    }
    const std::string& name = item.Scalar();
    std::string problem = why_not(name, disable);
    const AdmissionPlugin* plugin = plugin_named(name);
    if (problem.empty() && find(out, *plugin) != nullptr) {
      problem = "duplicate name " + base::go_quote(name);
    }
    if (problem.empty()) {
      out.push_back({plugin, position_of(item)});
    } else {
      findings.add(position_of(item), path, problem);
    }
  }
}

// Puts the chain together, in one pass over kube-apiserver's order.
class Chain {
 public:
  Chain(const AdmissionChoice& choice, Findings& findings, std::vector<ModuleEntry> given)
      : choice_(choice), findings_(findings), given_(std::move(given)) {}

  std::vector<ModuleEntry> take() {
    for (const AdmissionPlugin& plugin : admission_plugins()) {
      if (plugin.name == kBehindOthers) add_others();
      if (!plugin.module.empty()) add(plugin);
    }
    return std::move(out_);
  }

 private:
  void add(const AdmissionPlugin& plugin) {
    bool replaced = false;
    for (std::size_t i = 0; i < given_.size(); ++i) {
      if (given_[i].module != plugin.module || given_[i].mode != Mode::enforce) continue;
      refuse_disabled(plugin, i);
      replaced = true;
      out_.push_back(given_[i]);
    }
    const Named* enabled = find(choice_.enabled, plugin);
    const bool on = enabled != nullptr || (plugin.on_by_default() && !is_disabled(plugin));
    if (on && !replaced) {
      add_plain(plugin, enabled == nullptr ? choice_.position : enabled->position);
    }
    for (const ModuleEntry& entry : given_) {
      if (entry.module == plugin.module && entry.mode == Mode::shadow) out_.push_back(entry);
    }
  }

  void add_plain(const AdmissionPlugin& plugin, const Position& position) {
    ModuleEntry entry;
    entry.name = plugin.module;
    entry.module = plugin.module;
    entry.timeout = plugin.timeout;
    entry.position = position;
    for (std::size_t i = 0; i < given_.size(); ++i) {
      if (given_[i].name != entry.name) continue;
      findings_.add(given_[i].position, path_of(i),
                    "the name " + base::go_quote(entry.name) + " is that of the plugin " +
                        std::string(plugin.name) + ", which is on",
                    "choose another");
    }
    out_.push_back(std::move(entry));
  }

  void add_others() {
    for (const ModuleEntry& entry : given_) {
      if (plugin_of_module(entry.module) == nullptr) out_.push_back(entry);
    }
  }

  bool is_disabled(const AdmissionPlugin& plugin) const {
    return find(choice_.disabled, plugin) != nullptr;
  }

  void refuse_disabled(const AdmissionPlugin& plugin, std::size_t index) {
    const Named* disabled = find(choice_.disabled, plugin);
    if (disabled == nullptr) return;
    findings_.add(given_[index].position, path_of(index),
                  std::string(plugin.name) + " is disabled by admissionPlugins.disable on line " +
                      std::to_string(disabled->position.line));
  }

  static std::string path_of(std::size_t index) {
    return "admission[" + std::to_string(index) + ']';
  }

  const AdmissionChoice& choice_;
  Findings& findings_;
  const std::vector<ModuleEntry> given_;
  std::vector<ModuleEntry> out_;
};

}  // namespace

void read_admission_plugins(Findings& findings, const YAML::Node& node, AdmissionChoice& out) {
  out.plugins_given = true;
  out.position = position_of(node);
  const std::string path(kPath);
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    findings.add(
        out.position, path,
        "must be a map with the keys enable and disable, not " + std::string(kind_of(node)));
    return;
  }
  for (const auto& [key, value] :
       checked_items(findings, node, path, keys_in(Map::admission_plugins))) {
    const bool disable = key == "disable";
    read_names(findings, value, path + '.' + key, disable, disable ? out.disabled : out.enabled);
  }
  for (const Named& each : out.disabled) {
    const Named* twin = find(out.enabled, *each.plugin);
    if (twin == nullptr) continue;
    findings.add(each.position, path + ".disable",
                 std::string(each.plugin->name) + " is enabled on line " +
                     std::to_string(twin->position.line) + " too",
                 "it can only be one of both");
  }
}

void order_admission(const AdmissionChoice& choice, Findings& findings,
                     std::vector<ModuleEntry>& admission) {
  if (choice.list_given && !choice.plugins_given) return;
  admission = Chain(choice, findings, std::move(admission)).take();
}

}  // namespace limen::config
