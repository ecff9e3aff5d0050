#include "modules/inputs.h"

namespace limen::modules {

const limen_user* make_user(Arena& arena, const request::Identity& user) {
  auto* out = arena.array<limen_user>(1);
  auto* groups = arena.array<limen_str>(user.groups.size());
  for (std::size_t i = 0; i < user.groups.size(); ++i) groups[i] = arena.copy(user.groups[i]);
  std::size_t extra_count = 0;
  for (const auto& [key, values] : user.extra) extra_count += values.size();
  auto* extra = arena.array<limen_pair>(extra_count);
  std::size_t next = 0;
  for (const auto& [key, values] : user.extra) {
    const limen_str name = arena.copy(key);
    for (const std::string& value : values) extra[next++] = {name, arena.copy(value)};
  }
  out->struct_size = sizeof(limen_user);
  out->group_count = static_cast<std::uint32_t>(user.groups.size());
  out->name = arena.copy(user.name);
  out->uid = arena.copy(user.uid);
  out->groups = groups;
  out->extra = extra;
  out->extra_count = static_cast<std::uint32_t>(extra_count);
  return out;
}

const limen_attributes* make_attributes(Arena& arena, const authz::Attributes& attributes) {
  static const request::Identity nobody;
  auto* out = arena.array<limen_attributes>(1);
  out->struct_size = sizeof(limen_attributes);
  out->is_resource = attributes.is_resource ? 1 : 0;
  out->read_only = attributes.read_only() ? 1 : 0;
  out->explain = attributes.explain ? 1 : 0;
  out->user = make_user(arena, attributes.user == nullptr ? nobody : *attributes.user);
  out->verb = arena.copy(attributes.verb);
  out->api_group = arena.copy(attributes.group);
  out->api_version = arena.copy(attributes.version);
  out->resource = arena.copy(attributes.resource);
  out->subresource = arena.copy(attributes.subresource);
  out->ns = arena.copy(attributes.ns);
  out->name = arena.copy(attributes.name);
  out->path = arena.copy(attributes.path);
  out->field_selector = arena.copy(attributes.field_selector);
  out->label_selector = arena.copy(attributes.label_selector);
  return out;
}

}  // namespace limen::modules
