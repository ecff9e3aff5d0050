// Shared by the tests of validation: causes as one line of text each.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "object/canonical.h"
#include "validation/defaults.h"
#include "validation/validate.h"

namespace limen::validation {

using Lines = std::vector<std::string>;

inline const catalog::Resource& resource(std::string_view group, std::string_view name) {
  const catalog::Resource* found = catalog::find_preferred(group, name);
  if (!found) throw std::invalid_argument(std::string(name));
  return *found;
}

inline Lines lines(const std::vector<base::StatusCause>& causes) {
  Lines out;
  for (const base::StatusCause& cause : causes) out.push_back(cause.field + ": " + cause.message);
  return out;
}

// `json` with the metadata a stored object has, unless it has its own.
inline object::Json with_metadata(const catalog::Resource& of, std::string_view json) {
  object::Json object = boost::json::parse(boost::json::string_view(json.data(), json.size()));
  if (!object.as_object().contains("metadata")) {
    object.as_object()["metadata"] = boost::json::object{{"name", "x"}};
    if (of.namespaced) object.as_object()["metadata"].as_object()["namespace"] = "default";
  }
  return object;
}

// Causes of creating the object as it is, and of creating it after defaulting.
inline Lines created_raw(std::string_view group, std::string_view name, std::string_view json) {
  const catalog::Resource& of = resource(group, name);
  return lines(validate_create(of, with_metadata(of, json)));
}
inline Lines created(std::string_view group, std::string_view name, std::string_view json) {
  const catalog::Resource& of = resource(group, name);
  object::Json object = with_metadata(of, json);
  apply_defaults(of, object);
  return lines(validate_create(of, object));
}

inline Lines updated(std::string_view group, std::string_view name, std::string_view old_json,
                     std::string_view json) {
  const catalog::Resource& of = resource(group, name);
  object::Json old = with_metadata(of, old_json);
  object::Json object = with_metadata(of, json);
  apply_defaults(of, old);
  apply_defaults(of, object);
  return lines(validate_update(of, object, old));
}

inline std::string defaulted(std::string_view group, std::string_view name, std::string_view json) {
  object::Json object = boost::json::parse(boost::json::string_view(json.data(), json.size()));
  apply_defaults(resource(group, name), object);
  const std::string once = object::to_json(object);
  apply_defaults(resource(group, name), object);
  EXPECT_EQ(object::to_json(object), once) << "defaulting twice changed the object";
  return once;
}

}  // namespace limen::validation
