#include "config/load.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/strings.h"
#include "base/time.h"
#include "config/admission_chain.h"
#include "config/admission_file.h"
#include "config/admission_payload.h"
#include "config/findings.h"
#include "config/flags.h"
#include "config/inline_keys.h"
#include "config/keys.h"
#include "config/module_entries.h"
#include "config/module_keys.h"
#include "config/options.h"
#include "config/sni_certificates.h"
#include "config/yaml_file.h"
#include "config/yaml_values.h"

namespace limen::config {

namespace {

constexpr std::string_view kApiVersion = "config.limen.io/v1";
constexpr std::string_view kKind = "ServerConfiguration";

std::string duration_text(Duration value) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
  if (count % 3'600'000 == 0 && count != 0) return std::to_string(count / 3'600'000) + "h";
  if (count % 60'000 == 0 && count != 0) return std::to_string(count / 60'000) + "m";
  if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
  return std::to_string(count) + "ms";
}

// Reads one document into one configuration.
class Reader {
 public:
  Reader(ServerConfiguration& configuration, Findings& findings, const Known& known)
      : configuration_(configuration),
        findings_(findings),
        known_(known),
        options_(options_of(configuration)) {}

  void read(const YAML::Node& root) {
    if (!root.IsMap()) {
      findings_.add(
          position_of(root), "",
          "must be a map that begins with apiVersion and kind, not " + std::string(kind_of(root)));
      return;
    }
    std::vector<std::string> keys = keys_in(Map::top);
    for (const Option& option : options_) {
      if (option.section.empty()) keys.emplace_back(option.key);
    }
    const auto items = checked_items(findings_, root, "", keys);
    require_identity(root, items);
    for (const auto& [key, value] : items) dispatch(key, value);
  }

  // The chain of admission controllers, once all that is said of it was read.
  void finish_admission() {
    std::vector<ModuleEntry>& all = configuration_.admission;
    order_admission(admission_, findings_, all);
    for (ModuleEntry& entry : all) {
      const AdmissionPlugin* plugin = plugin_of_module(entry.module);
      if (plugin == nullptr) continue;
      const std::size_t before = findings_.size();
      unwrap_payload(*plugin, findings_, "admission." + entry.name + ".config", entry);
      if (findings_.size() != before) broken_.push_back(entry.position);
    }
  }

  // The keys that the entries name, which may stand below them.
  void finish_signatures() {
    give_module_keys(module_keys_, findings_, configuration_);
    for (const auto* list : module_lists()) {
      for (const ModuleEntry& entry : *list) {
        if (!entry.signed_by.empty() && entry.public_key.empty()) broken_.push_back(entry.position);
      }
    }
  }

  void refuse_keys_in_entries() {
    for (const auto* list : module_lists()) {
      for (const ModuleEntry& entry : *list) {
        const std::size_t before = findings_.size();
        refuse_inline_keys(entry, findings_);
        if (findings_.size() != before) broken_.push_back(entry.position);
      }
    }
    refuse_inline_keys(configuration_.storage, findings_);
  }

  // Takes the module entries out of the configuration that cannot be used as they are.
  void leave_out_broken() {
    const auto broken = [this](const ModuleEntry& entry) {
      return std::any_of(broken_.begin(), broken_.end(), [&](const Position& each) {
        return each.line == entry.position.line && each.column == entry.position.column;
      });
    };
    std::erase_if(configuration_.authenticators, broken);
    std::erase_if(configuration_.authorizers, broken);
    std::erase_if(configuration_.admission, broken);
  }

  std::map<std::string, Position, std::less<>> take_positions() { return std::move(positions_); }

  // Where an option stands, for checks that concern several.
  Position where(std::string_view path) const {
    const auto found = positions_.find(path);
    return found == positions_.end() ? Position{} : found->second;
  }

 private:
  std::array<const std::vector<ModuleEntry>*, 3> module_lists() const {
    return {&configuration_.authenticators, &configuration_.authorizers, &configuration_.admission};
  }

