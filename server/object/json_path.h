// Field paths as errors name them: spec.containers[0].name, metadata.labels[app].
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace limen::object {

// A path under construction; cheap to extend by value. Any thread.
class FieldPath {
 public:
  FieldPath() = default;
  explicit FieldPath(std::string_view text) : text_(text) {}
  FieldPath child(std::string_view name) const;  // a.name; just name at the root
  FieldPath index(std::size_t position) const;   // a[3]
  FieldPath key(std::string_view key) const;     // a[key]
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace limen::object
