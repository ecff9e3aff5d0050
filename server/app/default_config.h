// The configuration that `limen init` writes: the bundled modules in the order kube-apiserver uses
// them, over the files init has made.
#pragma once

#include <cstdint>
#include <string>

namespace limen::app {

struct DefaultConfig {
  std::string state;        // absolute
  std::string module_path;  // empty: left to the program
  std::string bind_address;
  std::uint16_t port = 6443;
  std::string url;  // how clients reach the server
};

std::string default_config_text(const DefaultConfig& config);

// The EncryptionConfiguration that it names, by state folder.
std::string encryption_file(const std::string& state);

}  // namespace limen::app
