#include "object/json_path.h"

namespace limen::object {

FieldPath FieldPath::child(std::string_view name) const {
  FieldPath out;
  out.text_.reserve(text_.size() + 1 + name.size());
  out.text_ = text_;
  if (!out.text_.empty()) out.text_ += '.';
  out.text_ += name;
  return out;
}

FieldPath FieldPath::index(std::size_t position) const {
  FieldPath out = *this;
  out.text_ += '[';
  out.text_ += std::to_string(position);
  out.text_ += ']';
  return out;
}

FieldPath FieldPath::key(std::string_view key) const {
  FieldPath out = *this;
  out.text_ += '[';
  out.text_ += key;
  out.text_ += ']';
  return out;
}

}  // namespace limen::object
