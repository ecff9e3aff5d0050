#include "authz/attributes.h"

namespace limen::authz {

Attributes attributes_of(const request::RequestInfo& info, const request::Identity& user) {
  Attributes attributes;
  attributes.user = &user;
  attributes.verb = info.verb;
  attributes.is_resource = info.is_resource;
  attributes.path = info.path;
  if (!info.is_resource) return attributes;
  attributes.group = info.group;
  attributes.version = info.version;
  attributes.resource = info.resource;
  attributes.subresource = info.subresource;
  attributes.ns = info.ns;
  attributes.name = info.name;
  attributes.field_selector = info.field_selector;
  attributes.label_selector = info.label_selector;
  return attributes;
}

}  // namespace limen::authz
