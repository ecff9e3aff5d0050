#include "isolation/codec.h"

#include "modules/host_scope.h"
#include "object/json_pointer.h"

namespace limen::isolation {

namespace {

using boost::json::array;
using boost::json::value;

void put(Message& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out[key] = text;
}

void put(Message& out, std::string_view key, const Texts& texts) {
  if (!texts.empty()) out[key] = to_json(texts);
}

const array* array_of(const Message& message, std::string_view key) {
  const auto* found = message.if_contains(key);
  return found == nullptr ? nullptr : found->if_array();
}

std::string string_of(const value& from) {
  return from.is_string() ? std::string(from.get_string()) : std::string();
}

Texts texts_of_array(const array& from) {
  Texts out;
  for (const value& text : from) out.push_back(string_of(text));
  return out;
}

// Selectors: [[key, op, [values]], ...].
Message selector_json(const authz::Selector& selector) {
  Message out;
  put(out, "text", selector.text);
  put(out, "error", selector.error);
  array requirements;
  for (const authz::Requirement& one : selector.requirements) {
    requirements.push_back(array{one.key, static_cast<int>(one.op), to_json(one.values)});
  }
  if (!requirements.empty()) out["req"] = std::move(requirements);
  return out;
}

Message selector_json(limen_str text, const limen_requirement* requirements, std::uint32_t count,
                      limen_str error) {
  Message out;
  put(out, "text", modules::to_view(text));
  put(out, "error", modules::to_view(error));
  array all;
  for (std::uint32_t i = 0; i < count; ++i) {
    array values;
    for (std::uint32_t v = 0; v < requirements[i].value_count; ++v) {
      values.emplace_back(modules::to_view(requirements[i].values[v]));
    }
    all.push_back(array{modules::to_view(requirements[i].key), requirements[i].op, values});
  }
  if (!all.empty()) out["req"] = std::move(all);
  return out;
}

authz::Selector selector_of(const Message& message) {
  authz::Selector out;
  out.text = text_of(message, "text");
  out.error = text_of(message, "error");
  const array* all = array_of(message, "req");
  if (all == nullptr) return out;
  for (const value& item : *all) {
    const array* one = item.if_array();
    if (one == nullptr || one->size() != 3 || !(*one)[1].is_int64() || !(*one)[2].is_array()) {
      continue;
    }
    constexpr auto kLast = static_cast<std::int64_t>(authz::Requirement::Op::less_than);
    if ((*one)[1].get_int64() < 0 || (*one)[1].get_int64() > kLast) continue;
    authz::Requirement requirement;
    requirement.key = string_of((*one)[0]);
    requirement.op = static_cast<authz::Requirement::Op>((*one)[1].get_int64());
    requirement.values = texts_of_array((*one)[2].get_array());
    out.requirements.push_back(std::move(requirement));
  }
  return out;
}

// A verdict, or `zero` for anything else: what denies.
template <class Verdict>
Verdict verdict_of(const Message& message, int most, Verdict zero) {
  const std::int64_t number = number_of(message, "verdict");
  return number > 0 && number <= most ? static_cast<Verdict>(number) : zero;
}

bool is_protected(const std::string& pointer) { return pointer == "/metadata"; }

// The members of `after` that differ from those of `before`, with what is below metadata told one
// by one: its name may not be edited, not even to what it is.
void differences(const boost::json::object& before, const boost::json::object& after,
                 const std::string& at, array& out) {
  for (const auto& member : after) {
    const std::string pointer = at + '/' + object::pointer_part(member.key());
    const auto* old = before.if_contains(member.key());
    if (old != nullptr && *old == member.value()) continue;
    if (old != nullptr && old->is_object() && member.value().is_object() && is_protected(pointer)) {
      differences(old->get_object(), member.value().get_object(), pointer, out);
    } else {
      out.push_back(array{pointer, member.value()});
    }
  }
  for (const auto& member : before) {
    if (after.contains(member.key())) continue;
    out.push_back(array{at + '/' + object::pointer_part(member.key())});
  }
}

}  // namespace

array to_json(const Texts& texts) {
  array out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

array to_json(const Pairs& pairs) {
  array out;
  out.reserve(pairs.size());
  for (const auto& [key, text] : pairs) out.push_back(array{key, text});
  return out;
}

Texts texts_of(const Message& message, std::string_view key) {
  const array* found = array_of(message, key);
  return found == nullptr ? Texts() : texts_of_array(*found);
}

Pairs pairs_of(const Message& message, std::string_view key) {
  Pairs out;
  const array* found = array_of(message, key);
  if (found == nullptr) return out;
  for (const value& item : *found) {
    const array* pair = item.if_array();
    if (pair != nullptr && pair->size() == 2) {
      out.emplace_back(string_of((*pair)[0]), string_of((*pair)[1]));
    }
  }
  return out;
}

const Message& object_of(const Message& message, std::string_view key) {
  static const Message nothing;
  const auto* found = message.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : nothing;
}

Message to_json(const request::Identity& user) {
  Message out;
  out["name"] = user.name;
  put(out, "uid", user.uid);
  put(out, "groups", user.groups);
  array extra;
  for (const auto& [key, values] : user.extra) extra.push_back(array{key, to_json(values)});
  if (!extra.empty()) out["extra"] = std::move(extra);
  return out;
}

request::Identity identity_of(const Message& message) {
  request::Identity out;
  out.name = text_of(message, "name");
  out.uid = text_of(message, "uid");
  out.groups = texts_of(message, "groups");
  const array* extra = array_of(message, "extra");
  if (extra == nullptr) return out;
  for (const value& item : *extra) {
    const array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[1].is_array()) continue;
    out.extra.emplace_back(string_of((*pair)[0]), texts_of_array((*pair)[1].get_array()));
  }
  return out;
}

Message to_json(const authz::Attributes& from) {
  Message out;
  if (from.user != nullptr) out["user"] = to_json(*from.user);
  put(out, "verb", from.verb);
  out["resourceRequest"] = from.is_resource;
  put(out, "group", from.group);
  put(out, "version", from.version);
  put(out, "resource", from.resource);
  put(out, "subresource", from.subresource);
  put(out, "ns", from.ns);
  put(out, "name", from.name);
  put(out, "path", from.path);
  out["fields"] = selector_json(from.fields);
  out["labels"] = selector_json(from.labels);
  out["explain"] = from.explain;
  return out;
}

Message to_json(const limen_attributes& from) {
  using modules::to_view;
  Message out;
  Message user;
  if (from.user != nullptr) {
    user["name"] = to_view(from.user->name);
    put(user, "uid", to_view(from.user->uid));
    array groups;
    for (std::uint32_t i = 0; i < from.user->group_count; ++i) {
      groups.emplace_back(to_view(from.user->groups[i]));
    }
    user["groups"] = std::move(groups);
    array extra;  // one entry a value here; who reads them gathers those of a key
    for (std::uint32_t i = 0; i < from.user->extra_count; ++i) {
      const limen_pair& pair = from.user->extra[i];
      if (!extra.empty() && string_of(extra.back().get_array()[0]) == to_view(pair.key)) {
        extra.back().get_array()[1].get_array().emplace_back(to_view(pair.value));
      } else {
        extra.push_back(array{to_view(pair.key), array{to_view(pair.value)}});
      }
    }
    user["extra"] = std::move(extra);
  }
  out["user"] = std::move(user);
  put(out, "verb", to_view(from.verb));
  out["resourceRequest"] = from.is_resource != 0;
  put(out, "group", to_view(from.api_group));
  put(out, "version", to_view(from.api_version));
  put(out, "resource", to_view(from.resource));
  put(out, "subresource", to_view(from.subresource));
  put(out, "ns", to_view(from.ns));
  put(out, "name", to_view(from.name));
  put(out, "path", to_view(from.path));
  out["fields"] = selector_json(from.field_selector, from.field_requirements,
                                from.field_requirement_count, from.field_selector_error);
  out["labels"] = selector_json(from.label_selector, from.label_requirements,
                                from.label_requirement_count, from.label_selector_error);
  out["explain"] = from.explain != 0;
  return out;
}

void read_question(const Message& message, Question& out) {
  out.user = identity_of(object_of(message, "user"));
  authz::Attributes& to = out.attributes;
  to.user = &out.user;
  to.verb = text_of(message, "verb");
  to.is_resource = flag_of(message, "resourceRequest");
  to.group = text_of(message, "group");
  to.version = text_of(message, "version");
  to.resource = text_of(message, "resource");
  to.subresource = text_of(message, "subresource");
  to.ns = text_of(message, "ns");
  to.name = text_of(message, "name");
  to.path = text_of(message, "path");
  to.fields = selector_of(object_of(message, "fields"));
  to.labels = selector_of(object_of(message, "labels"));
  to.explain = flag_of(message, "explain");
}

Message to_json(const authn::Result& result) {
  Message out;
  out["verdict"] = static_cast<int>(result.verdict);
  if (result.verdict == authn::Verdict::authenticated) out["user"] = to_json(result.identity);
  put(out, "audiences", result.audiences);
  put(out, "error", result.error);
  put(out, "challenges", result.challenges);
  put(out, "warnings", result.warnings);
  if (!result.annotations.empty()) out["annotations"] = to_json(result.annotations);
  if (result.cache_for.count() > 0) out["cacheFor"] = result.cache_for.count();
  return out;
}

authn::Result authn_result_of(const Message& message) {
  authn::Result out;
  out.verdict = verdict_of(message, 2, authn::Verdict::no_opinion);
  out.identity = identity_of(object_of(message, "user"));
  out.audiences = texts_of(message, "audiences");
  out.error = text_of(message, "error");
  out.challenges = texts_of(message, "challenges");
  out.warnings = texts_of(message, "warnings");
  out.annotations = pairs_of(message, "annotations");
  out.cache_for = std::chrono::nanoseconds(number_of(message, "cacheFor"));
  return out;
}

Message to_json(const authz::Result& result) {
  Message out;
  out["verdict"] = static_cast<int>(result.verdict);
  put(out, "reason", result.reason);
  put(out, "error", result.error);
  if (result.basis != nullptr) {
    put(out, "rule", result.basis->rule);
    out["causes"] = to_json(result.basis->causes);
  }
  return out;
}

authz::Result authz_result_of(const Message& message) {
  authz::Result out;
  out.verdict = verdict_of(message, 2, authz::Verdict::deny);
  out.reason = text_of(message, "reason");
  out.error = text_of(message, "error");
  authz::Basis basis{text_of(message, "rule"), pairs_of(message, "causes")};
  if (!basis.rule.empty() || !basis.causes.empty()) {
    out.basis = std::make_shared<const authz::Basis>(std::move(basis));
  }
  return out;
}

Message to_json(const authz::Rules& rules) {
  Message out;
  array resources;
  for (const authz::ResourceRule& rule : rules.resource_rules) {
    resources.push_back(array{to_json(rule.verbs), to_json(rule.api_groups),
                              to_json(rule.resources), to_json(rule.resource_names)});
  }
  array urls;
  for (const authz::NonResourceRule& rule : rules.non_resource_rules) {
    urls.push_back(array{to_json(rule.verbs), to_json(rule.urls)});
  }
  out["resources"] = std::move(resources);
  out["urls"] = std::move(urls);
  out["incomplete"] = rules.incomplete;
  put(out, "error", rules.error);
  return out;
}

authz::Rules rules_of(const Message& message) {
  authz::Rules out;
  const auto lists = [&](std::string_view key, std::size_t size, const auto& take) {
    const array* all = array_of(message, key);
    if (all == nullptr) return;
    for (const value& item : *all) {
      const array* rule = item.if_array();
      if (rule == nullptr || rule->size() != size) continue;
      std::vector<Texts> parts;
      for (const value& part : *rule) {
        parts.push_back(part.is_array() ? texts_of_array(part.get_array()) : Texts());
      }
      take(parts);
    }
  };
  lists("resources", 4, [&](std::vector<Texts>& p) {
    out.resource_rules.push_back({p[0], p[1], p[2], p[3]});
  });
  lists("urls", 2, [&](std::vector<Texts>& p) { out.non_resource_rules.push_back({p[0], p[1]}); });
  out.incomplete = flag_of(message, "incomplete");
  out.error = text_of(message, "error");
  return out;
}

Message to_json(const admission::Result& result, const object::Json& object) {
  Message out;
  out["allowed"] = result.allowed;
  put(out, "error", result.error);
  if (!result.allowed) {
    out["code"] = result.code;
    put(out, "reason", result.reason);
    put(out, "message", result.message);
    array causes;
    for (const base::StatusCause& cause : result.causes) {
      causes.push_back(array{cause.reason, cause.message, cause.field});
    }
    if (!causes.empty()) out["causes"] = std::move(causes);
  }
  if (!result.changed) return out;
  static const boost::json::object nothing;
  const object::Json& changed = result.changed.root();
  array edits;
  differences(object.is_object() ? object.get_object() : nothing,
              changed.is_object() ? changed.get_object() : nothing, "", edits);
  out["edits"] = std::move(edits);
  return out;
}

admission::Result admission_result_of(const Message& message) {
  admission::Result out;
  out.allowed = flag_of(message, "allowed");
  out.error = text_of(message, "error");
  out.code = static_cast<int>(number_of(message, "code"));
  out.reason = text_of(message, "reason");
  out.message = text_of(message, "message");
  const array* causes = array_of(message, "causes");
  if (causes == nullptr) return out;
  for (const value& item : *causes) {
    const array* cause = item.if_array();
    if (cause == nullptr || cause->size() != 3) continue;
    out.causes.push_back({string_of((*cause)[0]), string_of((*cause)[1]), string_of((*cause)[2])});
  }
  return out;
}

Message to_json(const admission::Version& version) {
  Message out;
  put(out, "group", version.group);
  put(out, "version", version.version);
  put(out, "kindGroup", version.kind_group);
  put(out, "kindVersion", version.kind_version);
  put(out, "kind", version.kind);
  return out;
}

admission::Version version_of(const Message& message) {
  return {text_of(message, "group"), text_of(message, "version"), text_of(message, "kindGroup"),
          text_of(message, "kindVersion"), text_of(message, "kind")};
}

std::vector<Edit> edits_of(const Message& message) {
  std::vector<Edit> out;
  const array* edits = array_of(message, "edits");
  if (edits == nullptr) return out;
  for (const value& item : *edits) {
    const array* edit = item.if_array();
    if (edit == nullptr || edit->empty()) continue;
    out.push_back({string_of((*edit)[0]), edit->size() > 1 ? &(*edit)[1] : nullptr});
  }
  return out;
}

void add_notes(Message& message, const request::CallScope& scope) {
  put(message, "warnings", scope.warnings);
  if (!scope.annotations.empty()) message["annotations"] = to_json(scope.annotations);
}

Message to_json(const modules::DescriptorInfo& descriptor) {
  Message out;
  out["index"] = descriptor.index;
  out["id"] = descriptor.id;
  out["kind"] = descriptor.kind;
  out["version"] = descriptor.version;
  put(out, "vendor", descriptor.vendor);
  put(out, "url", descriptor.url);
  put(out, "summary", descriptor.summary);
  out["flags"] = descriptor.flags;
  put(out, "schema", descriptor.config_schema);
  put(out, "required", descriptor.required);
  return out;
}

modules::DescriptorInfo descriptor_of(const Message& message) {
  modules::DescriptorInfo out;
  out.index = static_cast<std::uint32_t>(number_of(message, "index"));
  out.id = text_of(message, "id");
  out.kind = text_of(message, "kind");
  out.version = text_of(message, "version");
  out.vendor = text_of(message, "vendor");
  out.url = text_of(message, "url");
  out.summary = text_of(message, "summary");
  out.flags = static_cast<std::uint32_t>(number_of(message, "flags"));
  out.config_schema = text_of(message, "schema");
  out.required = texts_of(message, "required");
  return out;
}

}  // namespace limen::isolation
