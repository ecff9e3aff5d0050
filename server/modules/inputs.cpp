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

namespace {

static_assert(static_cast<int>(authz::Requirement::Op::in) == LIMEN_OP_IN &&
              static_cast<int>(authz::Requirement::Op::not_in) == LIMEN_OP_NOT_IN &&
              static_cast<int>(authz::Requirement::Op::exists) == LIMEN_OP_EXISTS &&
              static_cast<int>(authz::Requirement::Op::does_not_exist) == LIMEN_OP_DOES_NOT_EXIST &&
              static_cast<int>(authz::Requirement::Op::greater_than) == LIMEN_OP_GREATER_THAN &&
              static_cast<int>(authz::Requirement::Op::less_than) == LIMEN_OP_LESS_THAN);

const limen_requirement* make_requirements(Arena& arena,
                                           const std::vector<authz::Requirement>& requirements) {
  auto* out = arena.array<limen_requirement>(requirements.size());
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    const authz::Requirement& from = requirements[i];
    auto* values = arena.array<limen_str>(from.values.size());
    for (std::size_t n = 0; n < from.values.size(); ++n) values[n] = arena.copy(from.values[n]);
    out[i] = {arena.copy(from.key), values, static_cast<std::uint32_t>(from.values.size()),
              static_cast<std::int32_t>(from.op)};
  }
  return out;
}

}  // namespace

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
  const authz::Selector &fields = attributes.fields, &labels = attributes.labels;
  out->field_selector = arena.copy(fields.text);
  out->label_selector = arena.copy(labels.text);
  out->field_requirements = make_requirements(arena, fields.requirements);
  out->field_requirement_count = static_cast<std::uint32_t>(fields.requirements.size());
  out->label_requirements = make_requirements(arena, labels.requirements);
  out->label_requirement_count = static_cast<std::uint32_t>(labels.requirements.size());
  out->field_selector_error = arena.copy(fields.error);
  out->label_selector_error = arena.copy(labels.error);
  return out;
}

}  // namespace limen::modules
