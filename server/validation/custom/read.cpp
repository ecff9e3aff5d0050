#include "validation/custom/read.h"

#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "validation/custom/objects.h"

namespace limen::validation {

namespace {

using base::ApiError;

[[noreturn]] void refuse(const ExpectedKind& expected, std::string_view why) {
  throw ApiError::bad_request(std::string(expected.kind) + " in version " +
                              base::go_quote(expected.version) + " cannot be handled as a " +
                              std::string(expected.kind) + ": " + std::string(why));
}

// kube-apiserver decides on create and update in this order: the version of the data, then whether
// it is the kind that lives there.
void check_type(const Json& object, const ExpectedKind& expected) {
  const std::string_view kind = object::kind(object);
  const std::string_view api_version = object::api_version(object);
  for (const auto& [text, name] : {std::pair{kind, "Kind"}, std::pair{api_version, "apiVersion"}}) {
    if (text.empty()) {
      refuse(expected, "Object '" + std::string(name) + "' is missing in '" +
                           object::to_json(object).substr(0, 256) + "'");
    }
  }
  const std::string wanted = object::group_version(expected.group, expected.version);
  if (api_version != wanted) {
    throw ApiError::bad_request("the API version in the data (" + std::string(api_version) +
                                ") does not match the expected API version (" + wanted + ")");
  }
  if (kind != expected.kind) {
    throw ApiError::invalid(
        expected.group, expected.kind, object::name(object),
        {{"FieldValueInvalid",
          "Invalid value: " + base::go_quote(kind) + ": must be " + std::string(expected.kind),
          "kind"}});
  }
}

}  // namespace

ReadObject read_custom(Json object, std::vector<std::string> findings, const ExpectedKind& expected,
                       FieldValidation mode) {
  check_type(object, expected);
  Conformance fits = conform_custom(object, *expected.custom);
  if (!fits.error.empty()) refuse(expected, fits.error);
  findings.insert(findings.end(), fits.unknown.begin(), fits.unknown.end());
  if (mode == FieldValidation::strict && !findings.empty()) {
    refuse(expected, strict_error_text(findings));
  }
  ReadObject out{std::move(object), {}};
  if (mode == FieldValidation::warn) out.warnings = std::move(findings);
  return out;
}

}  // namespace limen::validation
