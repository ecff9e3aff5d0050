#include "validation/schema.h"

#include <algorithm>
#include <limits>

#include "base/strings.h"
#include "base/time.h"
#include "object/canonical.h"
#include "object/quantity.h"
#include "validation/go_time.h"

namespace limen::validation {

namespace {

using catalog::Field;
using catalog::Scalar;
using catalog::Shape;
using catalog::Type;
using object::Json;

// Kubernetes' decoder reports no more than this many of one body.
constexpr std::size_t kMaxUnknown = 100;

// "v1.Container" for io.k8s.api.core.v1.Container: how Go names the type.
std::string go_type(const Type& type) {
  const std::size_t last = type.name.rfind('.');
  if (last == std::string_view::npos) return std::string(type.name);
  const std::size_t before = type.name.rfind('.', last - 1);
  return std::string(type.name.substr(before == std::string_view::npos ? 0 : before + 1));
}

std::string_view short_name(const Type& type) { return type.name.substr(type.name.rfind('.') + 1); }

std::string go_scalar(const Field& field) {
  switch (field.scalar) {
    case Scalar::object:
      return field.type ? go_type(*field.type) : "map[string]interface {}";
    case Scalar::string:
      return "string";
    case Scalar::boolean:
      return "bool";
    case Scalar::int32:
      return "int32";
    case Scalar::int64:
      return "int64";
    case Scalar::float64:
      return "float64";
    case Scalar::bytes:
      return "[]uint8";
    case Scalar::time:
    case Scalar::quantity:
    case Scalar::int_or_string:
    case Scalar::any:
      return field.named ? go_type(*field.named) : "string";
  }
  return "string";
}

std::string go_shape(const Field& field) {
  switch (field.shape) {
    case Shape::single:
      return go_scalar(field);
    case Shape::list:
      return "[]" + go_scalar(field);
    case Shape::map:
      return std::string("map[string]") + (field.map_of_lists ? "[]" : "") + go_scalar(field);
  }
  return go_scalar(field);
}

std::string go_value(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::bool_:
      return "bool";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
    default:
      return "number";
  }
}

// A segment of a path: a member's name or a position in a list.
struct Segment {
  std::string_view name;
  std::size_t index = 0;
  bool is_index = false;
  bool is_field = false;  // a field of a type, which Go's type errors name; map keys are not
};

class Walker {
 public:
  Conformance run(Json& object, const Type& type) {
    if (!object.is_object()) {
      fail("json: cannot unmarshal " + go_value(object) + " into Go value of type " +
           go_type(type));
    } else {
      struct_value(object.get_object(), type);
    }
    return std::move(result_);
  }

 private:
  void fail(std::string message) {
    if (result_.error.empty()) result_.error = std::move(message);
  }

  void mismatch(const std::string& what, const std::string& wanted) {
    std::string path;
    for (const Segment& segment : path_) {
      if (!segment.is_field) continue;
      if (!path.empty()) path += '.';
      path += segment.name;
    }
    fail("json: cannot unmarshal " + what + " into Go struct field " +
         std::string(short_name(*owner_)) + "." + path + " of type " + wanted);
  }

  void unknown(std::string_view name) {
    if (result_.unknown.size() >= kMaxUnknown) return;
    std::string path;
    for (const Segment& segment : path_) {
      if (segment.is_index) {
        path += "[" + std::to_string(segment.index) + "]";
      } else {
        if (!path.empty()) path += '.';
        path += segment.name;
      }
    }
    if (!path.empty()) path += '.';
    path += name;
    std::string text = "unknown field \"" + path + "\"";
    const auto& seen = result_.unknown;
    if (std::find(seen.begin(), seen.end(), text) == seen.end()) {
      result_.unknown.push_back(std::move(text));
    }
  }

  void struct_value(boost::json::object& members, const Type& type) {
    const Type* const outer = owner_;
    owner_ = &type;
    bool drops = false;
    for (auto& member : members) {
      const Field* field = type.field(member.key());
      if (!field) {
        unknown(member.key());
        drops = true;
      } else if (member.value().is_null()) {
        drops = true;
      } else {
        path_.push_back({.name = member.key(), .is_field = true});
        shaped(member.value(), *field);
        path_.pop_back();
      }
    }
    owner_ = outer;
    if (drops) keep_known(members, type);
  }

  // Rebuilt at once: erasing members one by one would be quadratic.
  static void keep_known(boost::json::object& members, const Type& type) {
    boost::json::object kept(members.storage());
    kept.reserve(members.size());
    for (auto& member : members) {
      if (type.field(member.key()) && !member.value().is_null()) {
        kept.emplace(member.key(), std::move(member.value()));
      }
    }
    members = std::move(kept);
  }

  void shaped(Json& value, const Field& field) {
    switch (field.shape) {
      case Shape::single:
        return single(value, field);
      case Shape::list:
        return list(value, field);
      case Shape::map:
        return map(value, field);
    }
  }

  void list(Json& value, const Field& field) {
    if (!value.is_array()) return mismatch(go_value(value), "[]" + go_scalar(field));
    std::size_t index = 0;
    for (Json& element : value.get_array()) {
      path_.push_back({.name = {}, .index = index++, .is_index = true});
      if (element.is_null()) element = zero(field);
      single(element, field);
      path_.pop_back();
    }
  }

  void map(Json& value, const Field& field) {
    if (!value.is_object()) return mismatch(go_value(value), go_shape(field));
    for (auto& member : value.get_object()) {
      path_.push_back({.name = member.key()});
      Json& element = member.value();
      if (field.map_of_lists) {
        if (element.is_null()) element.emplace_array();
        list(element, field);
      } else {
        if (element.is_null()) element = zero(field);
        single(element, field);
      }
      path_.pop_back();
    }
  }

