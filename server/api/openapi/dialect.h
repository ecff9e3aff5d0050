// Dialect: where OpenAPI 3.0 and Swagger 2.0 write the same fact differently. Constant data, any
// thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace limen::api {

enum class Dialect : std::uint8_t { swagger2, openapi3 };

// Where the schemas of named types live.
constexpr std::string_view reference_prefix(Dialect dialect) {
  return dialect == Dialect::openapi3 ? "#/components/schemas/" : "#/definitions/";
}

}  // namespace limen::api
