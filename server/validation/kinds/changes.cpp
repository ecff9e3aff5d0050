#include "validation/kinds/changes.h"

#include "object/canonical.h"
#include "object/json_path.h"

namespace limen::validation::kinds {

namespace {

using object::FieldPath;
using object::Json;

constexpr int kMaxMembers = 100;

class Changes {
 public:
  void compare(const Json* old, const Json* now, const FieldPath& path) {
    static const Json kNull;
    const Json& before = old ? *old : kNull;
    const Json& after = now ? *now : kNull;
    if (before == after || count_ >= kMaxMembers) return;
    if (before.is_object() && after.is_object()) {
      return compare_members(before.get_object(), after.get_object(), path);
    }
    if (before.is_array() && after.is_array() &&
        before.get_array().size() == after.get_array().size()) {
      for (std::size_t i = 0; i < before.get_array().size(); ++i) {
        compare(&before.get_array()[i], &after.get_array()[i], path.index(i));
      }
      return;
    }
    ++count_;
    if (!before.is_null()) line('-', path, before);
    if (!after.is_null()) line('+', path, after);
  }

  std::string take() { return std::move(text_); }

 private:
  void compare_members(const boost::json::object& old, const boost::json::object& now,
                       const FieldPath& path) {
    for (const auto& entry : old) {
      compare(&entry.value(), now.if_contains(entry.key()), path.child(entry.key()));
    }
    for (const auto& entry : now) {
      if (!old.contains(entry.key())) {
        compare(nullptr, &entry.value(), path.child(entry.key()));
      }
    }
  }

  void line(char sign, const FieldPath& path, const Json& value) {
    text_ += "\n";
    text_ += sign;
    text_ += " " + path.text() + ": " + object::to_json(value);
  }

  std::string text_;
  int count_ = 0;
};

}  // namespace

std::string changes_between(const Json& old, const Json& now) {
  Changes changes;
  changes.compare(&old, &now, FieldPath());
  return changes.take();
}

}  // namespace limen::validation::kinds
