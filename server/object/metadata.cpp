#include "object/metadata.h"

#include <algorithm>
#include <cmath>

namespace limen::object {

namespace {

std::string_view metadata_text(const Json& object, std::string_view key) {
  const Json* meta = metadata_of(object);
  return meta ? text_at(*meta, key) : std::string_view();
}

}  // namespace

const Json* member(const Json& value, std::string_view key) {
  const boost::json::object* members = value.if_object();
  return members ? members->if_contains(key) : nullptr;
}

Json* member(Json& value, std::string_view key) {
  boost::json::object* members = value.if_object();
  return members ? members->if_contains(key) : nullptr;
}

std::string_view text_at(const Json& value, std::string_view key) {
  const Json* found = member(value, key);
  if (!found || !found->is_string()) return {};
  return std::string_view(found->get_string());
}

const Json* find(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* at = &value;
  for (const std::string_view key : path) {
    at = member(*at, key);
    if (!at) return nullptr;
  }
  return at;
}

boost::json::object& object_at(Json& value, std::string_view key) {
  Json& found = value.as_object()[key];
  if (!found.is_object()) found.emplace_object();
  return found.get_object();
}

std::vector<std::string> texts_of(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& item : list->get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

std::int64_t int_or(const Json* value, std::int64_t otherwise) {
  if (!value) return otherwise;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) {
    const std::uint64_t number = value->get_uint64();
    return number <= INT64_MAX ? static_cast<std::int64_t>(number) : otherwise;
  }
  if (value->is_double()) {
    const double number = value->get_double();
    if (number == std::floor(number) && std::fabs(number) < 9.0e18) {
      return static_cast<std::int64_t>(number);
    }
  }
  return otherwise;
}

std::string_view api_version(const Json& object) { return text_at(object, "apiVersion"); }
std::string_view kind(const Json& object) { return text_at(object, "kind"); }
std::string_view name(const Json& object) { return metadata_text(object, "name"); }
std::string_view generate_name(const Json& object) { return metadata_text(object, "generateName"); }
std::string_view ns(const Json& object) { return metadata_text(object, "namespace"); }
std::string_view uid(const Json& object) { return metadata_text(object, "uid"); }
std::string_view resource_version(const Json& object) {
  return metadata_text(object, "resourceVersion");
}
std::string_view creation_timestamp(const Json& object) {
  return metadata_text(object, "creationTimestamp");
}
std::string_view deletion_timestamp(const Json& object) {
  return metadata_text(object, "deletionTimestamp");
}

std::int64_t generation(const Json& object) {
  return int_or(find(object, {"metadata", "generation"}), 0);
}

std::vector<std::string> finalizers(const Json& object) {
  std::vector<std::string> out;
  const Json* list = find(object, {"metadata", "finalizers"});
  if (!list || !list->is_array()) return out;
  for (const Json& entry : list->get_array()) {
    if (entry.is_string()) out.emplace_back(std::string_view(entry.get_string()));
  }
  return out;
}

Labels to_labels(const Json* map) {
  Labels out;
  const boost::json::object* members = map ? map->if_object() : nullptr;
  if (!members) return out;
  out.reserve(members->size());
  for (const auto& entry : *members) {
    if (!entry.value().is_string()) continue;
    out.emplace_back(std::string_view(entry.key()), std::string_view(entry.value().get_string()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Labels labels(const Json& object) { return to_labels(find(object, {"metadata", "labels"})); }
Labels annotations(const Json& object) {
  return to_labels(find(object, {"metadata", "annotations"}));
}

boost::json::object& metadata(Json& object) { return object_at(object, "metadata"); }

const Json* metadata_of(const Json& object) { return member(object, "metadata"); }

void set_metadata(Json& object, std::string_view key, std::string_view value) {
  boost::json::object& meta = metadata(object);
  if (value.empty()) {
    if (auto found = meta.find(key); found != meta.end()) meta.stable_erase(found);
  } else {
    meta[key] = value;
  }
}

void set_generation(Json& object, std::int64_t generation) {
  metadata(object)["generation"] = generation;
}

void set_type(Json& object, std::string_view api_version, std::string_view kind) {
  boost::json::object& members = object.as_object();
  members["apiVersion"] = api_version;
  members["kind"] = kind;
}

void set_finalizers(Json& object, const std::vector<std::string>& finalizers) {
  boost::json::object& meta = metadata(object);
  if (finalizers.empty()) {
    if (auto found = meta.find("finalizers"); found != meta.end()) meta.stable_erase(found);
    return;
  }
  boost::json::array& list = meta["finalizers"].emplace_array();
  for (const std::string& entry : finalizers) list.emplace_back(entry);
}

std::string group_version(std::string_view group, std::string_view version) {
  std::string out(group);
  if (!out.empty()) out += '/';
  out += version;
  return out;
}

GroupVersionParts split_api_version(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", api_version};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

}  // namespace limen::object
