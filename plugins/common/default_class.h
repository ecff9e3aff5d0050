// The class that objects of a kind get when they name none: the one its operator marked as default.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "limen/cpp/plugin.hpp"

namespace limen::plugins {

inline bool is_marked(const Node& object, std::initializer_list<const char*> annotations) {
  const Node given = object.at("/metadata/annotations");
  for (const char* annotation : annotations)
    if (given[annotation].view_or("") == "true") return true;
  return false;
}

// The name of the marked object of a cluster-scoped resource: the newest, and of several that are
// as new the first by name. Empty when none is marked.
inline Result<std::string> default_class(Host& host, std::string_view group,
                                         std::string_view resource,
                                         std::initializer_list<const char*> annotations) {
  std::string name, made;
  const auto listed = host.objects().list(group, resource, "", "", [&](const Node& object) {
    if (!is_marked(object, annotations)) return true;
    // RFC 3339 in UTC: the order of the texts is that of the times. Objects come in order of names.
    const std::string_view created = object.at("/metadata/creationTimestamp").view_or("");
    if (name.empty() || created > made) {
      name = object.at("/metadata/name").string_or("");
      made = created;
    }
    return true;
  });
  if (!listed.ok()) return listed.error();
  return name;
}

}  // namespace limen::plugins
