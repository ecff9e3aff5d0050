#include "api/body.h"

#include <algorithm>
#include <utility>

#include "base/api_error.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "validation/defaults.h"
#include "validation/protobuf/decode.h"
#include "validation/schema.h"

namespace limen::api {

base::Task<std::string> read_body(Call& call) {
  std::string text = co_await call.context.read_body(call.options.max_body_bytes);
  co_return text;
}

object::Json decode_value(std::string_view text, BodyFormat format, std::string_view kind,
                          const catalog::Type* type) {
  namespace protobuf = validation::protobuf;
  try {
    if (format == BodyFormat::protobuf) return protobuf::decode_body(text, kind, type);
    const bool yaml = format == BodyFormat::yaml;
    return object::decode(text, yaml ? object::Format::yaml : object::Format::json).value;
  } catch (const object::DecodeError& error) {
    throw base::ApiError::bad_request(error.what());
  } catch (const protobuf::WireError& error) {
    throw base::ApiError::bad_request(error.what());
  }
}

object::Json decode_body(Call& call, std::string_view text, BodyFormat format,
                         const validation::ExpectedKind& expected, const WriteOptions& options) {
  object::DecodeLimits limits;
  limits.max_bytes = call.options.max_body_bytes;
  std::string json;
  if (format == BodyFormat::protobuf) {
    // JSON takes more room than what was sent; that is within the limit already.
    json = object::to_json(decode_value(text, format, expected.kind, expected.type));
    limits.max_bytes = std::max(limits.max_bytes, json.size());
    text = json;
  }
  const bool yaml = format == BodyFormat::yaml;
  validation::ReadObject read =
      validation::read_object(text, yaml ? object::Format::yaml : object::Format::json, expected,
                              options.validation, limits);
  for (std::string& warning : read.warnings) call.context.warn(std::move(warning));
  return std::move(read.object);
}

validation::ExpectedKind expected_kind(const Call& call) {
  return {call.resource.group, call.resource.version, call.resource.kind, call.resource.type};
}

void store_form(const Call& call, object::Json& object) {
  const catalog::Resource& stored = registry::storage_resource(call.resource);
  if (registry::difference(call.resource) != registry::Difference::none) {
    registry::to_stored(call.resource, object);
    if (stored.type && registry::difference(call.resource) == registry::Difference::shape) {
      const validation::Conformance fits = validation::conform(object, *stored.type);
      if (!fits.error.empty()) throw base::ApiError::bad_request(fits.error);
    }
  }
  validation::apply_defaults(stored, object);
}

object::Json served_form(const Call& call, const object::Json& stored) {
  object::Json served = object::mutable_copy(stored);
  registry::to_served(call.resource, served);
  return served;
}

void settle_namespace(const Call& call, object::Json& object) {
  const std::string_view requested = call.ns();
  const std::string_view own = object::ns(object);
  if (own == requested) return;
  if (!own.empty() && !requested.empty()) {
    throw base::ApiError::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request");
  }
  object::set_metadata(object, "namespace", requested);
}

}  // namespace limen::api
