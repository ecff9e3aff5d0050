#include "validation/protobuf/encode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <utility>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "validation/protobuf/scalar_messages.h"
#include "validation/protobuf/wire_writer.h"

namespace limen::validation::protobuf {

namespace {

using catalog::Field;
using catalog::Scalar;
using catalog::Shape;
using catalog::Type;
using object::Json;

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }
std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

std::string_view text_of(const Json& value) {
  return value.is_string() ? view(value.get_string()) : std::string_view();
}

double real_of(const Json& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return value.is_int64() ? static_cast<double>(value.get_int64()) : 0;
}

// The numbers on the way to a member: of the messages embedded in one another, then its own; zeros
// after it.
using Way = std::array<std::uint16_t, 3>;

struct Member {
  Way way;
  const Field* field;
  const Json* value;
};

Way way_to(const Field& field) {
  if (field.within[0] == 0) return {field.number, 0, 0};
  if (field.within[1] == 0) return {field.within[0], field.number, 0};
  return {field.within[0], field.within[1], field.number};
}

class Encoder {
 public:
  void message(const Json& object, const Type& type) {
    if (!object.is_object()) return;
    boost::container::small_vector<Member, 24> members;
    for (const auto& [key, value] : object.get_object()) {
      const Field* field = value.is_null() ? nullptr : type.field(view(key));
      if (field && field->number != 0) members.push_back({way_to(*field), field, &value});
    }
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.way > b.way; });
    level({members.data(), members.size()}, 0);
  }

  std::string_view text() const { return out_.text(); }

 private:
  // Members whose way is the same down to `depth`, the last first.
  void level(std::span<const Member> members, std::size_t depth) {
    while (!members.empty()) {
      const Way& way = members.front().way;
      if (depth + 1 == way.size() || way[depth + 1] == 0) {
        member(*members.front().field, *members.front().value);
        members = members.subspan(1);
        continue;
      }
      std::size_t count = 1;
      while (count < members.size() && members[count].way[depth] == way[depth]) ++count;
      const std::size_t mark = out_.size();
      level(members.first(count), depth + 1);
      out_.close(way[depth], mark);
      members = members.subspan(count);
    }
  }

  void member(const Field& field, const Json& value) {
    switch (field.shape) {
      case Shape::single:
        return one(field.number, field, value);
      case Shape::list:
        if (value.is_array()) list(field.number, field, value.get_array());
        return;
      case Shape::map:
        if (value.is_object()) map(field, value.get_object());
        return;
    }
  }

  void list(std::uint32_t number, const Field& field, const boost::json::array& values) {
    for (auto value = values.rbegin(); value != values.rend(); ++value) one(number, field, *value);
  }

  // Every entry is a message of a key and a value.
  void map(const Field& field, const boost::json::object& values) {
    boost::container::small_vector<const boost::json::key_value_pair*, 16> entries;
    for (const auto& entry : values) entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(),
              [](const auto* a, const auto* b) { return a->key() > b->key(); });
    for (const auto* entry : entries) {
      const std::size_t mark = out_.size();
      if (!field.map_of_lists) {
        one(2, field, entry->value());
      } else {
        const std::size_t inner = out_.size();
        if (entry->value().is_array()) list(1, field, entry->value().get_array());
        out_.close(2, inner);
      }
      out_.bytes(1, view(entry->key()));
      out_.close(field.number, mark);
    }
  }

  void one(std::uint32_t number, const Field& field, const Json& value) {
    switch (field.scalar) {
      case Scalar::string:
        return out_.bytes(number, text_of(value));
      case Scalar::boolean:
        return out_.number(number, value.is_bool() && value.get_bool() ? 1 : 0);
      case Scalar::int32:
      case Scalar::int64:
        return out_.number(number, static_cast<std::uint64_t>(object::int_or(&value, 0)));
      case Scalar::float64:
        return out_.fixed64(number, std::bit_cast<std::uint64_t>(real_of(value)));
      case Scalar::bytes:
        return out_.bytes(number, base::base64_decode(text_of(value)).value_or(std::string()));
      case Scalar::object:
      case Scalar::time:
      case Scalar::quantity:
      case Scalar::int_or_string:
      case Scalar::any:
        const std::size_t mark = out_.size();
        nested(field, value);
        return out_.close(number, mark);
    }
  }

  // What is a message of its own.
  void nested(const Field& field, const Json& value) {
    if (value.is_null()) return;
    switch (field.scalar) {
      case Scalar::object:
        if (field.type) message(value, *field.type);
        return;
      case Scalar::time:
        return write_time(out_, text_of(value));
      case Scalar::quantity:
        if (value.is_string()) return out_.bytes(1, text_of(value));
        return out_.bytes(1, object::to_json(value));
      case Scalar::int_or_string:
        return write_int_or_string(out_, value);
      default:
        if (field.named && field.named->name.find("JSONSchemaPropsOr") != std::string_view::npos) {
          return schema_union(value, *field.named);
        }
        out_.bytes(1, object::to_json(value));
    }
  }

  // apiextensions' unions: of a schema and a boolean, of one and several schemas, of a schema and
  // names.
  void schema_union(const Json& value, const Type& named) {
    const Type* schema = catalog::find_type(
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
    if (!schema) return;
    const bool or_bool = named.name.ends_with("OrBool");
    if (value.is_object()) {
      const std::size_t mark = out_.size();
      message(value, *schema);
      out_.close(or_bool ? 2 : 1, mark);
      if (or_bool) out_.number(1, 1);
    } else if (or_bool) {
      out_.number(1, value.is_bool() && value.get_bool() ? 1 : 0);
    } else if (value.is_array()) {
      const boost::json::array& many = value.get_array();
      for (auto each = many.rbegin(); each != many.rend(); ++each) {
        const std::size_t mark = out_.size();
        if (each->is_string()) {
          out_.bytes(2, text_of(*each));
          continue;
        }
        message(*each, *schema);
        out_.close(2, mark);
      }
    }
  }

  WireWriter out_;
};

}  // namespace

std::string encode_message(const Json& object, const Type& type) {
  Encoder encoder;
  encoder.message(object, type);
  return std::string(encoder.text());
}

std::string field_head(std::uint32_t field, std::size_t message_bytes) {
  std::string head;
  const auto varint = [&head](std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) head += static_cast<char>(value | 0x80);
    head += static_cast<char>(value);
  };
  constexpr std::uint32_t kBytes = 2;
  varint(field << 3 | kBytes);
  varint(message_bytes);
  return head;
}

std::string envelope_head(std::string_view api_version, std::string_view kind,
                          std::size_t message_bytes) {
  WireWriter type;
  const std::size_t mark = type.size();
  type.bytes(2, kind);
  type.bytes(1, api_version);
  type.close(1, mark);
  std::string head("k8s\0", 4);
  head += type.text();
  return head += field_head(2, message_bytes);
}

std::string watch_frame(std::string_view type, std::string_view body) {
  const std::string raw = field_head(1, body.size());
  std::string event = field_head(1, type.size());
  event += type;
  event += field_head(2, raw.size() + body.size());
  event += raw;
  const std::size_t size = event.size() + body.size();
  std::string frame;
  frame.reserve(4 + size);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) frame += static_cast<char>(size >> shift & 0xFF);
  frame += event;
  return frame += body;
}

}  // namespace limen::validation::protobuf
