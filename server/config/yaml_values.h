// From yaml-cpp's nodes to our values, with the places they came from.
//
// YAML 1.2's core schema: true and false, null, decimal, 0x and 0o integers, floats; everything
// else, and everything quoted, is text. `yes` and `on` are text: what looks like a boolean in one
// YAML and not in another is better refused where a boolean is wanted than guessed.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

Position position_of(const YAML::Node& node);
Position position_of(const YAML::Mark& mark);

// The JSON value of a scalar; nothing when it carries a tag that is not one of JSON's types.
std::optional<object::Json> scalar_value(const YAML::Node& node);

// "a list", "a map", "text", "a number", "true or false", "nothing": for messages.
std::string_view kind_of(const YAML::Node& node);

// Turns a subtree into JSON and notes where each value stands. Doubled keys, keys that are not
// text, foreign tags, and more depth or values than load.h allows become findings.
class SubtreeReader {
 public:
  SubtreeReader(Findings& findings, std::string path)
      : findings_(findings), path_(std::move(path)) {}
  object::Json read(const YAML::Node& node);
  std::vector<std::pair<std::string, Position>> take_positions() { return std::move(positions_); }

 private:
  object::Json value(const YAML::Node& node, const std::string& pointer, std::size_t depth);
  object::Json map(const YAML::Node& node, const std::string& pointer, std::size_t depth);

  Findings& findings_;
  std::string path_;
  std::vector<std::pair<std::string, Position>> positions_;
  std::size_t values_ = 0;
  bool stopped_ = false;
};

}  // namespace limen::config
