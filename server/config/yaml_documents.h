// Loading YAML of which nothing is known yet, without yaml-cpp's endless loop: where a document
// begins with what cannot begin one (a comma), its parser gives an empty document and stays where
// it is, and YAML::LoadAll collects those for ever.
//
// Thread rule: free functions, any thread.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace limen::config {

struct Documents {
  YAML::Node first;                  // null when there is none
  std::optional<YAML::Mark> second;  // where it begins, when there is one
};

// Throws YAML::Exception.
Documents load_documents(const std::string& text);

}  // namespace limen::config
