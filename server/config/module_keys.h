// moduleKeys: the keys that may sign modules, by name. An entry says with signedBy which of them
// must have signed its file.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

using ModuleKeys = std::map<std::string, std::string, std::less<>>;  // raw 32 bytes by name

// The ed25519 public key (RFC 8410) in a PEM block, or in base64 of the same without its two lines.
// Nothing for everything else.
std::optional<std::string> ed25519_key(std::string_view text);

void read_module_keys(Findings& findings, const YAML::Node& node, ModuleKeys& out);

// Puts the key into every entry that names one; a name without a key is a finding.
void give_module_keys(const ModuleKeys& keys, Findings& findings, ServerConfiguration& out);

}  // namespace limen::config