  // What Go's decoder leaves in a list or map for null.
  static Json zero(const Field& field) {
    switch (field.scalar) {
      case Scalar::object:
        return boost::json::object();
      case Scalar::string:
      case Scalar::bytes:
        return "";
      case Scalar::boolean:
        return false;
      case Scalar::int32:
      case Scalar::int64:
      case Scalar::float64:
      case Scalar::int_or_string:
        return 0;
      case Scalar::quantity:
        return "0";
      case Scalar::time:
      case Scalar::any:
        return nullptr;
    }
    return nullptr;
  }

  void single(Json& value, const Field& field) {
    switch (field.scalar) {
      case Scalar::object:
        if (!value.is_object()) return mismatch(go_value(value), go_scalar(field));
        if (field.type) struct_value(value.get_object(), *field.type);
        return;
      case Scalar::string:
        if (!value.is_string()) mismatch(go_value(value), "string");
        return;
      case Scalar::boolean:
        if (!value.is_bool()) mismatch(go_value(value), "bool");
        return;
      case Scalar::int32:
        return integer(value, std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int32_t>::max(), "int32");
      case Scalar::int64:
        return integer(value, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max(), "int64");
      case Scalar::float64:
        if (!value.is_number()) mismatch(go_value(value), "float64");
        return;
      case Scalar::bytes:
        return bytes(value);
      case Scalar::time:
        return time(value, field);
      case Scalar::quantity:
        return quantity(value);
      case Scalar::int_or_string:
        if (value.is_string()) return;
        return integer(value, std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int32_t>::max(), "int32");
      case Scalar::any:
        return schema_or_other(value, field);
    }
  }

  // Members of JSONSchemaProps where a schema may stand, or a list of them, or a simpler value.
  void schema_or_other(Json& value, const Field& field) {
    constexpr std::string_view kLead = "JSONSchemaPropsOr";
    if (!field.named || !short_name(*field.named).starts_with(kLead)) return;
    const std::string_view other = short_name(*field.named).substr(kLead.size());
    static const Type& schema = *catalog::find_type(
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
    if (value.is_object()) return struct_value(value.get_object(), schema);
    if (other == "Bool") {
      if (!value.is_bool()) fail("boolean or JSON schema expected");
      return;
    }
    if (!value.is_array()) return mismatch(go_value(value), "JSONSchemaProps");
    if (other != "Array") return;
    std::size_t index = 0;
    for (Json& element : value.get_array()) {
      path_.push_back({.name = {}, .index = index++, .is_index = true});
      if (element.is_object()) {
        struct_value(element.get_object(), schema);
      } else {
        mismatch(go_value(element), "JSONSchemaProps");
      }
      path_.pop_back();
    }
  }

  void integer(Json& value, std::int64_t low, std::int64_t high, const std::string& wanted) {
    if (value.is_double()) {
      // YAML has already made 3.0 a number with a fraction of zero; it counts as whole.
      const double number = value.get_double();
      constexpr double kExact = 9007199254740992.0;  // 2^53
      if (number >= -kExact && number <= kExact &&
          number == static_cast<double>(static_cast<std::int64_t>(number))) {
        value = static_cast<std::int64_t>(number);
      }
    }
    if (value.is_int64() && value.get_int64() >= low && value.get_int64() <= high) return;
    mismatch(value.is_number() ? "number " + object::to_json(value) : go_value(value), wanted);
  }

  void bytes(Json& value) {
    if (!value.is_string()) return mismatch(go_value(value), "[]uint8");
    const std::string_view text(value.get_string());
    if (base::base64_decode(text)) return;
    // Line breaks within base64 are ignored; what is stored has none.
    std::string joined(text);
    std::erase_if(joined, [](char c) { return c == '\r' || c == '\n'; });
    if (joined.size() != text.size() && base::base64_decode(joined)) {
      value = joined;
      return;
    }
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n";
    const std::size_t bad = text.find_first_not_of(kAlphabet);
    fail("illegal base64 data at input byte " +
         std::to_string(bad == std::string_view::npos ? text.size() / 4 * 4 : bad));
  }

  void time(Json& value, const Field& field) {
    if (value.is_null()) return;
    if (!value.is_string()) return mismatch(go_value(value), "string");
    const std::string_view text(value.get_string());
    const bool micro = field.named && short_name(*field.named) == "MicroTime";
    const std::optional<base::SystemTime> parsed = base::parse_time(text);
    if (!parsed) return fail(go_time_error(text, micro));
    const std::string canonical =
        micro ? base::format_micro_time(*parsed) : base::format_time(*parsed);
    if (canonical != text) value = canonical;
  }

  void quantity(Json& value) {
    const std::string text = value.is_string()
                                 ? std::string(base::trim(std::string_view(value.get_string())))
                                 : object::to_json(value);
    std::string_view why;
    const std::optional<object::Quantity> parsed = object::Quantity::parse(text, &why);
    if (!parsed) return fail(std::string(why));
    std::string canonical = parsed->to_string();
    if (!value.is_string() || canonical != std::string_view(value.get_string())) {
      value = std::move(canonical);
    }
  }

  Conformance result_;
  std::vector<Segment> path_;
  const Type* owner_ = nullptr;  // the type whose field is being read
};

}  // namespace

Conformance conform(Json& object, const Type& type) { return Walker().run(object, type); }

}  // namespace limen::validation
