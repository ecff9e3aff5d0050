#include "validation/read_object.h"

#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"
#include "validation/custom/objects.h"
#include "validation/custom/read.h"
#include "validation/schema.h"

namespace limen::validation {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::size_t kSummaryBytes = 30;

// What a text that is no object looks like, in short.
std::string summarize(std::string_view body) {
  if (body.empty()) return "<empty>";
  const std::string_view head = body.substr(0, kSummaryBytes);
  std::string out;
  if (body[0] == '{') {
    out = head;
  } else {
    for (const char c : head) {
      const auto byte = static_cast<unsigned char>(c);
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  if (body.size() > kSummaryBytes) out += " ...";
  return out;
}

[[noreturn]] void unrecognized(const ExpectedKind& expected, std::string_view why,
                               std::string_view body) {
  throw ApiError::bad_request("the object provided is unrecognized (must be of type " +
                              std::string(expected.kind) + "): " + std::string(why) + " (" +
                              summarize(body) + ")");
}

std::string cannot_be_handled(std::string_view kind, std::string_view version,
                              const ExpectedKind& expected, std::string_view why) {
  return std::string(kind) + " in version " + base::go_quote(version) + " cannot be handled as a " +
         std::string(expected.kind) + ": " + std::string(why);
}

std::string value_kind(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  return "number";
}

object::Decoded decode_body(std::string_view body, object::Format format,
                            const ExpectedKind& expected, const object::DecodeLimits& limits) {
  try {
    return object::decode(body, format, limits);
  } catch (const object::DecodeError& error) {
    const std::string lead =
        format == object::Format::json ? "couldn't get version/kind; json parse error: " : "";
    unrecognized(expected, lead + error.what(), body);
  }
}

// apiVersion or kind must be text; what is missing or empty is what the handler expects.
std::string type_member(const Json& object, std::string_view key, std::string otherwise,
                        const ExpectedKind& expected, std::string_view body) {
  const Json* value = object::member(object, key);
  if (!value || value->is_null()) return otherwise;
  if (!value->is_string()) {
    unrecognized(expected,
                 "couldn't get version/kind; json parse error: json: cannot unmarshal " +
                     value_kind(*value) + " into Go struct field ." + std::string(key) +
                     " of type string",
                 body);
  }
  const std::string_view text(value->get_string());
  return text.empty() ? otherwise : std::string(text);
}

// Why an object of this kind is none of the expected one; empty when it is.
std::string kind_problem(std::string_view kind, std::string_view api_version,
                         const ExpectedKind& expected) {
  const std::string wanted = object::group_version(expected.group, expected.version);
  if (kind == expected.kind && api_version == wanted) return {};
  const object::GroupVersionParts parts = object::split_api_version(api_version);
  if (parts.version.find('/') != std::string_view::npos) {
    return "unexpected GroupVersion string: " + std::string(api_version);
  }
  if (!catalog::find_kind(parts.group, parts.version, kind)) {
    return "no kind " + base::go_quote(kind) + " is registered for version " +
           base::go_quote(api_version) + " in scheme \"pkg/api/legacyscheme/scheme.go:30\"";
  }
  const std::string_view package =
      expected.group.empty() ? "core" : expected.group.substr(0, expected.group.find('.'));
  return "converting (" + std::string(parts.version) + "." + std::string(kind) + ") to (" +
         std::string(package) + "." + std::string(expected.kind) + "): unknown conversion";
}

void check_kind(std::string_view kind, std::string_view api_version, const ExpectedKind& expected) {
  const std::string problem = kind_problem(kind, api_version, expected);
  if (problem.empty()) return;
  const object::GroupVersionParts parts = object::split_api_version(api_version);
  const bool no_version = parts.version.find('/') != std::string_view::npos;
  if (!no_version && kind == expected.kind &&
      catalog::find_kind(parts.group, parts.version, kind)) {
    throw ApiError::bad_request("the API version in the data (" + std::string(api_version) +
                                ") does not match the expected API version (" +
                                object::group_version(expected.group, expected.version) + ")");
  }
  throw ApiError::bad_request(
      cannot_be_handled(kind, no_version ? std::string_view() : parts.version, expected, problem));
}

}  // namespace

std::string strict_error_text(const std::vector<std::string>& findings) {
  return "strict decoding error: " + base::join(findings, ", ");
}

ReadObject read_object(std::string_view body, object::Format format, const ExpectedKind& expected,
                       FieldValidation mode, const object::DecodeLimits& limits) {
  object::Decoded decoded = decode_body(body, format, expected, limits);
  Json object = std::move(decoded.value);
  if (object.is_null()) object.emplace_object();  // null reads as an object without members
  if (!object.is_object()) {
    unrecognized(expected,
                 "couldn't get version/kind; json parse error: json: cannot unmarshal " +
                     value_kind(object) +
                     " into Go value of type struct { APIVersion string "
                     "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
                     "\"json:\\\"kind,omitempty\\\"\" }",
                 body);
  }
  if (expected.custom) {
    return read_custom(std::move(object), std::move(decoded.duplicates), expected, mode);
  }
  const std::string wanted_version = object::group_version(expected.group, expected.version);
  const std::string kind = type_member(object, "kind", std::string(expected.kind), expected, body);
  const std::string api_version = type_member(object, "apiVersion", wanted_version, expected, body);
  check_kind(kind, api_version, expected);

  std::vector<std::string> findings = std::move(decoded.duplicates);
  if (expected.type) {
    Conformance conformance = conform(object, *expected.type);
    if (!conformance.error.empty()) {
      throw ApiError::bad_request(
          cannot_be_handled(kind, expected.version, expected, conformance.error));
    }
    for (std::string& unknown : conformance.unknown) findings.push_back(std::move(unknown));
  }
  object::set_type(object, wanted_version, expected.kind);
  if (mode == FieldValidation::strict && !findings.empty()) {
    throw ApiError::bad_request(
        cannot_be_handled(kind, expected.version, expected, strict_error_text(findings)));
  }
  ReadObject out{std::move(object), {}};
  if (mode == FieldValidation::warn) out.warnings = std::move(findings);
  return out;
}

Typed conform_patched(Json& object, const ExpectedKind& expected) {
  if (expected.custom) {
    Conformance fits = conform_custom(object, *expected.custom);
    object::set_type(object, object::group_version(expected.group, expected.version),
                     expected.kind);
    return {std::move(fits.unknown), std::move(fits.error)};
  }
  const std::string wanted = object::group_version(expected.group, expected.version);
  const std::string_view kind = object::kind(object);
  const std::string_view api_version = object::api_version(object);
  std::string problem = kind_problem(kind.empty() ? expected.kind : kind,
                                     api_version.empty() ? wanted : api_version, expected);
  if (!problem.empty()) return {{}, std::move(problem)};
  Conformance conformance;
  if (expected.type) conformance = conform(object, *expected.type);
  if (conformance.error.empty()) object::set_type(object, wanted, expected.kind);
  return {std::move(conformance.unknown), std::move(conformance.error)};
}

}  // namespace limen::validation
