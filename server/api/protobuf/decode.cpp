#include "api/protobuf/decode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <string>
#include <utility>

#include "api/protobuf/embedded.h"
#include "base/strings.h"
#include "base/time.h"

namespace limen::api::protobuf {

namespace {

using catalog::Field;
using catalog::Scalar;
using catalog::Shape;
using catalog::Type;
using object::Json;
using Form = WireField::Form;

constexpr std::string_view kMagic("k8s\0", 4);

// Go writes a plain (not a pointer) member even when it is zero, which JSON leaves out. Zero is
// therefore nothing, but for these: pointers whose zero says something else than their absence.
constexpr std::array<std::string_view, 39> kMeaningfulZeros = {
    "activeDeadlineSeconds",
    "allocateLoadBalancerNodePorts",
    "allowPrivilegeEscalation",
    "attachRequired",
    "automountServiceAccountToken",
    "backoffLimit",
    "backoffLimitPerIndex",
    "blockOwnerDeletion",
    "completions",
    "controller",
    "defaultMode",
    "deletionGracePeriodSeconds",
    "enableServiceLinks",
    "failedJobsHistoryLimit",
    "fsGroup",
    "gracePeriodSeconds",
    "hostUsers",
    "maxFailedIndexes",
    "minReplicas",
    "mode",
    "orphanDependents",
    "parallelism",
    "progressDeadlineSeconds",
    "ready",
    "replicas",
    "revisionHistoryLimit",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "serving",
    "stabilizationWindowSeconds",
    "startingDeadlineSeconds",
    "storageCapacity",
    "storageClassName",
    "successfulJobsHistoryLimit",
    "terminating",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
    "ttlSecondsAfterFinished",
};

// Zero of an int-or-string is a number of its own (maxUnavailable: 0), except for the one that is
// no pointer and has a default.
bool keeps_zero(const Field& field) {
  if (field.named) return field.name != "targetPort";
  if (field.required && field.scalar != Scalar::string) return true;
  return std::binary_search(kMeaningfulZeros.begin(), kMeaningfulZeros.end(), field.name);
}

void want(const WireField& field, Form form) {
  if (field.form != form) {
    throw WireError("proto: wrong wireType for field " + std::to_string(field.number));
  }
}

std::string_view text_of(const WireField& field) {
  want(field, Form::bytes);
  if (!base::is_valid_utf8(field.bytes)) throw WireError("proto: invalid UTF-8 in a string");
  return field.bytes;
}

Json text(std::string_view value) { return boost::json::string(value.data(), value.size()); }

// The one bytes field numbered 1 of a small message: Quantity, RawExtension, FieldsV1, JSON.
std::string_view only_bytes(std::string_view message) {
  WireReader reader(message);
  WireField field;
  std::string_view found;
  while (reader.next(field)) {
    if (field.number == 1 && field.form == Form::bytes) found = field.bytes;
  }
  return found;
}

Json parse_raw(std::string_view raw) {
  if (raw.empty()) return nullptr;
  boost::system::error_code error;
  Json value = boost::json::parse(boost::json::string_view(raw.data(), raw.size()), error);
  if (error) throw WireError("embedded JSON is malformed");
  return value;
}

// Time and MicroTime: seconds and nanoseconds since 1970; an empty message is no time.
Json time_value(std::string_view message, bool micro) {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  if (message.empty()) return nullptr;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1) seconds = static_cast<std::int64_t>(field.number_value);
    if (field.number == 2) nanos = static_cast<std::int32_t>(field.number_value);
  }
  constexpr std::int64_t kFirst = -62135596800;  // year 1
  constexpr std::int64_t kLast = 253402300799;   // year 9999
  // The clock's own range is narrower than the API's.
  constexpr std::int64_t kClock = 9'000'000'000;
  if (seconds < kFirst || seconds > kLast || seconds < -kClock || seconds > kClock || nanos < 0 ||
      nanos > 999'999'999) {
    throw WireError("a time is out of range");
  }
  const base::SystemTime when{std::chrono::duration_cast<base::SystemTime::duration>(
      std::chrono::seconds(seconds) + std::chrono::nanoseconds(micro ? nanos : 0))};
  return text(micro ? base::format_micro_time(when) : base::format_time(when));
}

Json int_or_string(std::string_view message) {
  std::uint64_t type = 0;
  std::int32_t number = 0;
  std::string_view string;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1) type = field.number_value;
    if (field.number == 2) number = static_cast<std::int32_t>(field.number_value);
    if (field.number == 3) string = text_of(field);
  }
  return type == 1 ? text(string) : Json(number);
}

