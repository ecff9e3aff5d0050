// The query and path parameters of operations. Constant data, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/openapi/dialect.h"

namespace limen::api {

struct Parameter {
  std::string_view name;
  std::string_view in;     // "query" or "path"
  std::string_view type;   // string, boolean, integer
  std::string_view about;  // one sentence
  bool unique_items = false;
};

// What an operation takes besides its path and body.
enum class ParameterSet : std::uint8_t { none, list, write, patch, remove, remove_collection };

std::span<const Parameter> parameters_of(ParameterSet set);
extern const Parameter kNamespaceParameter, kNameParameter, kPrettyParameter;

// One parameter as JSON text, without a comma.
void append_parameter(std::string& out, const Parameter& parameter, Dialect dialect);

}  // namespace limen::api
