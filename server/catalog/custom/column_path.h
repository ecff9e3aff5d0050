// ColumnPath: the simple JSONPath of printer columns and selectable fields.
//
// `.spec.replicas`, `.metadata.labels['app']`, `.status.addresses[0].ip`, `.spec.items[*].name`,
// `.status.conditions[?(@.type=="Ready")].status`; braces round the whole are taken off. A value
// type, immutable once parsed; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"

namespace limen::catalog {

class ColumnPath {
 public:
  // Nothing when `text` is no such path.
  static std::optional<ColumnPath> parse(std::string_view text);

  // The first value it leads to, or null.
  const object::Json* find(const object::Json& value) const;
  // The names it goes by; empty when it does anything else than going from member to member.
  std::vector<std::string_view> names() const;

 private:
  enum class Kind : std::uint8_t { member, index, every, where };
  struct Step {
    Kind kind = Kind::member;
    std::string name;        // member; of the condition: dotted
    std::int64_t index = 0;  // negative: from the end
    std::string equals;      // where: the value as text
    bool negated = false;    // where: !=
  };
  static bool parse_brackets(std::string_view inside, Step& step);
  const object::Json* follow(const object::Json& value, std::size_t from) const;

  std::vector<Step> steps_;
};

}  // namespace limen::catalog
