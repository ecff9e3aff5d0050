#include "validation/protobuf/decode.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>

#include "base/strings.h"
#include "validation/protobuf/scalars.h"

namespace limen::validation::protobuf {

namespace {

using catalog::Field;
using catalog::Scalar;
using catalog::Shape;
using catalog::Type;
using object::Json;
using Form = WireField::Form;

constexpr std::string_view kMagic("k8s\0", 4);

// Which embedded messages are open, outermost first; zeros for none (see catalog::Field::within).
using Within = std::array<std::uint16_t, 2>;

boost::json::string_view key_of(std::string_view name) { return {name.data(), name.size()}; }

Json message_value(std::string_view message, const Type& type, int depth);

// apiextensions' unions: of a schema and a boolean, of one and several schemas, of a schema and
// names.
Json schema_union(std::string_view message, std::string_view name, int depth) {
  const Type* schema = catalog::find_type(
      "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  if (!schema) throw WireError("there are no schemas");
  const bool or_bool = name.ends_with("OrBool");
  const bool or_names = name.ends_with("OrStringArray");
  Json single;
  boost::json::array many;
  bool allows = false;
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    if (or_bool && field.number == 1) {
      field.want(Form::varint);
      allows = field.number_value != 0;
    } else if (field.number == (or_bool ? 2U : 1U)) {
      field.want(Form::bytes);
      single = message_value(field.bytes, *schema, depth + 1);
    } else if (!or_bool && field.number == 2) {
      field.want(Form::bytes);
      many.push_back(or_names ? text_value(field.text())
                              : message_value(field.bytes, *schema, depth + 1));
    }
  }
  if (!single.is_null()) return single;
  if (or_bool) return allows;
  return many;
}

// Raw JSON, or one more object with an envelope of its own.
Json raw_value(std::string_view raw, int depth) {
  if (!raw.starts_with(kMagic)) return raw_json(raw);
  const Envelope envelope = open_envelope(raw);
  const std::size_t slash = envelope.api_version.find('/');
  const bool grouped = slash != std::string_view::npos;
  const catalog::Resource* resource = catalog::find_kind(
      grouped ? envelope.api_version.substr(0, slash) : std::string_view(),
      grouped ? envelope.api_version.substr(slash + 1) : envelope.api_version, envelope.kind);
  if (!resource || !resource->type) {
    throw WireError("no kind \"" + std::string(envelope.kind) + "\" is registered for version \"" +
                    std::string(envelope.api_version) + "\"");
  }
  Json object = message_value(envelope.raw, *resource->type, depth + 1);
  object.get_object()["apiVersion"] = text_value(envelope.api_version);
  object.get_object()["kind"] = text_value(envelope.kind);
  return object;
}

// A scalar that is a message of its own.
Json named_value(const WireField& wire, const Type& named, int depth) {
  wire.want(Form::bytes);
  switch (named.scalar) {
    case Scalar::quantity:
      return quantity_value(wire.bytes);
    case Scalar::time:
      return time_value(wire.bytes, named.name.ends_with("MicroTime"));
    case Scalar::int_or_string:
      return int_or_string_value(wire.bytes);
    default:
      if (named.name.find("JSONSchemaPropsOr") != std::string_view::npos) {
        return schema_union(wire.bytes, named.name, depth);
      }
      return raw_value(raw_bytes(wire.bytes), depth);
  }
}

// One value of the field: the field itself, or an element of its list or map.
Json one_value(const WireField& wire, const Field& field, int depth) {
  switch (field.scalar) {
    case Scalar::object:
      wire.want(Form::bytes);
      if (!field.type) break;
      return message_value(wire.bytes, *field.type, depth + 1);
    case Scalar::string:
      return text_value(wire.text());
    case Scalar::boolean:
      wire.want(Form::varint);
      return wire.number_value != 0;
    case Scalar::int32:
      wire.want(Form::varint);
      return static_cast<std::int64_t>(static_cast<std::int32_t>(wire.number_value));
    case Scalar::int64:
      wire.want(Form::varint);
      return static_cast<std::int64_t>(wire.number_value);
    case Scalar::float64:
      wire.want(Form::fixed64);
      return std::bit_cast<double>(wire.number_value);
    case Scalar::bytes:
      wire.want(Form::bytes);
      return text_value(base::base64_encode(wire.bytes));
    case Scalar::time:
    case Scalar::quantity:
    case Scalar::int_or_string:
    case Scalar::any:
      if (!field.named) break;
      return named_value(wire, *field.named, depth);
  }
  throw WireError("field " + std::string(field.name) + " has no protobuf form");
}

// True for a zero that Go's protobuf writes and Go's JSON does not.
bool is_left_out(const Json& value, const Field& field) {
  if (value.is_null()) return true;
  if (field.required || field.keep_zero) return false;
  switch (field.scalar) {
    case Scalar::string:
    case Scalar::bytes:
      return value.get_string().empty();
    case Scalar::boolean:
      return !value.get_bool();
    case Scalar::int32:
    case Scalar::int64:
      return value.get_int64() == 0;
    case Scalar::float64:
      return value.get_double() == 0;
    case Scalar::int_or_string:
      return value.is_int64() ? value.get_int64() == 0 : value.get_string().empty();
    default:
      return false;
  }
}

Form plain_form(Scalar scalar) {
  switch (scalar) {
    case Scalar::boolean:
    case Scalar::int32:
    case Scalar::int64:
      return Form::varint;
    case Scalar::float64:
      return Form::fixed64;
    default:
      return Form::bytes;
  }
}

// Numbers of a list may come packed into one field of bytes.
void add_to_list(boost::json::array& list, const WireField& wire, const Field& field, int depth) {
  const Form form = plain_form(field.scalar);
  if (form == Form::bytes || wire.form != Form::bytes) {
    list.push_back(one_value(wire, field, depth));
    return;
  }
  WireReader reader(wire.bytes);
  while (!reader.at_end()) {
    WireField element;
    element.number = wire.number;
    element.form = form;
    element.number_value = form == Form::varint ? reader.varint() : reader.fixed64();
    list.push_back(one_value(element, field, depth));
  }
}

// A list that is a map's value (ExtraValue) is a message of `items` = 1.
Json map_list(const WireField& wire, const Field& field, int depth) {
  wire.want(Form::bytes);
  boost::json::array list;
  WireReader reader(wire.bytes);
  WireField item;
  while (reader.next(item)) {
    if (item.number == 1) list.push_back(one_value(item, field, depth));
  }
  return list;
}

Json map_value(const WireField& wire, const Field& field, int depth) {
  return field.map_of_lists ? map_list(wire, field, depth) : one_value(wire, field, depth);
}

void add_to_map(boost::json::object& map, const WireField& wire, const Field& field, int depth) {
  wire.want(Form::bytes);
  WireReader reader(wire.bytes);
  WireField part;
  std::string_view key;
  WireField value;  // one left out is its type's zero
  value.form = field.map_of_lists ? Form::bytes : plain_form(field.scalar);
  while (reader.next(part)) {
    if (part.number == 1) key = part.text();
    if (part.number == 2) value = part;
  }
  map[key_of(key)] = map_value(value, field, depth);
}

void add_member(boost::json::object& object, const WireField& wire, const Field& field, int depth) {
  if (field.shape == Shape::list) {
    Json& list = object[key_of(field.name)];
    if (!list.is_array()) list.emplace_array();
    add_to_list(list.get_array(), wire, field, depth);
    return;
  }
  if (field.shape == Shape::map) {
    Json& map = object[key_of(field.name)];
    if (!map.is_object()) map.emplace_object();
    add_to_map(map.get_object(), wire, field, depth);
    return;
  }
  Json value = one_value(wire, field, depth);
  if (is_left_out(value, field)) {
    object.erase(key_of(field.name));  // the last occurrence of a field wins
  } else {
    object[key_of(field.name)] = std::move(value);
  }
}

const Field* find_field(const Type& type, const Within& within, std::uint32_t number) {
  for (const Field& field : type.fields)
    if (field.number == number && field.within == within) return &field;
  return nullptr;
}

// Opens one more embedded message: true, with `within` the way to it, when `type` has members in
// it.
bool open_embedded(const Type& type, Within& within, std::uint32_t number) {
  const std::size_t level = within[0] == 0 ? 0 : 1;
  if (within[1] != 0 || number > UINT16_MAX) return false;
  Within inner = within;
  inner[level] = static_cast<std::uint16_t>(number);
  for (const Field& field : type.fields) {
    if (field.within[0] != inner[0] || (level == 1 && field.within[1] != inner[1])) continue;
    within = inner;
    return true;
  }
  return false;
}

// The nesting of embedded messages ends with `within`, so they do not count as depth.
void add_members(boost::json::object& object, std::string_view message, const Type& type,
                 const Within& within, int depth) {
  WireReader reader(message);
  WireField wire;
  while (reader.next(wire)) {
    Within inner = within;
    if (const Field* field = find_field(type, within, wire.number)) {
      add_member(object, wire, *field, depth);
    } else if (open_embedded(type, inner, wire.number)) {
      wire.want(Form::bytes);
      add_members(object, wire.bytes, type, inner, depth);
    }
  }
}

Json message_value(std::string_view message, const Type& type, int depth) {
  if (depth > kMaxMessageDepth) throw WireError("exceeded max depth");
  boost::json::object object;
  add_members(object, message, type, Within{}, depth);
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
      field.want(Form::bytes);
      WireReader type(field.bytes);
      WireField part;
      while (type.next(part)) {
        if (part.number == 1) envelope.api_version = part.text();
        if (part.number == 2) envelope.kind = part.text();
      }
    } else if (field.number == 2) {
      field.want(Form::bytes);
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
  boost::json::object& members = object.get_object();
  if (!envelope.api_version.empty()) members["apiVersion"] = text_value(envelope.api_version);
  if (!envelope.kind.empty()) members["kind"] = text_value(envelope.kind);
  return object;
}

}  // namespace limen::validation::protobuf
