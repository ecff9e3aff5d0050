#include "validation/apply/managers.h"

#include <algorithm>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::validation::apply {

namespace {

using object::Json;

std::optional<Manager> read_manager(const Json& entry) {
  Manager manager;
  const std::string_view operation = object::text_at(entry, "operation");
  if (operation != "Apply" && operation != "Update") return std::nullopt;
  manager.applied = operation == "Apply";
  const std::string_view type = object::text_at(entry, "fieldsType");
  if (!type.empty() && type != "FieldsV1") return std::nullopt;
  manager.name = object::text_at(entry, "manager");
  manager.api_version = object::text_at(entry, "apiVersion");
  manager.subresource = object::text_at(entry, "subresource");
  manager.time = object::text_at(entry, "time");
  if (const Json* fields = object::member(entry, "fieldsV1")) {
    std::optional<FieldSet> set = parse_fields(*fields);
    if (!set) return std::nullopt;
    manager.fields = std::move(*set);
  }
  return manager;
}

// Updates first by time; times are texts of one form, so that they sort as they are.
bool comes_first(const Manager& a, const Manager& b) {
  if (a.applied != b.applied) return a.applied;
  return std::tie(a.time, a.name, a.api_version, a.subresource) <
         std::tie(b.time, b.name, b.api_version, b.subresource);
}

bool same_entry_but_time(const Json& left, const Json& right) {
  if (!left.is_object() || !right.is_object()) return left == right;
  const boost::json::object& a = left.get_object();
  const boost::json::object& b = right.get_object();
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const auto& member) {
    const Json* other = b.if_contains(member.key());
    return other != nullptr && (member.key() == "time" || *other == member.value());
  });
}

}  // namespace

bool Manager::same_entry(const Manager& other) const {
  return name == other.name && applied == other.applied && subresource == other.subresource &&
         (applied || api_version == other.api_version);
}

std::string Manager::shown() const {
  std::string text = base::go_quote(name);
  if (!subresource.empty()) text += " with subresource " + base::go_quote(subresource);
  if (!applied) text += " using " + api_version;
  return text;
}

std::optional<Managers> read_managers(const Json* list) {
  Managers managers;
  if (list == nullptr || list->is_null()) return managers;
  if (!list->is_array()) return std::nullopt;
  for (const Json& entry : list->get_array()) {
    std::optional<Manager> manager = read_manager(entry);
    if (!manager) return std::nullopt;
    const auto same = std::find_if(managers.begin(), managers.end(),
                                   [&](const Manager& each) { return each.same_entry(*manager); });
    if (same == managers.end()) {
      managers.push_back(std::move(*manager));
    } else {
      *same = std::move(*manager);
    }
  }
  return managers;
}

Json managers_json(Managers managers) {
  std::sort(managers.begin(), managers.end(), comes_first);
  boost::json::array list;
  for (const Manager& manager : managers) {
    boost::json::object entry;
    entry["manager"] = manager.name;
    entry["operation"] = manager.applied ? "Apply" : "Update";
    entry["apiVersion"] = manager.api_version;
    if (!manager.time.empty()) entry["time"] = manager.time;
    entry["fieldsType"] = "FieldsV1";
    entry["fieldsV1"] = fields_json(manager.fields);
    if (!manager.subresource.empty()) entry["subresource"] = manager.subresource;
    list.push_back(std::move(entry));
  }
  return list;
}

bool is_reset(const Json* list) {
  if (list == nullptr || !list->is_array() || list->get_array().size() != 1) return false;
  const Json& only = list->get_array().front();
  return only.is_object() && only.get_object().empty();
}

bool same_managers(const Json* left, const Json* right) {
  if (left == nullptr || right == nullptr) return left == right;
  if (!left->is_array() || !right->is_array()) return *left == *right;
  const boost::json::array& a = left->get_array();
  const boost::json::array& b = right->get_array();
  // The time decides the order as well: each entry has its like somewhere.
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const Json& entry) {
           return std::any_of(b.begin(), b.end(),
                              [&](const Json& other) { return same_entry_but_time(entry, other); });
         });
}

std::string Conflicts::message() const {
  if (all.size() == 1) {
    return "Apply failed with 1 conflict: conflict with " + all[0].manager + ": " + all[0].path;
  }
  std::string text = "Apply failed with " + std::to_string(all.size()) + " conflicts: ";
  std::string_view manager;
  for (const Conflict& conflict : all) {
    if (&conflict != &all.front()) text += '\n';
    if (conflict.manager != manager) text += "conflicts with " + conflict.manager + ":\n";
    text += "- " + conflict.path;
    manager = conflict.manager;
  }
  return text;
}

}  // namespace limen::validation::apply
