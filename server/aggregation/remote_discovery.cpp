#include "aggregation/remote_discovery.h"

#include <algorithm>
#include <map>

#include "object/metadata.h"

namespace limen::aggregation {

namespace {

using object::Json;
using Members = boost::json::object;

constexpr std::size_t kMaxUrlBytes = 1024;

boost::json::string text(std::string_view view) {
  return boost::json::string(view.data(), view.size());
}

Json texts(const Json* list) {
  boost::json::array out;
  for (const std::string& one : object::texts_of(list)) out.emplace_back(text(one));
  return out;
}

void take_texts(Members& to, const Json& from, std::string_view key) {
  const Json* list = object::member(from, key);
  if (!list || !list->is_array() || list->get_array().empty()) return;
  to[key] = texts(list);
}

Json kind(std::string_view group, std::string_view version, std::string_view name) {
  return Members{{"group", text(group)}, {"version", text(version)}, {"kind", text(name)}};
}

Json taken_kind(const Json* from) {
  static const Json kNone(nullptr);
  const Json& source = from ? *from : kNone;
  return kind(object::text_at(source, "group"), object::text_at(source, "version"),
              object::text_at(source, "kind"));
}

Json taken_kinds(const Json& from) {
  boost::json::array out;
  if (from.is_array()) {
    for (const Json& one : from.get_array()) out.emplace_back(taken_kind(&one));
  }
  return out;
}

Json taken_subresource(const Json& from) {
  Members out;
  out["subresource"] = text(object::text_at(from, "subresource"));
  const Json* answered = object::member(from, "responseKind");
  if (answered && answered->is_object()) out["responseKind"] = taken_kind(answered);
  const Json* accepted = object::member(from, "acceptedTypes");
  if (accepted) out["acceptedTypes"] = taken_kinds(*accepted);
  out["verbs"] = texts(object::member(from, "verbs"));
  return out;
}

Json taken_resource(const Json& from) {
  Members out;
  out["resource"] = text(object::text_at(from, "resource"));
  const Json* answered = object::member(from, "responseKind");
  if (answered && answered->is_object()) out["responseKind"] = taken_kind(answered);
  out["scope"] = object::text_at(from, "scope") == "Cluster" ? "Cluster" : "Namespaced";
  out["singularResource"] = text(object::text_at(from, "singularResource"));
  out["verbs"] = texts(object::member(from, "verbs"));
  take_texts(out, from, "shortNames");
  take_texts(out, from, "categories");
  const Json* subresources = object::member(from, "subresources");
  if (subresources && subresources->is_array() && !subresources->get_array().empty()) {
    boost::json::array list;
    for (const Json& one : subresources->get_array()) {
      if (object::text_at(one, "subresource").empty()) continue;
      list.emplace_back(taken_subresource(one));
    }
    out["subresources"] = std::move(list);
  }
  return out;
}

std::string taken_resources(const Json* list) {
  boost::json::array out;
  if (list && list->is_array()) {
    for (const Json& one : list->get_array()) {
      if (object::text_at(one, "resource").empty()) continue;
      if (out.size() == kMaxListedResources) break;
      out.emplace_back(taken_resource(one));
    }
  }
  return boost::json::serialize(out);
}

// The element of a list whose text at `path` is `wanted`, or null.
const Json* entry(const Json* list, std::initializer_list<std::string_view> path,
                  std::string_view wanted) {
  if (!list || !list->is_array()) return nullptr;
  for (const Json& one : list->get_array()) {
    const Json* found = object::find(one, path);
    if (found && found->is_string() && std::string_view(found->get_string()) == wanted) return &one;
  }
  return nullptr;
}

// A resource of the older list; of `parent` when it is a subresource.
Members of_older(const Json& from, std::string_view group, std::string_view version) {
  const std::string_view own_group = object::text_at(from, "group");
  const std::string_view own_version = object::text_at(from, "version");
  Members out;
  out["responseKind"] =
      kind(own_group.empty() && own_version.empty() ? group : own_group,
           own_version.empty() ? version : own_version, object::text_at(from, "kind"));
  out["verbs"] = texts(object::member(from, "verbs"));
  return out;
}

bool is_namespaced(const Json& from) {
  const Json* found = object::member(from, "namespaced");
  return found && found->is_bool() && found->get_bool();
}

}  // namespace

std::optional<std::string> resources_of(const Json& discovery, std::string_view group,
                                        std::string_view version) {
  if (object::kind(discovery) != "APIGroupDiscoveryList") return std::nullopt;
  const Json* found = entry(object::member(discovery, "items"), {"metadata", "name"}, group);
  if (!found) return std::nullopt;
  found = entry(object::member(*found, "versions"), {"version"}, version);
  if (!found) return std::nullopt;
  return taken_resources(object::member(*found, "resources"));
}

std::optional<std::string> resources_of_list(const Json& list, std::string_view group,
                                             std::string_view version) {
  if (object::kind(list) != "APIResourceList") return std::nullopt;
  const Json* resources = object::member(list, "resources");
  boost::json::array out;
  std::map<std::string, std::size_t, std::less<>> places;
  const auto place = [&](std::string_view name, const Json& from) -> Members* {
    const auto known = places.find(name);
    if (known != places.end()) return &out[known->second].get_object();
    if (out.size() == kMaxListedResources) return nullptr;
    places.emplace(name, out.size());
    Members& made = out.emplace_back(Members()).emplace_object();
    made["resource"] = text(name);
    made["scope"] = is_namespaced(from) ? "Namespaced" : "Cluster";
    made["singularResource"] = "";
    made["verbs"] = boost::json::array();
    return &made;
  };
  if (!resources || !resources->is_array()) return "[]";
  for (const Json& one : resources->get_array()) {
    const std::string_view name = object::text_at(one, "name");
    const std::size_t slash = name.find('/');
    Members* to = name.empty() ? nullptr : place(name.substr(0, slash), one);
    if (!to) continue;
    Members described = of_older(one, group, version);
    if (slash == std::string_view::npos) {
      for (auto& member : described) (*to)[member.key()] = std::move(member.value());
      (*to)["singularResource"] = text(object::text_at(one, "singularName"));
      take_texts(*to, one, "shortNames");
      take_texts(*to, one, "categories");
    } else {
      described["subresource"] = text(name.substr(slash + 1));
      Json& list_of = (*to)["subresources"];
      if (!list_of.is_array()) list_of.emplace_array();
      list_of.get_array().emplace_back(std::move(described));
    }
  }
  return boost::json::serialize(out);
}

std::string openapi3_url(const Json& index, std::string_view base_path) {
  const Json* found = object::find(index, {"paths", base_path.substr(1), "serverRelativeURL"});
  if (!found || !found->is_string()) return {};
  const std::string url(found->get_string());
  const std::string expected = "/openapi/v3" + std::string(base_path);
  if (url.size() > kMaxUrlBytes || !url.starts_with(expected)) return {};
  if (url.size() > expected.size() && url[expected.size()] != '?') return {};
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return printable ? url : std::string();
}

}  // namespace limen::aggregation
