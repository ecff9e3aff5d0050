// What a namespace that cannot go yet says of itself; see namespaces.h. Types, reasons and texts
// are those of kube-controller-manager.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "base/time.h"
#include "controllers/namespaces.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

struct Condition {
  std::string_view type;
  bool status;
  std::string_view reason;
  std::string message;
};

// "pods. has 1 resource instances, ..."
std::string listed(const std::map<std::string, std::int64_t>& counts, std::string_view verb) {
  std::string text;
  for (const auto& [name, count] : counts) {
    if (!text.empty()) text += ", ";
    text += name + std::string(verb) + std::to_string(count) + " resource instances";
  }
  return text;
}

// Puts one condition in; false when it was there with this content.
bool put(boost::json::array& conditions, const Condition& wanted) {
  const std::string_view status = wanted.status ? "True" : "False";
  const std::string now = base::format_time(std::chrono::system_clock::now());
  Json* place = nullptr;
  for (Json& one : conditions) {
    if (object::text_at(one, "type") == wanted.type) place = &one;
  }
  if (place && object::text_at(*place, "status") == status &&
      object::text_at(*place, "reason") == wanted.reason &&
      object::text_at(*place, "message") == wanted.message) {
    return false;
  }
  const bool same_status = place && object::text_at(*place, "status") == status;
  const std::string since =
      same_status ? std::string(object::text_at(*place, "lastTransitionTime")) : now;
  if (!place) place = &conditions.emplace_back(boost::json::object());
  *place = {{"type", wanted.type},
            {"status", status},
            {"lastTransitionTime", since},
            {"reason", wanted.reason},
            {"message", wanted.message}};
  return true;
}

}  // namespace

namespace {

Condition discovery_condition(const Remains& remains) {
  if (remains.undiscovered.empty()) {
    return {"NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
            "All resources successfully discovered"};
  }
  std::string text;
  for (const auto& [version, why] : remains.undiscovered) {
    text += (text.empty() ? "" : ", ") + version + ": " + why;
  }
  return {"NamespaceDeletionDiscoveryFailure", true, "DiscoveryFailed",
          "Discovery failed for some groups, " + std::to_string(remains.undiscovered.size()) +
              " failing: unable to retrieve the complete list of server APIs: " + text};
}

Condition content_condition(const Remains& remains) {
  if (remains.failures.empty()) {
    return {"NamespaceDeletionContentFailure", false, "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization"};
  }
  std::vector<std::string> sorted = remains.failures;
  std::sort(sorted.begin(), sorted.end());
  return {"NamespaceDeletionContentFailure", true, "ContentDeletionFailed",
          "Failed to delete all resource types, " + std::to_string(sorted.size()) +
              " remaining: " + base::join(sorted, ", ")};
}

}  // namespace

bool set_deletion_conditions(Json& ns, const Remains& remains) {
  boost::json::object& status = object::object_at(ns, "status");
  Json& list = status["conditions"];
  if (!list.is_array()) list.emplace_array();
  const bool content = !remains.resources.empty();
  const bool finalizers = !remains.finalizers.empty();
  const Condition wanted[] = {
      discovery_condition(remains),
      {"NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
       "All legacy kube types successfully parsed"},
      content_condition(remains),
      {"NamespaceContentRemaining", content, content ? "SomeResourcesRemain" : "ContentRemoved",
       content ? "Some resources are remaining: " + listed(remains.resources, " has ")
               : "All content successfully removed"},
      {"NamespaceFinalizersRemaining", finalizers,
       finalizers ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
       finalizers ? "Some content in the namespace has finalizers remaining: " +
                        listed(remains.finalizers, " in ")
                  : "All content-preserving finalizers finished"},
  };
  bool changed = false;
  for (const Condition& condition : wanted) changed |= put(list.get_array(), condition);
  return changed;
}

}  // namespace limen::controllers
