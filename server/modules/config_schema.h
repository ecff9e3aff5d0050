// ConfigSchema: the part of JSON Schema that describes a module's configuration.
//
// A descriptor carries a schema as text; the host checks a configuration against it before the
// module sees it, and fills in defaults, so that a module reads values and never judges types.
// Supported keywords: type (a name or a list of names), properties, required, additionalProperties
// (a boolean or a schema; false unless said, so an unknown key is an error), items, enum, const,
// minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, minItems, maxItems,
// uniqueItems, pattern (RE2, unanchored), default; title, description, examples, $schema and
// $comment say nothing to the check. Any other keyword makes the schema refused: a rule that is not
// enforced must not look as if it were.
// Thread rule: immutable once parsed, any thread.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limen::modules {

// What is wrong with a configuration, and where: an RFC 6901 pointer, "" for the whole.
struct ConfigFinding {
  std::string pointer;
  std::string message;
};

// The schema itself cannot be used; what() says where and why.
class SchemaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ConfigSchema {
 public:
  // Schemas nested deeper than this are refused.
  static constexpr int kMaxDepth = 32;

  // Reads a schema. Throws SchemaError.
  static ConfigSchema parse(std::string_view text);

  // Fills defaults into `config` and checks it. Empty: all is well. A finding stands once for each
  // thing that is wrong, in document order. Values are never quoted: a config may hold secrets.
  std::vector<ConfigFinding> check(boost::json::value& config) const;

  class Rule;

 private:
  explicit ConfigSchema(std::shared_ptr<const Rule> root) : root_(std::move(root)) {}
  std::shared_ptr<const Rule> root_;
};

}  // namespace limen::modules
