// Any text as the JSONPath of a printer column, followed into any JSON: refused, or followed to a
// value that is within. The path is the first line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalog/custom/column_path.h"
#include "object/decode.h"

namespace {

using limen::object::Json;

bool holds(const Json& value, const Json* searched) {
  if (&value == searched) return true;
  if (value.is_array()) {
    for (const Json& one : value.get_array())
      if (holds(one, searched)) return true;
  } else if (value.is_object()) {
    for (const auto& entry : value.get_object())
      if (holds(entry.value(), searched)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const auto path = limen::catalog::ColumnPath::parse(text.substr(0, line));
  if (!path || line == std::string_view::npos) return 0;
  Json value;
  try {
    value = limen::object::decode(text.substr(line + 1), limen::object::Format::json).value;
  } catch (const limen::object::DecodeError&) {
    return 0;
  }
  const Json* found = path->find(value);
  if (found && !holds(value, found)) std::abort();
  // A path of names alone leads where the names lead.
  const auto names = path->names();
  if (names.empty()) return 0;
  const Json* step = &value;
  for (const std::string_view name : names) {
    const auto* object = step ? step->if_object() : nullptr;
    step = object ? object->if_contains({name.data(), name.size()}) : nullptr;
  }
  if (step != found) std::abort();
  return 0;
}

#include "replay_main.h"
