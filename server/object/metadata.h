// Reading and writing what every object has: apiVersion, kind and metadata.
//
// Readers never fail: a missing or mistyped member reads as empty. Writers make the members they
// need. Views borrow from the object. Thread rule: as the object's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "object/document.h"
#include "object/selector.h"

namespace limen::object {

// The member's text, or "" when `value` is no object, has no such member or it is no string.
std::string_view text_at(const Json& value, std::string_view key);
// The member, or null.
const Json* member(const Json& value, std::string_view key);
Json* member(Json& value, std::string_view key);
// Follows members by name: find(object, {"spec", "replicas"}). Null when a step is missing.
const Json* find(const Json& value, std::initializer_list<std::string_view> path);
// Makes the member an object when it is missing or none, and returns it. `value` must be an object.
boost::json::object& object_at(Json& value, std::string_view key);
// The texts of a list; what is no text is passed over, and so is what is no list.
std::vector<std::string> texts_of(const Json* list);
// Whole numbers in any JSON form (int64, uint64, integral double) or `otherwise`.
std::int64_t int_or(const Json* value, std::int64_t otherwise);

std::string_view api_version(const Json& object);
std::string_view kind(const Json& object);
std::string_view name(const Json& object);
std::string_view generate_name(const Json& object);
std::string_view ns(const Json& object);
std::string_view uid(const Json& object);
std::string_view resource_version(const Json& object);
std::string_view creation_timestamp(const Json& object);
std::string_view deletion_timestamp(const Json& object);
std::int64_t generation(const Json& object);  // 0: none
std::vector<std::string> finalizers(const Json& object);
Labels labels(const Json& object);       // sorted by key
Labels annotations(const Json& object);  // sorted by key
// Labels of a raw map such as spec.selector.matchLabels; sorted by key.
Labels to_labels(const Json* map);

boost::json::object& metadata(Json& object);  // made when missing
const Json* metadata_of(const Json& object);  // or null
// Sets metadata.<key>; "" removes it.
void set_metadata(Json& object, std::string_view key, std::string_view value);
void set_generation(Json& object, std::int64_t generation);
void set_type(Json& object, std::string_view api_version, std::string_view kind);
void set_finalizers(Json& object, const std::vector<std::string>& finalizers);  // empty removes

// "v1" for the core group, else "group/version".
std::string group_version(std::string_view group, std::string_view version);
// The two parts of an apiVersion; "v1" has the group "".
struct GroupVersionParts {
  std::string_view group, version;
};
GroupVersionParts split_api_version(std::string_view api_version);

}  // namespace limen::object
