// A YAML file of the server's own, as one document.
//
// Free functions; any thread.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>

#include "config/findings.h"

namespace limen::config {

// Reads a regular file of at most `limit` bytes. False with the reason in `why` otherwise.
bool read_file(const std::string& path, std::size_t limit, std::string& out, std::string& why);

// The one document of `text`; a null node when there is none. Nothing when it is not YAML or holds
// more than one, which is a finding.
std::optional<YAML::Node> parse_one(std::string_view text, Findings& findings);

}  // namespace limen::config