  void require_identity(const YAML::Node& root, const Items& items) {
    const std::pair<std::string_view, std::string_view> wanted[] = {{"apiVersion", kApiVersion},
                                                                    {"kind", kKind}};
    for (const auto& [key, text] : wanted) {
      const auto found = std::find_if(items.begin(), items.end(),
                                      [k = key](const auto& item) { return item.first == k; });
      if (found == items.end()) {
        findings_.add(position_of(root), key, "is missing", "it must be " + std::string(text));
      } else if (!found->second.IsScalar() || found->second.Scalar() != text) {
        findings_.add(position_of(found->second), key, "must be " + std::string(text));
      }
    }
  }

  void dispatch(const std::string& key, const YAML::Node& value) {
    if (key == "apiVersion" || key == "kind") return;
    if (std::find(std::begin(kSections), std::end(kSections), key) != std::end(kSections)) {
      return section(key, value);
    }
    if (key == "authenticators") {
      return read_module_list(findings_, value, ModuleList::authenticators,
                              configuration_.authenticators, broken_);
    }
    if (key == "authorizers") {
      return read_module_list(findings_, value, ModuleList::authorizers, configuration_.authorizers,
                              broken_);
    }
    if (key == "admissionPlugins") return read_admission_plugins(findings_, value, admission_);
    if (key == "admission") {
      admission_.list_given = true;
      return read_module_list(findings_, value, ModuleList::admission, configuration_.admission,
                              broken_);
    }
    if (key == "moduleKeys") return read_module_keys(findings_, value, module_keys_);
    if (key == "storage") {
      return read_storage(findings_, value, configuration_.storage,
                          configuration_.storage_encryption);
    }
  }

  void section(const std::string& name, const YAML::Node& node) {
    if (!node.IsMap()) {
      findings_.add(position_of(node), name, "must be a map, not " + std::string(kind_of(node)));
      return;
    }
    std::vector<std::string> keys;
    for (const Option& option : options_) {
      if (option.section == name) keys.emplace_back(option.key);
    }
    if (name == "secure") keys.emplace_back("sniCertificates");
    for (const auto& [key, value] : checked_items(findings_, node, name, keys)) {
      if (key == "sniCertificates") {
        read_sni_certificates(findings_, value, configuration_.secure.sni_certificates);
      }
      read_options(name, key, value);
    }
  }

  void read_options(const std::string& section, const std::string& key, const YAML::Node& node) {
    for (const Option& option : options_) {
      if (option.section == section && option.key == key) {
        read_option(option, section + '.' + key, node);
      }
    }
  }

  void read_option(const Option& option, const std::string& path, const YAML::Node& node) {
    positions_[path] = position_of(node);
    std::visit([&](const auto& target) { assign(target, path, node); }, option.target);
  }

  void wrong(const std::string& path, const YAML::Node& node, const std::string& what,
             std::string_view hint = {}) {
    findings_.add(position_of(node), path, what, hint);
  }

  void assign(const IntegerOption& target, const std::string& path, const YAML::Node& node) {
    const auto value = node.IsScalar() ? scalar_value(node) : std::nullopt;
    if (!value || !(value->is_int64() || value->is_uint64())) {
      return wrong(path, node, "must be a whole number, not " + std::string(kind_of(node)));
    }
    const bool fits =
        value->is_int64() && value->get_int64() >= target.min && value->get_int64() <= target.max;
    if (!fits) {
      return wrong(path, node,
                   node.Scalar() + " must be between " + std::to_string(target.min) + " and " +
                       std::to_string(target.max));
    }
    *target.value = value->get_int64();
  }

  void assign(const DurationOption& target, const std::string& path, const YAML::Node& node) {
    const auto value = node.IsScalar() ? base::parse_duration(node.Scalar()) : std::nullopt;
    if (!value) return wrong(path, node, "must be a duration such as 30s or 5m");
    if (*value < target.min || *value > target.max) {
      return wrong(path, node,
                   node.Scalar() + " must be between " + duration_text(target.min) + " and " +
                       duration_text(target.max));
    }
    *target.value = *value;
  }

