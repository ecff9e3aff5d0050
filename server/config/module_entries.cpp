#include "config/module_entries.h"

#include <algorithm>

#include "base/strings.h"
#include "base/time.h"
#include "config/admission_plugins.h"
#include "config/keys.h"
#include "config/options.h"
#include "config/yaml_values.h"
#include "object/quantity.h"

namespace limen::config {

namespace {

constexpr std::size_t kLongestName = 253;

bool is_label(std::string_view label) {
  const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (label.empty() || !inner(label.front()) || !inner(label.back())) return false;
  return std::all_of(label.begin(), label.end(), [&](char c) { return inner(c) || c == '-'; });
}

// A DNS subdomain (RFC 1123), as the names in Kubernetes' AuthorizationConfiguration are.
bool is_instance_name(std::string_view name) {
  if (name.size() > kLongestName) return false;
  for (std::size_t dot = 0; (dot = name.find('.')) != std::string_view::npos;) {
    if (!is_label(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return is_label(name);
}

// A file name and nothing else: the folder is modulePath, whatever the entry says.
bool is_module_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string_view list_name(ModuleList list) {
  switch (list) {
    case ModuleList::authenticators:
      return "authenticators";
    case ModuleList::authorizers:
      return "authorizers";
    case ModuleList::admission:
      return "admission";
  }
  return "";
}

void read_name(Findings& findings, const YAML::Node& node, const std::string& path,
               std::string& out) {
  if (!node.IsScalar() || !is_instance_name(node.Scalar())) {
    findings.add(
        position_of(node), path + ".name",
        "must be a DNS subdomain: at most 253 lower-case letters, digits, dashes and dots, with a "
        "letter or digit at each end and beside each dot");
    return;
  }
  out = node.Scalar();
}

void read_module(Findings& findings, const YAML::Node& node, const std::string& path,
                 std::string& out) {
  if (!node.IsScalar() || !is_module_name(node.Scalar())) {
    findings.add(position_of(node), path + ".module",
                 "must be the name of a file in modulePath, without folder and without .so");
    return;
  }
  out = node.Scalar();
  if (out.ends_with(".so")) out.resize(out.size() - 3);
}

void read_timeout(Findings& findings, const YAML::Node& node, const std::string& path,
                  Duration& out) {
  const auto value = node.IsScalar() ? base::parse_duration(node.Scalar()) : std::nullopt;
  if (!value) {
    findings.add(position_of(node), path + ".timeout", "must be a duration such as 2s or 500ms");
  } else if (*value < kMinModuleTimeout || *value > kMaxModuleTimeout) {
    findings.add(position_of(node), path + ".timeout",
                 node.Scalar() + " must be between 1ms and 5m");
  } else {
    out = *value;
  }
}

void read_max_calls(Findings& findings, const YAML::Node& node, const std::string& path,
                    std::int64_t& out) {
  const auto value = node.IsScalar() ? base::parse_int(node.Scalar()) : std::nullopt;
  if (!value) {
    findings.add(position_of(node), path + ".maxCalls", "must be an integer");
  } else if (*value < kMinModuleCalls || *value > kMaxModuleCalls) {
    findings.add(position_of(node), path + ".maxCalls",
                 node.Scalar() + " must be between " + std::to_string(kMinModuleCalls) + " and " +
                     std::to_string(kMaxModuleCalls));
  } else {
    out = *value;
  }
}

void read_sha256(Findings& findings, const YAML::Node& node, const std::string& path,
                 std::string& out) {
  const std::string text = node.IsScalar() ? base::to_lower(node.Scalar()) : std::string();
  const bool hex = text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (text.size() != 64 || !hex) {
    findings.add(position_of(node), path + ".sha256", "must be 64 hexadecimal digits");
    return;
  }
  out = text;
}

void read_isolation(Findings& findings, const YAML::Node& node, const std::string& path,
                    Isolation& out) {
  const std::string text = node.IsScalar() ? node.Scalar() : std::string();
  if (text == "process") {
    out = Isolation::process;
  } else if (text != "none") {
    findings.add(position_of(node), path + ".isolation", "must be none or process");
  }
}

constexpr std::int64_t kMinMemoryLimit = std::int64_t{32} << 20;
constexpr std::int64_t kMaxMemoryLimit = std::int64_t{64} << 30;

void read_memory_limit(Findings& findings, const YAML::Node& node, const std::string& path,
                       std::int64_t& out) {
  const auto value = node.IsScalar() ? object::Quantity::parse(node.Scalar()) : std::nullopt;
  if (!value) {
    findings.add(position_of(node), path + ".memoryLimit", "must be an amount such as 256Mi");
  } else if (value->value() < kMinMemoryLimit || value->value() > kMaxMemoryLimit) {
    findings.add(position_of(node), path + ".memoryLimit",
                 node.Scalar() + " must be between 32Mi and 64Gi");
  } else {
    out = value->value();
  }
}

void read_signed_by(Findings& findings, const YAML::Node& node, const std::string& path,
                    std::string& out) {
  if (node.IsScalar() && !node.Scalar().empty()) {
    out = node.Scalar();
  } else {
    findings.add(position_of(node), path + ".signedBy", "must be the name of one of moduleKeys");
  }
}

void read_encryption(Findings& findings, const YAML::Node& node, std::string& out) {
  if (node.IsNull()) return;
  if (!node.IsScalar() || node.Scalar().find('\0') != std::string::npos) {
    findings.add(position_of(node), "storage.encryption",
                 "must be the name of a file with an EncryptionConfiguration, not " +
                     std::string(kind_of(node)));
    return;
  }
  out = node.Scalar();
}

void read_failure_policy(Findings& findings, const YAML::Node& node, const std::string& path,
                         FailurePolicy& out) {
  const std::string text = node.IsScalar() ? node.Scalar() : std::string();
  if (text == "Fail") {
    out = FailurePolicy::fail;
  } else if (text == "Ignore") {
    out = FailurePolicy::ignore;
  } else {
    findings.add(position_of(node), path + ".failurePolicy", "must be Fail or Ignore");
  }
}

void read_mode(Findings& findings, const YAML::Node& node, const std::string& path, Mode& out) {
  const std::string text = node.IsScalar() ? node.Scalar() : std::string();
  if (text == "enforce") {
    out = Mode::enforce;
  } else if (text == "shadow") {
    out = Mode::shadow;
  } else {
    findings.add(position_of(node), path + ".mode", "must be enforce or shadow");
  }
}

void read_stale_reads(Findings& findings, const YAML::Node& node, const std::string& path,
                      bool& out) {
  const auto value = node.IsScalar() ? scalar_value(node) : std::nullopt;
  if (value && value->is_bool()) {
    out = value->get_bool();
  } else {
    findings.add(position_of(node), path + ".staleReads",
                 "must be true or false, not " + std::string(kind_of(node)));
  }
}

void read_config(Findings& findings, const YAML::Node& node, const std::string& path,
                 ModuleEntry& entry) {
  if (!node.IsMap() && !node.IsNull()) {
    findings.add(position_of(node), path + ".config",
                 "must be a map, not " + std::string(kind_of(node)));
    return;
  }
  SubtreeReader reader(findings, path + ".config");
  entry.config = reader.read(node);
  entry.config_positions = reader.take_positions();
}

// In the list of admission controllers a name of kube-apiserver's means our module, and names the
// instance like it.
void read_plugin_name(Findings& findings, const YAML::Node& node, const std::string& path,
                      std::string& out) {
  const std::string problem = plugin_problem(node.Scalar());
  if (problem.empty()) {
    out = plugin_named(node.Scalar())->module;
  } else {
    findings.add(position_of(node), path + ".name", problem);
  }
}

// Whether `name` stands for one of kube-apiserver's plugins, if only for one that is gone.
bool means_plugin(std::string_view name) {
  return is_plugin_like(name) && (plugin_named(name) != nullptr || is_removed_plugin(name));
}

const YAML::Node* item(const Items& items, std::string_view key) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& each) { return each.first == key; });
  return found == items.end() ? nullptr : &found->second;
}

// A capital in a name alone can only be meant as kube-apiserver's; beside a module it is a mistake.
bool is_plugin_name(const YAML::Node& name, const Items& items) {
  if (!name.IsScalar() || !is_plugin_like(name.Scalar())) return false;
  return item(items, "module") == nullptr || means_plugin(name.Scalar());
}

// What kube-apiserver's names and the table of its plugins leave to say about an entry. False: it
// has no name.
bool finish_admission_entry(Findings& findings, const std::string& path, const Items& items,
                            ModuleEntry& entry) {
  const YAML::Node* name = item(items, "name");
  if (means_plugin(entry.module)) {
    const std::string problem = plugin_problem(entry.module);
    if (!problem.empty()) {
      findings.add(position_of(*item(items, "module")), path + ".module", problem);
      return true;
    }
    entry.module = plugin_named(entry.module)->module;
  }
  if (entry.module.empty()) entry.module = entry.name;
  if (name != nullptr && is_plugin_name(*name, items) && entry.module != entry.name) {
    findings.add(position_of(*name), path + ".name",
                 base::go_quote(name->Scalar()) + " means the module " + entry.name,
                 "name an instance of another module without capitals");
  }
  const AdmissionPlugin* plugin = plugin_of_module(entry.module);
  if (plugin == nullptr) return name != nullptr;
  if (item(items, "timeout") == nullptr) entry.timeout = plugin->timeout;
  if (name == nullptr) entry.name = entry.module;
  return true;
}

void read_entry(Findings& findings, const YAML::Node& node, const std::string& path,
                const std::vector<std::string>& known, bool admission, ModuleEntry& entry) {
  entry.position = position_of(node);
  if (!node.IsMap()) {
    findings.add(entry.position, path,
                 "must be a map such as {name: x509}, not " + std::string(kind_of(node)));
    return;
  }
  bool named = false;
  const Items items = checked_items(findings, node, path, known);
  for (const auto& [key, value] : items) {
    if (key == "name") {
      named = true;
      if (admission && is_plugin_name(value, items)) {
        read_plugin_name(findings, value, path, entry.name);
      } else {
        read_name(findings, value, path, entry.name);
      }
    } else if (key == "module") {
      read_module(findings, value, path, entry.module);
    } else if (key == "timeout") {
      read_timeout(findings, value, path, entry.timeout);
    } else if (key == "maxCalls") {
      read_max_calls(findings, value, path, entry.max_calls);
    } else if (key == "sha256") {
      read_sha256(findings, value, path, entry.sha256);
    } else if (key == "isolation") {
      read_isolation(findings, value, path, entry.isolation);
    } else if (key == "memoryLimit") {
      read_memory_limit(findings, value, path, entry.memory_limit);
    } else if (key == "signedBy") {
      read_signed_by(findings, value, path, entry.signed_by);
    } else if (key == "failurePolicy") {
      read_failure_policy(findings, value, path, entry.failure_policy);
    } else if (key == "mode") {
      read_mode(findings, value, path, entry.mode);
    } else if (key == "staleReads") {
      read_stale_reads(findings, value, path, entry.stale_reads);
    } else if (key == "config") {
      read_config(findings, value, path, entry);
    }
  }
  if (entry.memory_limit != 0 && entry.isolation == Isolation::none) {
    findings.add(entry.position, path, "memoryLimit is for a module with isolation: process",
                 "one in the server shares the server's memory");
  }
  if (admission) named = finish_admission_entry(findings, path, items, entry);
  if (!named && path != "storage") findings.add(entry.position, path, "needs a name");
  if (entry.module.empty()) entry.module = entry.name;
}

}  // namespace

Items checked_items(Findings& findings, const YAML::Node& map, const std::string& path,
                    const std::vector<std::string>& known) {
  Items out;
  for (const auto& item : map) {
    if (!item.first.IsScalar()) {
      findings.add(position_of(item.first), path, "a key must be text");
      continue;
    }
    const std::string& key = item.first.Scalar();
    const bool seen =
        std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.first == key; });
    if (seen) {
      findings.add(position_of(item.first), path, "duplicate key " + base::go_quote(key));
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      findings.add(position_of(item.first), path,
                   "unknown key " + base::go_quote(key) + suggestion(key, known));
    } else {
      out.emplace_back(key, item.second);
    }
  }
  return out;
}

