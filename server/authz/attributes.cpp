#include "authz/attributes.h"

#include "authz/selectors.h"

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
  if (!info.field_selector.empty()) attributes.fields = read_field_selector(info.field_selector);
  if (!info.label_selector.empty()) attributes.labels = read_label_selector(info.label_selector);
  return attributes;
}

}  // namespace limen::authz