  void assign(const BooleanOption& target, const std::string& path, const YAML::Node& node) {
    const auto value = node.IsScalar() ? scalar_value(node) : std::nullopt;
    if (!value || !value->is_bool()) {
      return wrong(path, node, "must be true or false, not " + std::string(kind_of(node)));
    }
    *target.value = value->get_bool();
  }

  void assign(const TextOption& target, const std::string& path, const YAML::Node& node) {
    // Scalars are taken as written: a folder called 2026 needs no quotes.
    if (!node.IsScalar()) {
      return wrong(path, node, "must be text, not " + std::string(kind_of(node)));
    }
    const std::string& text = node.Scalar();
    if (is_private_key(text)) return wrong(path, node, std::string(kInlineKey), kInlineKeyHint);
    if (text.find('\0') != std::string::npos) return wrong(path, node, "must not hold a NUL byte");
    const std::string problem = target.check(text);
    if (!problem.empty()) return wrong(path, node, base::go_quote(text) + ' ' + problem);
    *target.value = text;
  }

  void assign(const TextListOption& target, const std::string& path, const YAML::Node& node) {
    if (!node.IsSequence()) {
      return wrong(path, node, "must be a list, not " + std::string(kind_of(node)));
    }
    for (const YAML::Node& item : node) {
      const std::string problem = item.IsScalar() ? target.check(item.Scalar()) : "must be a word";
      if (!problem.empty()) {
        wrong(path, item, (item.IsScalar() ? base::go_quote(item.Scalar()) + ' ' : "") + problem);
      } else {
        target.value->push_back(item.Scalar());
      }
    }
  }

  void controllers(const YAML::Node& node) {
    if (!node.IsMap())
      return wrong("controllers", node,
                   "must be a map with the keys disabled, rootCAFile and eventTTL");
    for (const auto& [key, value] :
         checked_items(findings_, node, "controllers", keys_in(Map::controllers))) {
      if (key != "disabled") {
        read_options("controllers", key, value);
        continue;
      }
      if (!value.IsSequence()) {
        wrong("controllers." + key, value, "must be a list of names");
        continue;
      }
      for (const YAML::Node& item : value) disabled_controller(item);
    }
  }

  void disabled_controller(const YAML::Node& item) {
    const std::string path = "controllers.disabled";
    if (!item.IsScalar()) return wrong(path, item, "must be a list of names");
    const std::string& name = item.Scalar();
    const auto& known = known_.controllers;
    if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
      return wrong(path, item,
                   "there is no controller " + base::go_quote(name) + suggestion(name, known));
    }
    auto& disabled = configuration_.disabled_controllers;
    if (std::find(disabled.begin(), disabled.end(), name) != disabled.end()) {
      return wrong(path, item, "duplicate name " + base::go_quote(name));
    }
    disabled.push_back(name);
  }

  ServerConfiguration& configuration_;
  Findings& findings_;
  const Known& known_;
  AdmissionChoice admission_;
  ModuleKeys module_keys_;
  std::vector<Position> broken_;  // of module entries
  std::vector<Option> options_;
  std::map<std::string, Position, std::less<>> positions_;
};