void read_module_list(Findings& findings, const YAML::Node& node, ModuleList list,
                      std::vector<ModuleEntry>& out, std::vector<Position>& broken) {
  const std::string name(list_name(list));
  if (node.IsNull()) return;  // a key with nothing behind it is an empty list
  if (!node.IsSequence()) {
    findings.add(position_of(node), name, "must be a list, not " + std::string(kind_of(node)));
    return;
  }
  const std::vector<std::string> known =
      keys_in(list == ModuleList::admission ? Map::admission_entry : Map::module_entry);
  std::size_t index = 0;
  for (const YAML::Node& item : node) {
    const std::string path = name + '[' + std::to_string(index++) + ']';
    const std::size_t before = findings.size();
    ModuleEntry entry;
    read_entry(findings, item, path, known, list == ModuleList::admission, entry);
    const auto twin = std::find_if(out.begin(), out.end(), [&](const ModuleEntry& other) {
      return !entry.name.empty() && other.name == entry.name;
    });
    if (twin != out.end()) {
      findings.add(entry.position, path,
                   "the name " + base::go_quote(entry.name) + " is taken by " + name + '[' +
                       std::to_string(twin - out.begin()) + "] on line " +
                       std::to_string(twin->position.line));
    }
    if (findings.size() != before) broken.push_back(entry.position);
    out.push_back(std::move(entry));
  }
}

void read_storage(Findings& findings, const YAML::Node& node, ModuleEntry& out,
                  std::string& encryption) {
  ModuleEntry entry;
  read_entry(findings, node, "storage", keys_in(Map::storage), false, entry);
  if (node.IsMap()) {
    const YAML::Node file = node["encryption"];
    if (file.IsDefined()) read_encryption(findings, file, encryption);
  }
  if (entry.module.empty()) entry.module = out.module;
  if (entry.name.empty()) entry.name = entry.module;
  // The default path belongs to the default driver; another one brings its own.
  if (entry.config.is_null() && entry.module == out.module) entry.config = out.config;
  out = std::move(entry);
}

}  // namespace limen::config
