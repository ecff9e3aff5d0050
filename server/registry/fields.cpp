#include "registry/fields.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/api_error.h"
#include "base/strings.h"
#include "catalog/custom/definition.h"
#include "registry/json_scan.h"

namespace limen::registry {

namespace {

// One more selectable field: its name in selectors, where stored objects have it, what it is
// compared as when it is missing.
struct Row {
  std::string_view group, resource;  // as served: events have other names in each of their groups
  std::string_view field;
  std::string_view path;  // of the stored object, dotted; empty: as the field
  std::string_view missing = "";
};

constexpr Row kRows[] = {
    {"", "pods", "spec.nodeName", ""},
    {"", "pods", "spec.host", "spec.nodeName"},
    {"", "pods", "spec.restartPolicy", ""},
    {"", "pods", "spec.schedulerName", ""},
    {"", "pods", "spec.serviceAccountName", ""},
    {"", "pods", "spec.hostNetwork", "", "false"},
    {"", "pods", "status.phase", ""},
    {"", "pods", "status.podIP", ""},
    {"", "pods", "status.podIPs", "-"},  // taken, and empty for every pod
    {"", "pods", "status.nominatedNodeName", ""},
    {"", "nodes", "spec.unschedulable", "", "false"},
    {"", "namespaces", "status.phase", ""},
    {"", "secrets", "type", ""},
    {"", "services", "spec.clusterIP", ""},
    {"", "services", "spec.type", ""},
    {"", "replicationcontrollers", "status.replicas", "", "0"},
    {"", "events", "involvedObject.kind", ""},
    {"", "events", "involvedObject.namespace", ""},
    {"", "events", "involvedObject.name", ""},
    {"", "events", "involvedObject.uid", ""},
    {"", "events", "involvedObject.apiVersion", ""},
    {"", "events", "involvedObject.resourceVersion", ""},
    {"", "events", "involvedObject.fieldPath", ""},
    {"", "events", "reason", ""},
    {"", "events", "reportingComponent", ""},
    {"", "events", "source", "source.component"},
    {"", "events", "type", ""},
    {"events.k8s.io", "events", "regarding.kind", "involvedObject.kind"},
    {"events.k8s.io", "events", "regarding.namespace", "involvedObject.namespace"},
    {"events.k8s.io", "events", "regarding.name", "involvedObject.name"},
    {"events.k8s.io", "events", "regarding.uid", "involvedObject.uid"},
    {"events.k8s.io", "events", "regarding.apiVersion", "involvedObject.apiVersion"},
    {"events.k8s.io", "events", "regarding.resourceVersion", "involvedObject.resourceVersion"},
    {"events.k8s.io", "events", "regarding.fieldPath", "involvedObject.fieldPath"},
    {"events.k8s.io", "events", "reason", ""},
    {"events.k8s.io", "events", "reportingController", "reportingComponent"},
    {"events.k8s.io", "events", "type", ""},
    {"batch", "jobs", "status.successful", "status.succeeded", "0"},
    {"certificates.k8s.io", "certificatesigningrequests", "spec.signerName", ""},
    {"certificates.k8s.io", "clustertrustbundles", "spec.signerName", ""},
    {"certificates.k8s.io", "podcertificaterequests", "spec.signerName", ""},
    {"certificates.k8s.io", "podcertificaterequests", "spec.nodeName", ""},
    {"certificates.k8s.io", "podcertificaterequests", "spec.podName", ""},
    {"resource.k8s.io", "resourceslices", "spec.nodeName", ""},
    {"resource.k8s.io", "resourceslices", "spec.driver", ""},
};

const Row* find_row(const catalog::Resource& resource, std::string_view field) {
  if (resource.custom) return nullptr;
  for (const Row& row : kRows) {
    if (row.field == field && row.resource == resource.name && row.group == resource.group) {
      return &row;
    }
  }
  return nullptr;
}

// The field of a custom kind, or null.
const catalog::SelectableField* find_custom(const catalog::Resource& resource,
                                            std::string_view field) {
  if (!resource.custom) return nullptr;
  for (const catalog::SelectableField& one : resource.custom->selectable) {
    if (one.name == field) return &one;
  }
  return nullptr;
}

bool has_own_fields(const catalog::Resource& resource) {
  return std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) {
    return row.resource == resource.name && row.group == resource.group;
  });
}

// A kind that names its fields names all of them: one without a namespace then has no field for it.
bool has_metadata_field(const catalog::Resource& resource, std::string_view field) {
  if (field == "metadata.name") return true;
  if (field != "metadata.namespace") return false;
  return resource.namespaced || (!resource.custom && !has_own_fields(resource));
}

// The wording depends on whether the kind names its fields.
base::ApiError unknown_field(const catalog::Resource& resource, const std::string& field) {
  if (resource.group == "batch" && resource.name == "jobs") {
    return base::ApiError::bad_request("field label " + base::go_quote(field) +
                                       " not supported for Job");
  }
  if (resource.group == "resource.k8s.io" && resource.name == "resourceslices") {
    return base::ApiError::bad_request("field label not supported for resource.k8s.io/" +
                                       std::string(resource.version) +
                                       ", Kind=ResourceSlice: " + field);
  }
  if (resource.custom || has_own_fields(resource)) {
    return base::ApiError::bad_request("field label not supported: " + field);
  }
  return base::ApiError::bad_request(
      base::go_quote(field) +
      " is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
}

std::string_view value_of(const Row& row, const storage::StoredObject& object,
                          std::string& scratch) {
  const std::string_view path = row.path.empty() ? row.field : row.path;
  std::string_view raw = object.json;
  for (const std::string_view step : base::split(path, '.')) raw = scan(raw, {step});
  const std::string_view text = scalar_text(raw, scratch);
  return text.empty() ? row.missing : text;
}

}  // namespace

void check_field_selector(const catalog::Resource& resource,
                          const object::FieldSelector& selector) {
  for (const auto& requirement : selector.requirements()) {
    if (has_metadata_field(resource, requirement.field) || find_row(resource, requirement.field) ||
        find_custom(resource, requirement.field)) {
      continue;
    }
    throw unknown_field(resource, requirement.field);
  }
}

bool matches_fields(const catalog::Resource& resource, const object::FieldSelector& selector,
                    const storage::StoredObject& object) {
  std::string scratch;
  for (const auto& requirement : selector.requirements()) {
    std::string_view value;
    if (requirement.field == "metadata.name") {
      value = object.name;
    } else if (requirement.field == "metadata.namespace") {
      value = object.ns;
    } else if (const Row* row = find_row(resource, requirement.field)) {
      value = value_of(*row, object, scratch);
    } else if (const auto* field = find_custom(resource, requirement.field)) {
      std::string_view raw = object.json;
      for (const std::string& step : field->path) raw = scan(raw, {step});
      value = scalar_text(raw, scratch);
    }
    if ((value == requirement.value) == requirement.negated) return false;
  }
  return true;
}

}  // namespace limen::registry
