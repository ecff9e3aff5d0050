#include "object/merge_patch.h"

namespace limen::object {

namespace {

// A value made from a patch alone: its nulls mean absent at every level.
void strip_nulls(Json& value) {
  if (!value.is_object()) return;
  boost::json::object& members = value.get_object();
  for (auto it = members.begin(); it != members.end();) {
    if (it->value().is_null()) {
      it = members.stable_erase(it);
    } else {
      strip_nulls(it->value());
      ++it;
    }
  }
}

}  // namespace

void apply_merge_patch(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) {
    target = patch;
    strip_nulls(target);
    return;
  }
  boost::json::object& members = target.get_object();
  for (const auto& [key, value] : patch.get_object()) {
    auto found = members.find(key);
    if (value.is_null()) {
      if (found != members.end()) members.stable_erase(found);
    } else if (found == members.end()) {
      Json& added = members[key];
      added = value;
      strip_nulls(added);
    } else {
      apply_merge_patch(found->value(), value);
    }
  }
}

}  // namespace limen::object
