#include "api/body.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "api/record.h"
#include "api/strict_warnings.h"
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

namespace {

bool is_heavy(std::string_view text, BodyFormat format) {
  return text.size() > (format == BodyFormat::yaml ? kMaxInlineYaml : kMaxInlineBody);
}

// Runs `work` on a decoder's thread and comes back to the loop with what it returned or threw. What
// it refers to lives on the awaiting frame, which stays until then.
template <class Work, class Result = std::invoke_result_t<Work>>
base::Task<Result> beside_the_loop(Call& call, Work work) {
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr error;
  };
  const base::OneShot<Outcome> done(call.context.scope.loop);
  const bool taken = call.options.decoders->submit([done, &work](bool cancelled) {
    Outcome outcome;
    try {
      if (cancelled) throw base::ApiError::service_unavailable("the server is shutting down");
      outcome.result.emplace(work());
    } catch (...) {
      outcome.error = std::current_exception();
    }
    done.set(std::move(outcome));
  });
  if (!taken) throw base::ApiError::too_many_requests("too many large bodies wait to be read", 1);
  Outcome outcome = co_await done;
  if (outcome.error) std::rethrow_exception(outcome.error);
  co_return std::move(*outcome.result);
}

object::Json value_of(std::string_view text, BodyFormat format, std::string_view kind,
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

object::Decoded configuration_of(std::string_view text, std::size_t max_bytes) {
  object::DecodeLimits limits;
  limits.max_bytes = max_bytes;
  try {
    // What most clients send is JSON, which is faster to read; its repeated members are worded as
    // those of YAML.
    object::Decoded decoded = object::decode(text, object::Format::json, limits);
    if (decoded.duplicates.empty()) return decoded;
  } catch (const object::DecodeError&) {
  }
  try {
    return object::decode(text, object::Format::yaml, limits);
  } catch (const object::DecodeError& error) {
    throw base::ApiError::bad_request(std::string("error decoding YAML: ") + error.what());
  }
}

validation::ReadObject object_of(std::string_view text, BodyFormat format,
                                 const validation::ExpectedKind& expected,
                                 const WriteOptions& options, std::size_t max_bytes) {
  object::DecodeLimits limits;
  limits.max_bytes = max_bytes;
  std::string json;
  if (format == BodyFormat::protobuf) {
    // JSON takes more room than what was sent; that is within the limit already.
    json = object::to_json(value_of(text, format, expected.kind, expected.type));
    limits.max_bytes = std::max(limits.max_bytes, json.size());
    text = json;
  }
  const bool yaml = format == BodyFormat::yaml;
  return validation::read_object(text, yaml ? object::Format::yaml : object::Format::json, expected,
                                 options.validation, limits);
}

}  // namespace

base::Task<object::Json> decode_value(Call& call, std::string_view text, BodyFormat format,
                                      std::string_view kind, const catalog::Type* type) {
  const auto work = [&] { return value_of(text, format, kind, type); };
  object::Json value;
  if (call.options.decoders == nullptr || !is_heavy(text, format)) {
    value = work();
  } else {
    value = co_await beside_the_loop(call, work);
  }
  record_body(call, value);
  co_return value;
}

base::Task<object::Json> decode_body(Call& call, std::string_view text, BodyFormat format,
                                     validation::ExpectedKind expected,
                                     const WriteOptions& options) {
  if (expected.custom && format == BodyFormat::protobuf) {
    throw base::ApiError::unsupported_media_type(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml");
  }
  const auto work = [&] {
    return object_of(text, format, expected, options, call.options.max_body_bytes);
  };
  validation::ReadObject read;
  if (call.options.decoders == nullptr || !is_heavy(text, format)) {
    read = work();
  } else {
    read = co_await beside_the_loop(call, work);
  }
  warn_of_findings(call.context, std::move(read.warnings));
  record_object(call, read.object);
  co_return std::move(read.object);
}

base::Task<object::Decoded> decode_configuration(Call& call, std::string_view text) {
  const auto work = [&] { return configuration_of(text, call.options.max_body_bytes); };
  object::Decoded decoded;
  if (call.options.decoders == nullptr || !is_heavy(text, BodyFormat::yaml)) {
    decoded = work();
  } else {
    decoded = co_await beside_the_loop(call, work);
  }
  record_body(call, decoded.value);
  co_return decoded;
}

validation::ExpectedKind expected_kind(const Call& call) {
  return {call.resource.group, call.resource.version, call.resource.kind, call.resource.type,
          call.resource.custom};
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