Json message_value(std::string_view message, const Type& type, int depth);

// apiextensions' unions of a schema and something simpler.
Json schema_union(std::string_view message, std::string_view name, int depth) {
  const Type* schema = catalog::find_type(
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  if (!schema) return nullptr;
  const bool or_bool = name.ends_with("OrBool");
  Json single;
  boost::json::array many;
  bool allows = false;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (or_bool && field.number == 1) {
      allows = field.number_value != 0;
    } else if (field.number == (or_bool ? 2U : 1U)) {
      want(field, Form::bytes);
      single = message_value(field.bytes, *schema, depth + 1);
    } else if (!or_bool && field.number == 2) {
      want(field, Form::bytes);
      many.push_back(name.ends_with("OrStringArray")
                         ? text(text_of(field))
                         : message_value(field.bytes, *schema, depth + 1));
    }
  }
  if (!single.is_null()) return single;
  if (or_bool) return allows;
  return many;
}

// A value in a message of its own: the named scalars.
Json named_value(const WireField& wire, const Type& named, int depth) {
  want(wire, Form::bytes);
  switch (named.scalar) {
    case Scalar::quantity: {
      const std::string_view amount = only_bytes(wire.bytes);
      return text(amount.empty() ? "0" : amount);
    }
    case Scalar::time:
      return time_value(wire.bytes, named.name.ends_with("MicroTime"));
    case Scalar::int_or_string:
      return int_or_string(wire.bytes);
    default:
      if (named.name.find("JSONSchemaPropsOr") != std::string_view::npos) {
        return schema_union(wire.bytes, named.name, depth);
      }
      return parse_raw(only_bytes(wire.bytes));
  }
}

Json plain_value(const WireField& wire, const Field& field, int depth) {
  switch (field.scalar) {
    case Scalar::object:
      want(wire, Form::bytes);
      return field.type ? message_value(wire.bytes, *field.type, depth + 1) : Json();
    case Scalar::string:
      return text(text_of(wire));
    case Scalar::boolean:
      want(wire, Form::varint);
      return wire.number_value != 0;
    case Scalar::int32:
      want(wire, Form::varint);
      return static_cast<std::int64_t>(static_cast<std::int32_t>(wire.number_value));
    case Scalar::int64:
      want(wire, Form::varint);
      return static_cast<std::int64_t>(wire.number_value);
    case Scalar::float64:
      want(wire, Form::fixed64);
      return std::bit_cast<double>(wire.number_value);
    case Scalar::bytes:
      want(wire, Form::bytes);
      return text(base::base64_encode(wire.bytes));
    case Scalar::time:
    case Scalar::quantity:
    case Scalar::int_or_string:
    case Scalar::any:
      break;
  }
  throw WireError("field " + std::string(field.name) + " has no protobuf form");
}

Json one_value(const WireField& wire, const Field& field, int depth) {
  return field.named && field.scalar != Scalar::object ? named_value(wire, *field.named, depth)
                                                       : plain_value(wire, field, depth);
}

bool is_zero(const Json& value) {
  return (value.is_string() && value.get_string().empty()) ||
         (value.is_bool() && !value.get_bool()) || (value.is_int64() && value.get_int64() == 0) ||
         (value.is_double() && value.get_double() == 0);
}

// Integers of a list may come packed into one bytes field.
bool is_packed(const WireField& wire, const Field& field) {
  const bool integer = field.scalar == Scalar::int32 || field.scalar == Scalar::int64 ||
                       field.scalar == Scalar::boolean;
  return integer && wire.form == Form::bytes;
}

void add_packed(boost::json::array& list, const WireField& wire, const Field& field, int depth) {
  WireReader reader(wire.bytes);
  while (!reader.at_end()) {
    WireField element;
    element.number = wire.number;
    element.number_value = reader.varint();
    list.push_back(one_value(element, field, depth));
  }
}

// The lists that are values of a map (ExtraValue) are messages with `items` = 1.
Json map_list(const WireField& wire, const Field& field, int depth) {
  want(wire, Form::bytes);
  boost::json::array list;
  WireReader reader(wire.bytes);
  WireField item;
  while (reader.next(item)) {
    if (item.number == 1) list.push_back(one_value(item, field, depth));
  }
  return list;
}

