#include "api/discovery/documents.h"

#include <span>
#include <vector>

#include "api/discovery/discovery.h"
#include "base/json_text.h"

namespace limen::api {
namespace {

using catalog::GroupVersion;
using catalog::Resource;
using catalog::Subresource;

void append_member(std::string& out, std::string_view name, std::string_view value) {
  base::append_json_string(out, name);
  out += ':';
  base::append_json_string(out, value);
}

void append_strings(std::string& out, std::span<const std::string_view> values) {
  out += '[';
  for (const std::string_view value : values) {
    base::append_json_string(out, value);
    out += ',';
  }
  if (!values.empty()) out.pop_back();
  out += ']';
}

// kube-apiserver lists verbs by the alphabet.
void append_verbs(std::string& out, std::uint16_t verbs) {
  static constexpr catalog::Verb kSorted[] = {
      catalog::kVerbCreate, catalog::kVerbDelete, catalog::kVerbDeleteCollection,
      catalog::kVerbGet,    catalog::kVerbList,   catalog::kVerbPatch,
      catalog::kVerbUpdate, catalog::kVerbWatch};
  std::vector<std::string_view> names;
  for (const catalog::Verb verb : kSorted) {
    if ((verbs & verb) != 0) names.push_back(catalog::verb_name(verb));
  }
  append_strings(out, names);
}

std::string group_version_text(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

void append_group_version(std::string& out, const ListedVersion& entry) {
  out += '{';
  append_member(out, "groupVersion", group_version_text(entry.group, entry.version));
  out += ',';
  append_member(out, "version", entry.version);
  out += '}';
}

// The members of an APIGroup, without kind and apiVersion.
void append_group(std::string& out, const ListedGroup& versions) {
  append_member(out, "name", versions.front().group);
  out += ",\"versions\":[";
  for (const ListedVersion& entry : versions) {
    append_group_version(out, entry);
    out += ',';
  }
  out.back() = ']';
  out += ",\"preferredVersion\":";
  append_group_version(out, versions.front());
}

void append_resource(std::string& out, const Resource& resource) {
  out += '{';
  append_member(out, "name", resource.name);
  out += ',';
  append_member(out, "singularName", resource.singular);
  out += resource.namespaced ? ",\"namespaced\":true," : ",\"namespaced\":false,";
  append_member(out, "kind", resource.kind);
  out += ",\"verbs\":";
  append_verbs(out, resource.verbs);
  if (!resource.short_names.empty()) {
    out += ",\"shortNames\":";
    append_strings(out, resource.short_names);
  }
  if (!resource.categories.empty()) {
    out += ",\"categories\":";
    append_strings(out, resource.categories);
  }
  if (resource.stored()) {
    out += ',';
    append_member(
        out, "storageVersionHash",
        storage_version_hash(resource.storage_group, resource.storage_version, resource.kind));
  }
  out += "},";
}

void append_subresource(std::string& out, const Resource& resource, const Subresource& sub) {
  out += '{';
  append_member(out, "name", std::string(resource.name) + "/" + std::string(sub.name));
  out += ",\"singularName\":\"\"";
  out += resource.namespaced ? ",\"namespaced\":true," : ",\"namespaced\":false,";
  if (sub.group != resource.group || sub.version != resource.version) {
    append_member(out, "group", sub.group);
    out += ',';
    append_member(out, "version", sub.version);
    out += ',';
  }
  append_member(out, "kind", sub.kind);
  out += ",\"verbs\":";
  append_verbs(out, sub.verbs);
  out += "},";
}

void append_response_kind(std::string& out, std::string_view group, std::string_view version,
                          std::string_view kind) {
  out += "\"responseKind\":{";
  append_member(out, "group", group);
  out += ',';
  append_member(out, "version", version);
  out += ',';
  append_member(out, "kind", kind);
  out += '}';
}

void append_aggregated_subresources(std::string& out, const Resource& resource) {
  if (resource.subresources.empty()) return;
  out += ",\"subresources\":[";
  for (const Subresource& sub : resource.subresources) {
    out += '{';
    append_member(out, "subresource", sub.name);
    out += ',';
    append_response_kind(out, sub.group, sub.version, sub.kind);
    out += ",\"verbs\":";
    append_verbs(out, sub.verbs);
    out += "},";
  }
  out.back() = ']';
}

void append_aggregated_resource(std::string& out, const Resource& resource) {
  out += '{';
  append_member(out, "resource", resource.name);
  out += ',';
  append_response_kind(out, resource.group, resource.version, resource.kind);
  out += ',';
  append_member(out, "scope", resource.namespaced ? "Namespaced" : "Cluster");
  out += ',';
  append_member(out, "singularResource", resource.singular);
  out += ",\"verbs\":";
  append_verbs(out, resource.verbs);
  if (!resource.short_names.empty()) {
    out += ",\"shortNames\":";
    append_strings(out, resource.short_names);
  }
  if (!resource.categories.empty()) {
    out += ",\"categories\":";
    append_strings(out, resource.categories);
  }
  append_aggregated_subresources(out, resource);
  out += "},";
}

void append_aggregated_resources(std::string& out, const GroupVersion& entry) {
  out += '[';
  for (const Resource& resource : entry.resources) append_aggregated_resource(out, resource);
  out.back() = ']';
}

void append_aggregated_group(std::string& out, const ListedGroup& versions) {
  const std::string_view group = versions.front().group;
  out += "{\"metadata\":{";
  if (!group.empty()) append_member(out, "name", group);
  out += "},\"versions\":[";
  for (const ListedVersion& entry : versions) {
    out += '{';
    append_member(out, "version", entry.version);
    out += ",\"resources\":";
    if (entry.remote) {
      out += entry.remote->documents.resources;
    } else {
      append_aggregated_resources(out, *entry.local);
    }
    const bool fresh = !entry.remote || entry.remote->fresh;
    out += fresh ? ",\"freshness\":\"Current\"}," : ",\"freshness\":\"Stale\"},";
  }
  out.back() = ']';
  out += "},";
}

constexpr std::string_view platform() {
#if defined(__x86_64__)
  return "linux/amd64";
#elif defined(__aarch64__)
  return "linux/arm64";
#else
  return "linux/unknown";
#endif
}

}  // namespace

std::string api_versions_document() {
  // No apiVersion here, and none in /api/v1: so does kube-apiserver. Clients of every network reach
  // this server by the address they already use, hence no entry per CIDR.
  return "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[]}\n";
}

std::string api_group_list_document(std::span<const ListedGroup> groups) {
  std::string out = "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[";
  for (const ListedGroup& group : groups) {
    out += '{';
    append_group(out, group);
    out += "},";
  }
  out.back() = ']';
  return out + "}\n";
}

std::string api_group_document(const ListedGroup& group) {
  std::string out = "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",";
  append_group(out, group);
  return out + "}\n";
}

std::string api_resource_list_document(const GroupVersion& entry) {
  std::string out = "{\"kind\":\"APIResourceList\",";
  if (!entry.group.empty()) out += "\"apiVersion\":\"v1\",";
  append_member(out, "groupVersion", group_version_text(entry.group, entry.version));
  out += ",\"resources\":[";
  for (const Resource& resource : entry.resources) {
    append_resource(out, resource);
    for (const Subresource& sub : resource.subresources) append_subresource(out, resource, sub);
  }
  out.back() = ']';
  return out + "}\n";
}

std::string aggregated_document(std::span<const ListedGroup> groups, std::string_view version) {
  std::string out = "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/";
  out += version;
  out += "\",\"metadata\":{},\"items\":[";
  for (const ListedGroup& group : groups) append_aggregated_group(out, group);
  out.back() = ']';
  return out + "}\n";
}

std::string version_document() {
  std::string out = "{\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += "  ";
    base::append_json_string(out, name);
    out += ": ";
    base::append_json_string(out, value);
    out += ",\n";
  };
  add("major", "1");
  add("minor", "36");
  add("emulationMajor", "1");
  add("emulationMinor", "36");
  add("minCompatibilityMajor", "1");
  add("minCompatibilityMinor", "35");
  add("gitVersion", "v1.36.0+limen");
  add("gitCommit", "");
  add("gitTreeState", "");
  // An unstamped build has this date in Kubernetes too.
  add("buildDate", "1970-01-01T00:00:00Z");
  add("goVersion", "");
  add("compiler", "g++ " __VERSION__);
  add("platform", platform());
  out.resize(out.size() - 2);
  return out + "\n}";
}

}  // namespace limen::api