// What no single option can tell, after file and flags.
void check_together(const ServerConfiguration& c, const Reader& reader, Findings& findings) {
  const bool audited = !c.audit.log_path.empty() || !c.audit_webhook.kubeconfig.empty();
  const bool audit_in_doubt = findings.about("audit.policyFile") ||
                              findings.about("audit.logPath") ||
                              findings.about("auditWebhook.kubeconfig");
  if (c.audit.policy_file.empty() == audited && !audit_in_doubt) {
    const char* const given = !audited                   ? "audit.policyFile"
                              : c.audit.log_path.empty() ? "auditWebhook.kubeconfig"
                                                         : "audit.logPath";
    findings.add(reader.where(given), "audit",
                 "policyFile says what is recorded, logPath or auditWebhook.kubeconfig where: give "
                 "both or none");
  }
  const auto one_alone = [&](const std::string& a, std::string_view path_a, const std::string& b,
                             std::string_view path_b) {
    return a.empty() != b.empty() && !findings.about(path_a) && !findings.about(path_b);
  };
  if (one_alone(c.secure.tls_cert_file, "secure.tlsCertFile", c.secure.tls_private_key_file,
                "secure.tlsPrivateKeyFile")) {
    findings.add(reader.where(c.secure.tls_cert_file.empty() ? "secure.tlsPrivateKeyFile"
                                                             : "secure.tlsCertFile"),
                 "secure", "tlsCertFile and tlsPrivateKeyFile must be given together");
  }
  if (one_alone(c.kubelets.client_certificate_file, "kubelet.clientCertificateFile",
                c.kubelets.client_key_file, "kubelet.clientKeyFile")) {
    findings.add(
        reader.where(c.kubelets.client_certificate_file.empty() ? "kubelet.clientKeyFile"
                                                                : "kubelet.clientCertificateFile"),
        "kubelet", "clientCertificateFile and clientKeyFile must be given together");
  }
  if (!c.local.enabled) return;
  if (!is_loopback_address(c.local.bind_address) && !c.local.allow_non_loopback) {
    findings.add(reader.where("local.bindAddress"), "local.bindAddress",
                 c.local.bind_address +
                     " is not a loopback address, and the local listener asks nobody who they are",
                 "set local.allowNonLoopback: true if that is meant");
  }
  const auto any = [](const std::string& address) {
    return address == "0.0.0.0" || address == "::";
  };
  const bool overlap = c.local.bind_address == c.secure.bind_address || any(c.local.bind_address) ||
                       any(c.secure.bind_address);
  if (c.local.port == c.secure.port && overlap) {
    findings.add(reader.where("local.port"), "local.port",
                 std::to_string(c.local.port) + " is the port of the secure listener already");
  }
}

// The file does not say what a flag has said.
void drop_overridden(const Flags& flags, std::map<std::string, Position, std::less<>>& positions) {
  const std::pair<const std::optional<std::string>&, const char*> all[] = {
      {flags.secure_port, "secure.port"},
      {flags.bind_address, "secure.bindAddress"},
      {flags.tls_cert_file, "secure.tlsCertFile"},
      {flags.tls_private_key_file, "secure.tlsPrivateKeyFile"},
      {flags.insecure_port, "local.port"},
      {flags.insecure_bind_address, "local.bindAddress"}};
  for (const auto& [flag, path] : all) {
    if (flag) positions.erase(path);
  }
}

}  // namespace

std::vector<std::string> Loaded::problems() const { return sentences(findings); }

bool Loaded::about(std::string_view path) const { return any_about(findings, path); }

Loaded load_text(std::string_view text, const std::string& name, const Flags& flags,
                 const Known& known) {
  Loaded loaded;
  loaded.configuration.file = name;
  Findings findings(name);
  Reader reader(loaded.configuration, findings, known);
  if (text.size() > kMaxFileBytes) {
    findings.add(Position{}, "", "is larger than " + std::to_string(kMaxFileBytes) + " bytes");
  } else if (const auto root = parse_one(text, findings)) {
    loaded.read = root->IsMap();
    reader.read(*root);
    reader.finish_admission();
    reader.finish_signatures();
  }
  apply_flags(flags, loaded.configuration, findings);
  reader.refuse_keys_in_entries();
  check_together(loaded.configuration, reader, findings);
  reader.leave_out_broken();
  loaded.findings = findings.take();
  loaded.positions = reader.take_positions();
  drop_overridden(flags, loaded.positions);
  ServerConfiguration& c = loaded.configuration;
  if (!c.admission_config_file.empty()) {
    read_admission_file({c.admission_config_file, c.file}, c.admission, loaded.findings,
                        loaded.warnings);
  }
  return loaded;
}

Loaded load_file(const std::string& path, const Flags& flags, const Known& known) {
  std::string text;
  std::string why;
  if (!read_file(path, kMaxFileBytes, text, why)) {
    Loaded loaded;
    loaded.configuration.file = path;
    loaded.findings.push_back({path, {}, {}, why, {}});
    return loaded;
  }
  return load_text(text, path, flags, known);
}

}  // namespace limen::config
