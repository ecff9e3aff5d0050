#include "validation/causes.h"

#include <algorithm>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::validation {

namespace {

constexpr std::size_t kMaxAnnotationBytes = 256 * 1024;

// An answer that repeats a body many times over helps nobody: what is shown of one value and how
// many causes are listed is bounded.
constexpr std::size_t kMaxShownBytes = 8 * 1024;
constexpr std::size_t kMaxCauses = 500;

std::string cut(std::string text) {
  if (text.size() > kMaxShownBytes) {
    text.resize(kMaxShownBytes);
    // Not within a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
      text.pop_back();
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    text += "...";
  }
  return text;
}

std::string shown(const Json& value) {
  if (value.is_string()) return cut(base::go_quote(std::string_view(value.get_string())));
  if (value.is_null()) return "\"null\"";
  return cut(object::to_json(value));
}

std::string supported_text(std::initializer_list<std::string_view> supported) {
  std::string out = "supported values: ";
  bool first = true;
  for (const std::string_view each : supported) {
    if (!first) out += ", ";
    first = false;
    out += base::go_quote(each);
  }
  return out;
}

}  // namespace

void Causes::add(std::string_view reason, const FieldPath& path, std::string text,
                 std::string_view detail) {
  if (causes_.size() >= kMaxCauses) return;
  if (!detail.empty()) {
    text += ": ";
    text += detail;
  }
  causes_.push_back({std::string(reason), std::move(text), path.text()});
}

void Causes::required(const FieldPath& path, std::string_view detail) {
  add("FieldValueRequired", path, "Required value", detail);
}
void Causes::invalid(const FieldPath& path, const Json& value, std::string_view detail) {
  add("FieldValueInvalid", path, "Invalid value: " + shown(value), detail);
}
void Causes::invalid(const FieldPath& path, std::string_view text, std::string_view detail) {
  add("FieldValueInvalid", path, "Invalid value: " + cut(base::go_quote(text)), detail);
}
void Causes::invalid_shown(const FieldPath& path, std::string_view shown, std::string_view detail) {
  add("FieldValueInvalid", path, "Invalid value: " + cut(std::string(shown)), detail);
}
void Causes::invalid_hidden(const FieldPath& path, std::string_view detail) {
  add("FieldValueInvalid", path, "Invalid value", detail);
}
void Causes::invalid_each(const FieldPath& path, std::string_view text,
                          const object::Problems& problems) {
  for (const std::string& problem : problems) invalid(path, text, problem);
}
void Causes::not_supported(const FieldPath& path, std::string_view value,
                           std::initializer_list<std::string_view> supported) {
  add("FieldValueNotSupported", path, "Unsupported value: " + base::go_quote(value),
      supported_text(supported));
}
void Causes::duplicate(const FieldPath& path, const Json& value, std::string_view detail) {
  add("FieldValueDuplicate", path, "Duplicate value: " + shown(value), detail);
}
void Causes::duplicate(const FieldPath& path, std::string_view text) {
  add("FieldValueDuplicate", path, "Duplicate value: " + cut(base::go_quote(text)), {});
}
void Causes::forbidden(const FieldPath& path, std::string_view detail) {
  add("FieldValueForbidden", path, "Forbidden", detail);
}
void Causes::not_found(const FieldPath& path, std::string_view text, std::string_view detail) {
  add("FieldValueNotFound", path, "Not found: " + base::go_quote(text), detail);
}
void Causes::too_long(const FieldPath& path, std::size_t max_bytes) {
  add("FieldValueTooLong", path, "Too long",
      "may not be more than " + std::to_string(max_bytes) + " bytes");
}

void Causes::too_many(const FieldPath& path, std::int64_t most) {
  add("FieldValueTooMany", path, "Too many",
      "must have at most " + std::to_string(most) + (most == 1 ? " item" : " items"));
}
void Causes::too_many(const FieldPath& path, std::size_t found, std::int64_t most) {
  add("FieldValueTooMany", path, "Too many: " + std::to_string(found),
      "must have at most " + std::to_string(most) + (most == 1 ? " item" : " items"));
}
void Causes::type_invalid(const FieldPath& path, std::string_view text, std::string_view detail) {
  add("FieldValueTypeInvalid", path, "Invalid value: " + cut(base::go_quote(text)), detail);
}
void Causes::not_supported(const FieldPath& path, const Json& value,
                           const std::vector<std::string>& supported) {
  std::vector<std::string> quoted;
  for (const std::string& each : supported) quoted.push_back(base::go_quote(each));
  add("FieldValueNotSupported", path, "Unsupported value: " + shown(value),
      cut("supported values: " + base::join(quoted, ", ")));
}
void Causes::append(std::vector<base::StatusCause> causes) {
  for (base::StatusCause& cause : causes) {
    if (full()) return;
    causes_.push_back(std::move(cause));
  }
}
bool Causes::full() const { return causes_.size() >= kMaxCauses; }

