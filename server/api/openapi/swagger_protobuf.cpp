#include "api/openapi/swagger_protobuf.h"

#include "api/openapi/protobuf_writer.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

std::string schema(const Json& value);

std::string_view as_text(const boost::json::string& text) { return {text.data(), text.size()}; }

// NamedX messages are all alike: name = 1, value = 2.
std::string named(std::string_view name, std::string_view value) {
  ProtobufWriter out;
  out.bytes(1, name);
  out.bytes(2, value);
  return out.text();
}

std::string wrapped(std::uint32_t field, std::string_view value) {
  ProtobufWriter out;
  out.bytes(field, value);
  return out.text();
}

void put_text(ProtobufWriter& out, std::uint32_t field, const Json& value, std::string_view key) {
  const std::string_view text = object::text_at(value, key);
  if (!text.empty()) out.bytes(field, text);
}

void put_boolean(ProtobufWriter& out, std::uint32_t field, const Json& value,
                 std::string_view key) {
  const Json* found = object::member(value, key);
  out.boolean(field, found != nullptr && found->is_bool() && found->get_bool());
}

void put_texts(ProtobufWriter& out, std::uint32_t field, const Json& value, std::string_view key) {
  const Json* found = object::member(value, key);
  if (found == nullptr || !found->is_array()) return;
  for (const Json& text : found->get_array()) {
    if (text.is_string()) out.bytes(field, as_text(text.get_string()));
  }
}

// Extensions are NamedAny with the value as YAML text, of which JSON is a part.
void put_extensions(ProtobufWriter& out, std::uint32_t field, const Json& value) {
  if (!value.is_object()) return;
  for (const auto& entry : value.get_object()) {
    const std::string_view key = entry.key();
    if (!key.starts_with("x-")) continue;
    out.bytes(field, named(key, wrapped(2, boost::json::serialize(entry.value()) + "\n")));
  }
}

// Every member of an object, each as a NamedX in `field`; none when there is no object.
template <class Write>
std::string named_members(std::uint32_t field, const Json* value, Write write) {
  ProtobufWriter out;
  if (value == nullptr || !value->is_object()) return out.text();
  for (const auto& entry : value->get_object()) {
    out.bytes(field, named(std::string_view(entry.key()), write(entry.value())));
  }
  return out.text();
}

std::string schema(const Json& value) {
  ProtobufWriter out;
  put_text(out, 1, value, "$ref");
  put_text(out, 2, value, "format");
  put_text(out, 4, value, "description");
  put_texts(out, 19, value, "required");
  const Json* additional = object::member(value, "additionalProperties");
  if (additional != nullptr) out.bytes(21, wrapped(1, schema(*additional)));
  const std::string_view type = object::text_at(value, "type");
  if (!type.empty()) out.bytes(22, wrapped(1, type));
  const Json* items = object::member(value, "items");
  if (items != nullptr) out.bytes(23, wrapped(1, schema(*items)));
  const Json* properties = object::member(value, "properties");
  if (properties != nullptr) out.bytes(25, named_members(1, properties, schema));
  put_extensions(out, 31, value);
  return out.text();
}

// BodyParameter, and the two non-body kinds in use: their fields differ from `type` on.
std::string body_parameter(const Json& value) {
  ProtobufWriter out;
  put_text(out, 1, value, "description");
  put_text(out, 2, value, "name");
  put_text(out, 3, value, "in");
  put_boolean(out, 4, value, "required");
  const Json* described = object::member(value, "schema");
  if (described != nullptr) out.bytes(5, schema(*described));
  return out.text();
}

std::string other_parameter(const Json& value, bool is_path) {
  ProtobufWriter out;
  put_boolean(out, 1, value, "required");
  put_text(out, 2, value, "in");
  put_text(out, 3, value, "description");
  put_text(out, 4, value, "name");
  put_text(out, is_path ? 5 : 6, value, "type");
  put_boolean(out, is_path ? 19 : 20, value, "uniqueItems");
  return out.text();
}

// ParametersItem { Parameter { BodyParameter | NonBodyParameter { query | path } } }
std::string parameter(const Json& value) {
  const std::string_view in = object::text_at(value, "in");
  if (in == "body") return wrapped(1, wrapped(1, body_parameter(value)));
  const bool is_path = in == "path";
  return wrapped(1, wrapped(2, wrapped(is_path ? 4 : 3, other_parameter(value, is_path))));
}

void put_parameters(ProtobufWriter& out, std::uint32_t field, const Json& value) {
  const Json* found = object::member(value, "parameters");
  if (found == nullptr || !found->is_array()) return;
  for (const Json& each : found->get_array()) out.bytes(field, parameter(each));
}

std::string response(const Json& value) {
  ProtobufWriter out;
  put_text(out, 1, value, "description");
  const Json* body = object::member(value, "schema");
  if (body != nullptr) out.bytes(2, wrapped(1, schema(*body)));
  return wrapped(1, out.text());
}

std::string operation(const Json& value) {
  ProtobufWriter out;
  put_texts(out, 1, value, "tags");
  put_text(out, 5, value, "operationId");
  put_texts(out, 7, value, "consumes");
  put_parameters(out, 8, value);
  const Json* responses = object::member(value, "responses");
  if (responses != nullptr) out.bytes(9, named_members(1, responses, response));
  put_extensions(out, 13, value);
  return out.text();
}

std::string path_item(const Json& value) {
  struct Method {
    std::string_view name;
    std::uint32_t field;
  };
  static constexpr Method kMethods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  ProtobufWriter out;
  for (const Method& method : kMethods) {
    const Json* found = object::member(value, method.name);
    if (found != nullptr) out.bytes(method.field, operation(*found));
  }
  put_parameters(out, 9, value);
  return out.text();
}

}  // namespace

std::string swagger_to_protobuf(const Json& document) {
  ProtobufWriter out, info;
  put_text(out, 1, document, "swagger");
  if (const Json* about = object::member(document, "info")) {
    put_text(info, 1, *about, "title");
    put_text(info, 2, *about, "version");
  }
  out.bytes(2, info.text());
  put_texts(out, 6, document, "consumes");
  put_texts(out, 7, document, "produces");
  out.bytes(8, named_members(2, object::member(document, "paths"), path_item));
  out.bytes(9, named_members(1, object::member(document, "definitions"), schema));
  return out.text();
}

}  // namespace limen::api
