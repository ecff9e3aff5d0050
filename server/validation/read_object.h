// Reading a request body as one object of the kind a handler expects: decode, check apiVersion and
// kind, conform to the schema, and decide what unknown and duplicate fields mean.
// Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "object/decode.h"
#include "object/document.h"

namespace limen::validation {

// The fieldValidation parameter (KEP-2885).
enum class FieldValidation { ignore, warn, strict };

struct ExpectedKind {
  std::string_view group, version, kind;
  const catalog::Type* type = nullptr;  // null: any fields
  const catalog::CustomKind* custom = nullptr;
};

struct ReadObject {
  object::Json object;                // apiVersion and kind are set
  std::vector<std::string> warnings;  // for Warning headers: unknown and duplicate fields (warn)
};

// Throws ApiError 400 with kube-apiserver's texts. A body without apiVersion or kind gets the
// expected ones.
ReadObject read_object(std::string_view body, object::Format format, const ExpectedKind& expected,
                       FieldValidation mode, const object::DecodeLimits& limits = {});

// The same checks for an object made by a patch. Strict findings are returned, not thrown:
// `errors` are to be refused in strict mode, else they are warnings.
struct Typed {
  std::vector<std::string> strict_errors;  // unknown fields
  std::string error;                       // wrong type; empty when none
};
Typed conform_patched(object::Json& object, const ExpectedKind& expected);

// `strict decoding error: a, b`.
std::string strict_error_text(const std::vector<std::string>& findings);

}  // namespace limen::validation