void check_not_negative(const Json* value, const FieldPath& path, Causes& causes) {
  if (value && !value->is_null() && object::int_or(value, 0) < 0) {
    causes.invalid(path, *value, "must be greater than or equal to 0");
  }
}

void check_range(const Json* value, std::int64_t low, std::int64_t high, const FieldPath& path,
                 Causes& causes) {
  if (!value || value->is_null()) return;
  const std::int64_t number = object::int_or(value, low);
  if (number < low || number > high) {
    causes.invalid(path, *value, object::inclusive_range_problem(low, high));
  }
}

void check_labels(const Json* labels, const FieldPath& path, Causes& causes) {
  for (const auto& label : members(labels)) {
    causes.invalid_each(path, label.key(), object::qualified_name(label.key()));
    const std::string_view value = text(&label.value());
    causes.invalid_each(path, value, object::label_value(value));
  }
}

void check_annotations(const Json* annotations, const FieldPath& path, Causes& causes) {
  std::size_t bytes = 0;
  for (const auto& annotation : members(annotations)) {
    const std::string_view key = annotation.key();
    causes.invalid_each(path, key, object::qualified_name(base::to_lower(key)));
    bytes += key.size() + text(&annotation.value()).size();
  }
  if (bytes > kMaxAnnotationBytes) causes.too_long(path, kMaxAnnotationBytes);
}

void check_label_selector(const Json* selector, const FieldPath& path, Causes& causes) {
  if (!selector || !selector->is_object()) return;
  check_labels(object::member(*selector, "matchLabels"), path.child("matchLabels"), causes);
  std::size_t index = 0;
  for (const Json& expression : elements(object::member(*selector, "matchExpressions"))) {
    const FieldPath at = path.child("matchExpressions").index(index++);
    const std::string_view op = object::text_at(expression, "operator");
    const Json* values = object::member(expression, "values");
    if (op == "In" || op == "NotIn") {
      if (elements(values).empty()) {
        causes.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!elements(values).empty()) {
        causes.forbidden(at.child("values"),
                         "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else {
      causes.invalid(at.child("operator"), op, "not a valid selector operator");
    }
    const std::string_view key = object::text_at(expression, "key");
    causes.invalid_each(at.child("key"), key, object::qualified_name(key));
    std::size_t position = 0;
    for (const Json& value : elements(values)) {
      causes.invalid_each(at.child("values").index(position++), text(&value),
                          object::label_value(text(&value)));
    }
  }
}

void check_enum(std::string_view value, std::initializer_list<std::string_view> supported,
                const FieldPath& path, bool needed, Causes& causes) {
  if (value.empty()) {
    if (needed) causes.required(path);
    return;
  }
  if (std::find(supported.begin(), supported.end(), value) == supported.end()) {
    causes.not_supported(path, value, supported);
  }
}

void check_immutable(const Json* value, const Json* old, const FieldPath& path, Causes& causes) {
  if (!same(value, old)) causes.invalid(path, value ? *value : Json(nullptr), kImmutable);
}

std::span<const Json> elements(const Json* list) {
  const boost::json::array* array = list ? list->if_array() : nullptr;
  if (!array) return {};
  return {array->data(), array->size()};
}

const Json& or_null(const Json* value) {
  static const Json kNull;
  return value ? *value : kNull;
}

const boost::json::object& members(const Json* map) {
  static const boost::json::object kNone;
  const boost::json::object* object = map ? map->if_object() : nullptr;
  return object ? *object : kNone;
}

std::string_view text(const Json* value) {
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_true(const Json* value) { return value && value->is_bool() && value->get_bool(); }

bool has(const Json& object, std::string_view key) {
  const Json* value = object::member(object, key);
  return value && !value->is_null();
}

bool same(const Json* left, const Json* right) {
  static const Json kNull;
  return (left ? *left : kNull) == (right ? *right : kNull);
}

}  // namespace limen::validation