void add_map_entry(boost::json::object& map, const WireField& wire, const Field& field, int depth) {
  want(wire, Form::bytes);
  WireReader reader(wire.bytes);
  WireField part;
  std::string_view key;
  Json value;
  bool has_value = false;
  while (reader.next(part)) {
    if (part.number == 1) key = text_of(part);
    if (part.number != 2) continue;
    value = field.map_of_lists ? map_list(part, field, depth) : one_value(part, field, depth);
    has_value = true;
  }
  if (!has_value) {
    // A value left out is its type's zero.
    WireField empty;
    empty.form = field.scalar == Scalar::boolean || field.scalar == Scalar::int32 ||
                         field.scalar == Scalar::int64
                     ? Form::varint
                 : field.scalar == Scalar::float64 ? Form::fixed64
                                                   : Form::bytes;
    value = field.map_of_lists ? Json(boost::json::array()) : one_value(empty, field, depth);
  }
  map[boost::json::string_view(key.data(), key.size())] = std::move(value);
}

void add_member(boost::json::object& object, const WireField& wire, const Field& field, int depth) {
  const boost::json::string_view name(field.name.data(), field.name.size());
  if (field.shape == Shape::list) {
    Json& list = object[name];
    if (!list.is_array()) list.emplace_array();
    if (is_packed(wire, field)) {
      add_packed(list.get_array(), wire, field, depth);
    } else {
      list.get_array().push_back(one_value(wire, field, depth));
    }
    return;
  }
  if (field.shape == Shape::map) {
    Json& map = object[name];
    if (!map.is_object()) map.emplace_object();
    add_map_entry(map.get_object(), wire, field, depth);
    return;
  }
  Json value = one_value(wire, field, depth);
  if (value.is_null() || (is_zero(value) && !keeps_zero(field))) return;
  object[name] = std::move(value);
}

void add_embedded(boost::json::object& object, std::string_view message, const Embedded& embedded,
                  const Type& type, int depth) {
  WireReader reader(message);
  WireField wire;
  while (reader.next(wire)) {
    const Embedded* nested = nullptr;
    const std::string_view name = embedded_member(embedded, wire.number, nested);
    if (nested) {
      want(wire, Form::bytes);
      add_embedded(object, wire.bytes, *nested, type, depth);
    } else if (const Field* field = name.empty() ? nullptr : type.field(name)) {
      add_member(object, wire, *field, depth);
    }
  }
}

const Field* find_field(const Type& type, std::uint32_t number) {
  for (const Field& field : type.fields)
    if (field.number == number) return &field;
  return nullptr;
}

Json message_value(std::string_view message, const Type& type, int depth) {
  if (depth > kMaxMessageDepth) throw WireError("exceeded max depth");
  boost::json::object object;
  WireReader reader(message);
  WireField wire;
  while (reader.next(wire)) {
    if (const Embedded* embedded = embedded_in(type, wire.number)) {
      want(wire, Form::bytes);
      add_embedded(object, wire.bytes, *embedded, type, depth);
    } else if (const Field* field = find_field(type, wire.number)) {
      add_member(object, wire, *field, depth);
    }
  }
  return object;
}

}  // namespace

Envelope open_envelope(std::string_view body) {
  if (!body.starts_with(kMagic)) {
    throw WireError(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  Envelope envelope;
  WireReader reader(body.substr(kMagic.size()));
  WireField field;
  while (reader.next(field)) {
    if (field.number == 1) {
      want(field, Form::bytes);
      WireReader type(field.bytes);
      WireField part;
      while (type.next(part)) {
        if (part.number == 1) envelope.api_version = text_of(part);
        if (part.number == 2) envelope.kind = text_of(part);
      }
    } else if (field.number == 2) {
      want(field, Form::bytes);
      envelope.raw = field.bytes;
    }
  }
  return envelope;
}

Json decode_message(std::string_view message, const Type& type) {
  return message_value(message, type, 0);
}

Json decode_body(std::string_view body, std::string_view kind, const Type* type) {
  const Envelope envelope = open_envelope(body);
  Json object = boost::json::object();
  if (type && (envelope.kind.empty() || envelope.kind == kind)) {
    object = decode_message(envelope.raw, *type);
  }
  if (!envelope.api_version.empty()) object.as_object()["apiVersion"] = text(envelope.api_version);
  if (!envelope.kind.empty()) object.as_object()["kind"] = text(envelope.kind);
  return object;
}

}  // namespace limen::api::protobuf
