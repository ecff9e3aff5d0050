#include "api/call.h"

#include <string>

#include "base/api_error.h"

namespace limen::api {

storage::ResourceId Call::id() const {
  return {std::string(resource.storage_group), std::string(resource.name)};
}

std::string_view Call::ns() const {
  return resource.namespaced ? std::string_view(context.info.ns) : std::string_view();
}

storage::Key Call::key(std::string_view name) const {
  return {id(), std::string(ns()), std::string(name)};
}

authz::Attributes Call::attributes(std::string_view verb, std::string_view name) const {
  authz::Attributes attributes;
  attributes.user = &context.user;
  attributes.verb = verb;
  attributes.is_resource = true;
  attributes.group = resource.group;
  attributes.version = resource.version;
  attributes.resource = resource.name;
  attributes.subresource = context.info.subresource;
  attributes.ns = context.info.ns;
  // A namespace is in itself, the one being created too.
  if (attributes.ns.empty() && resource.group.empty() && resource.name == "namespaces") {
    attributes.ns = name;
  }
  attributes.name = name;
  attributes.path = context.info.path;
  return attributes;
}

base::ApiError Call::not_found(std::string_view name) const {
  return base::ApiError::not_found(resource.group, resource.name, name);
}

base::ApiError Call::conflict(std::string_view name, std::string_view why) const {
  return base::ApiError::conflict(resource.group, resource.name, name, why);
}

}  // namespace limen::api
