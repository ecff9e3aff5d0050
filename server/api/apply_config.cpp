#include "api/apply_config.h"

#include <string>
#include <utility>

#include "api/body.h"
#include "api/strict_warnings.h"
#include "base/api_error.h"
#include "object/metadata.h"

namespace limen::api {

using base::ApiError;
using object::Json;
using validation::FieldValidation;

base::Task<Json> read_config(Call& call, std::string_view text, validation::ExpectedKind expected,
                             const WriteOptions& options) {
  object::Decoded decoded = co_await decode_configuration(call, text);
  Json config = std::move(decoded.value);
  if (config.is_null()) config.emplace_object();
  if (!config.is_object()) {
    throw ApiError::bad_request(
        "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
        "unmarshal " +
        std::string(config.is_array()    ? "array"
                    : config.is_string() ? "string"
                    : config.is_bool()   ? "bool"
                                         : "number") +
        " into Go value of type map[string]interface {}");
  }
  const std::string wanted = object::group_version(expected.group, expected.version);
  if (object::api_version(config) != wanted || object::kind(config) != expected.kind) {
    const object::GroupVersionParts parts = object::split_api_version(object::api_version(config));
    throw ApiError::bad_request("invalid object type: " + std::string(parts.group) + "/" +
                                std::string(parts.version) +
                                ", Kind=" + std::string(object::kind(config)));
  }
  if (decoded.duplicates.empty() || options.validation == FieldValidation::ignore) co_return config;
  if (options.validation == FieldValidation::strict) {
    throw ApiError::bad_request("error strict decoding YAML: " + decoded.duplicates.front());
  }
  warn_of_findings(call.context, std::move(decoded.duplicates));
  co_return config;
}

void conform_applied(Json& object, const validation::ExpectedKind& expected) {
  const validation::Typed typed = validation::conform_patched(object, expected);
  if (!typed.error.empty()) throw ApiError::bad_request(typed.error);
}

}  // namespace limen::api
