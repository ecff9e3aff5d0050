// A schema and a value: two lines of JSON. Compiling, pruning, defaulting and checking must end in
// bounded time, and what was pruned and defaulted once stays as it is.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalog/custom/schema.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "validation/custom/objects.h"
#include "validation/kinds/rules.h"

using limen::object::Json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  Json schema, value;
  try {
    schema = limen::object::decode(text.substr(0, line), limen::object::Format::json).value;
    value = limen::object::decode(text.substr(line + 1), limen::object::Format::json).value;
  } catch (const limen::object::DecodeError&) {
    return 0;
  }
  limen::validation::Causes problems;
  limen::validation::kinds::check_custom_schema(schema, limen::object::FieldPath("schema"),
                                                problems);
  const bool sound = problems.empty();
  const limen::catalog::Schema compiled = limen::catalog::compile_schema(schema);
  limen::validation::prune_value(value, compiled);
  limen::validation::default_value(value, compiled);
  if (sound) {
    const std::string once = limen::object::to_json(value);
    limen::validation::prune_value(value, compiled);
    limen::validation::default_value(value, compiled);
    if (limen::object::to_json(value) != once) std::abort();
  }
  limen::validation::Causes causes;
  limen::validation::check_value(value, nullptr, compiled, "value", causes);
  limen::validation::check_lists(value, compiled, "value", causes);
  limen::validation::check_embedded(value, compiled, "value", causes);
  return 0;
}
