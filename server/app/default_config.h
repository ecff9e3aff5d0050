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

}  // namespace limen::app
