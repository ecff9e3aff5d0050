// Request bodies: read within the limit, decoded, checked, brought to the stored form.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/write_options.h"
#include "base/task.h"
#include "object/decode.h"
#include "validation/read_object.h"

namespace limen::api {

// The body's text. Throws 413 and the like.
base::Task<std::string> read_body(Call& call);

// Bodies longer than this are decoded away from the loop. YAML costs up to a microsecond a byte.
inline constexpr std::size_t kMaxInlineYaml = 16 * 1024;
inline constexpr std::size_t kMaxInlineBody = 256 * 1024;

// Decodes `text` as one object of `expected`; what strict validation objects to becomes warnings or
// a 400, as `options` say.
base::Task<object::Json> decode_body(Call& call, std::string_view text, BodyFormat format,
                                     validation::ExpectedKind expected,
                                     const WriteOptions& options);

// The same without any judgement: the body's value as it is. `kind` and `type` say what a protobuf
// body is. Throws ApiError 400.
base::Task<object::Json> decode_value(Call& call, std::string_view text, BodyFormat format,
                                      std::string_view kind, const catalog::Type* type);

// The body of a server-side apply: YAML, of which JSON is a part. Throws ApiError 400.
base::Task<object::Decoded> decode_configuration(Call& call, std::string_view text);

// What the call's resource is expected to be, in the version asked for.
validation::ExpectedKind expected_kind(const Call& call);

// From the served version to the stored one, with defaults. In place.
void store_form(const Call& call, object::Json& object);
// From the stored version to the served one, as a copy.
object::Json served_form(const Call& call, const object::Json& stored);

// Sets the object's namespace to the request's. Throws ApiError 400 when it names another.
void settle_namespace(const Call& call, object::Json& object);

}  // namespace limen::api
