// ConfigSchema::Rule: one schema object in compiled form. Inside this room only.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/config_schema.h"

namespace limen::modules {

// Bits of the types a value may have; "number" allows integers too.
enum SchemaType : unsigned {
  kNullType = 1,
  kBooleanType = 2,
  kIntegerType = 4,
  kNumberType = 8,
  kStringType = 16,
  kArrayType = 32,
  kObjectType = 64,
};

class ConfigSchema::Rule {
 public:
  using RulePtr = std::unique_ptr<const Rule>;

  unsigned types = 0;                       // 0: any
  std::vector<boost::json::value> allowed;  // enum or const; empty: any
  std::optional<double> minimum, maximum, exclusive_minimum, exclusive_maximum;
  std::optional<std::uint64_t> min_length, max_length, min_items, max_items;
  bool unique_items = false;
  std::string pattern_text;
  std::unique_ptr<const re2::RE2> pattern;
  RulePtr items;
  std::map<std::string, RulePtr, std::less<>> properties;
  std::vector<std::string> required;
  bool additional_allowed = false;
  RulePtr additional;  // null: see additional_allowed
  std::optional<boost::json::value> default_value;

  void check(boost::json::value& value, const std::string& pointer,
             std::vector<ConfigFinding>& findings) const;

 private:
  void check_number(double number, const std::string& pointer,
                    std::vector<ConfigFinding>& findings) const;
  void check_string(std::string_view text, const std::string& pointer,
                    std::vector<ConfigFinding>& findings) const;
  void check_array(boost::json::array& array, const std::string& pointer,
                   std::vector<ConfigFinding>& findings) const;
  void check_object(boost::json::object& object, const std::string& pointer,
                    std::vector<ConfigFinding>& findings) const;
};

// "string, number": the names of the types in `types`, for messages.
std::string type_names(unsigned types);

}  // namespace limen::modules
