// Reading the lists of modules and the storage entry.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <utility>
#include <vector>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

using Items = std::vector<std::pair<std::string, YAML::Node>>;

// The items of a map, without those that are findings: doubled keys, keys that are not text, keys
// that are not among `known`.
Items checked_items(Findings& findings, const YAML::Node& map, const std::string& path,
                    const std::vector<std::string>& known);

enum class ModuleList { authenticators, authorizers, admission };

// `broken` gets the places of entries with a finding, which are in `out` too.
void read_module_list(Findings& findings, const YAML::Node& node, ModuleList list,
                      std::vector<ModuleEntry>& out, std::vector<Position>& broken);
// `encryption` gets the name of the EncryptionConfiguration, when there is one.
void read_storage(Findings& findings, const YAML::Node& node, ModuleEntry& out,
                  std::string& encryption);

}  // namespace limen::config
