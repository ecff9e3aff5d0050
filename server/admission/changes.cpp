#include "admission/changes.h"

#include <algorithm>
#include <utility>

#include "object/json_pointer.h"

namespace limen::admission {

namespace {

using boost::json::array;
using Map = boost::json::object;
using object::Json;

class Comparison {
 public:
  array take() { return std::move(operations_); }

  void compare(const Json& before, const Json& after, const std::string& path) {
    if (before.is_object() && after.is_object()) {
      members(before.get_object(), after.get_object(), path);
    } else if (before.is_array() && after.is_array()) {
      items(before.get_array(), after.get_array(), path);
    } else if (before != after) {
      tell("replace", path, &after);
    }
  }

 private:
  void members(const Map& before, const Map& after, const std::string& path) {
    for (const auto& [key, value] : before) {
      const Json* now = after.if_contains(key);
      const std::string at = path + "/" + object::pointer_part(key);
      if (now == nullptr) {
        tell("remove", at, nullptr);
      } else {
        compare(value, *now, at);
      }
    }
    for (const auto& [key, value] : after) {
      if (!before.contains(key)) tell("add", path + "/" + object::pointer_part(key), &value);
    }
  }

  void items(const array& before, const array& after, const std::string& path) {
    const std::size_t common = std::min(before.size(), after.size());
    const auto at = [&path](std::size_t index) { return path + "/" + std::to_string(index); };
    for (std::size_t i = 0; i < common; ++i) compare(before[i], after[i], at(i));
    // From the end, so that every index still holds when its turn comes.
    for (std::size_t i = before.size(); i > common; --i) tell("remove", at(i - 1), nullptr);
    for (std::size_t i = common; i < after.size(); ++i) tell("add", at(i), &after[i]);
  }

  void tell(const char* operation, const std::string& path, const Json* value) {
    Map one{{"op", operation}, {"path", path}};
    if (value != nullptr) one["value"] = *value;
    operations_.push_back(std::move(one));
  }

  array operations_;
};

array paths_of(const array& operations) {
  array paths;
  for (const Json& one : operations) paths.push_back(one.get_object().at("path"));
  return paths;
}

}  // namespace

Json changes_between(const Json& before, const Json& after) {
  Comparison comparison;
  comparison.compare(before, after, "");
  return comparison.take();
}

bool is_confidential(const authz::Attributes& about) {
  if (about.group == "authentication.k8s.io") return true;
  if (!about.group.empty()) return false;
  return about.resource == "secrets" ||
         (about.resource == "serviceaccounts" && about.subresource == "token");
}

std::string tell_changes(std::string_view module, const authz::Attributes& about,
                         const Json& before, const Json& after) {
  const Json changes = changes_between(before, after);
  const array& operations = changes.get_array();
  Map told{{"module", module}};
  if (!is_confidential(about)) {
    told["patch"] = operations;
    told["patchType"] = "JSONPatch";
    std::string text = boost::json::serialize(told);
    if (text.size() <= kMaxTold) return text;
  }
  told = Map{{"module", module}, {"paths", paths_of(operations)}};
  std::string text = boost::json::serialize(told);
  if (text.size() <= kMaxTold) return text;
  return boost::json::serialize(Map{{"module", module}, {"changes", operations.size()}});
}

}  // namespace limen::admission
