#include "api/openapi/parameters.h"

#include "base/json_text.h"

namespace limen::api {
namespace {

constexpr Parameter kDryRun = {"dryRun", "query", "string",
                               "All: every step is taken, nothing is stored.", true};
constexpr Parameter kFieldManager = {"fieldManager", "query", "string",
                                     "The name under which the change is made.", true};
constexpr Parameter kFieldValidation = {
    "fieldValidation", "query", "string",
    "What unknown and repeated fields lead to: Ignore, Warn or Strict.", true};
constexpr Parameter kForce = {"force", "query", "boolean",
                              "Take fields over from other managers; for apply patches.", true};
constexpr Parameter kGrace = {"gracePeriodSeconds", "query", "integer",
                              "How long the object may take to end; 0 is at once.", true};
constexpr Parameter kOrphan = {"orphanDependents", "query", "boolean",
                               "Old form of propagationPolicy.", true};
constexpr Parameter kPropagation = {"propagationPolicy", "query", "string",
                                    "What happens to dependents: Orphan, Background or Foreground.",
                                    true};
constexpr Parameter kContinue = {"continue", "query", "string",
                                 "The token of the chunk before this one.", true};
constexpr Parameter kFieldSelector = {"fieldSelector", "query", "string",
                                      "Only objects whose fields have these values.", true};
constexpr Parameter kLabelSelector = {"labelSelector", "query", "string",
                                      "Only objects with these labels.", true};
constexpr Parameter kLimit = {"limit", "query", "integer", "At most so many objects a chunk.",
                              true};
constexpr Parameter kResourceVersion = {"resourceVersion", "query", "string",
                                        "The version to read at or to watch from.", true};
constexpr Parameter kVersionMatch = {"resourceVersionMatch", "query", "string",
                                     "How resourceVersion is meant: Exact or NotOlderThan.", true};
constexpr Parameter kInitialEvents = {
    "sendInitialEvents", "query", "boolean",
    "A watch begins with what is there, then a bookmark, then changes.", true};
constexpr Parameter kTimeout = {"timeoutSeconds", "query", "integer",
                                "How long a list or watch may take.", true};
constexpr Parameter kBookmarks = {"allowWatchBookmarks", "query", "boolean",
                                  "A watch may send bookmarks.", true};
constexpr Parameter kWatch = {"watch", "query", "boolean", "Send changes instead of a list.", true};

constexpr Parameter kListSet[] = {
    kBookmarks,       kContinue,     kFieldSelector, kLabelSelector, kLimit,
    kResourceVersion, kVersionMatch, kInitialEvents, kTimeout,       kWatch};
constexpr Parameter kWriteSet[] = {kDryRun, kFieldManager, kFieldValidation};
constexpr Parameter kPatchSet[] = {kDryRun, kFieldManager, kFieldValidation, kForce};
constexpr Parameter kRemoveSet[] = {kDryRun, kGrace, kOrphan, kPropagation};
constexpr Parameter kRemoveCollectionSet[] = {
    kContinue, kDryRun,      kFieldSelector,   kGrace,        kLabelSelector, kLimit,
    kOrphan,   kPropagation, kResourceVersion, kVersionMatch, kInitialEvents, kTimeout};

}  // namespace

const Parameter kNamespaceParameter = {"namespace", "path", "string",
                                       "The namespace of the objects.", true};
const Parameter kNameParameter = {"name", "path", "string", "The name of the object.", true};
const Parameter kPrettyParameter = {"pretty", "query", "string", "true: the answer is indented.",
                                    true};

std::span<const Parameter> parameters_of(ParameterSet set) {
  switch (set) {
    case ParameterSet::list:
      return kListSet;
    case ParameterSet::write:
      return kWriteSet;
    case ParameterSet::patch:
      return kPatchSet;
    case ParameterSet::remove:
      return kRemoveSet;
    case ParameterSet::remove_collection:
      return kRemoveCollectionSet;
    case ParameterSet::none:
      break;
  }
  return {};
}

void append_parameter(std::string& out, const Parameter& parameter, Dialect dialect) {
  out += "{\"name\":";
  base::append_json_string(out, parameter.name);
  out += ",\"in\":";
  base::append_json_string(out, parameter.in);
  out += ",\"description\":";
  base::append_json_string(out, parameter.about);
  if (parameter.in == "path") out += ",\"required\":true";
  std::string type = "\"type\":";
  base::append_json_string(type, parameter.type);
  if (parameter.unique_items) type += ",\"uniqueItems\":true";
  out += dialect == Dialect::openapi3 ? ",\"schema\":{" + type + "}}" : "," + type + "}";
}

}  // namespace limen::api
