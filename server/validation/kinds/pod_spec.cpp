// The spec of a pod: containers, volumes and what binds them.
#include <map>
#include <set>

#include "base/strings.h"
#include "object/metadata.h"
#include "object/quantity.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::member;
using object::text_at;

// Names of the spec's volumes, for mounts to refer to.
using Volumes = std::set<std::string, std::less<>>;

Volumes check_volumes(const Json& spec, const FieldPath& path, Causes& causes) {
  Volumes seen;
  std::size_t index = 0;
  for (const Json& volume : elements(member(spec, "volumes"))) {
    const FieldPath at = path.child("volumes").index(index++);
    std::size_t sources = 0;
    for (const auto& entry : members(&volume)) {
      if (entry.key() == "name" || entry.value().is_null()) continue;
      if (++sources > 1) {
        causes.forbidden(at.child(entry.key()), "may not specify more than 1 volume type");
      }
    }
    if (sources == 0) causes.required(at, "must specify a volume type");
    const std::string_view name = text_at(volume, "name");
    if (name.empty()) {
      causes.required(at.child("name"));
    } else if (const object::Problems problems = object::dns1123_label(name); !problems.empty()) {
      causes.invalid_each(at.child("name"), name, problems);
    } else if (!seen.emplace(name).second) {
      causes.duplicate(at.child("name"), name);
    }
  }
  return seen;
}

void check_all_containers(const Json& spec, const FieldPath& path, const Volumes& volumes,
                          Causes& causes) {
  if (elements(member(spec, "containers")).empty()) causes.required(path.child("containers"));
  std::set<std::string, std::less<>> names;
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    std::size_t index = 0;
    for (const Json& container : elements(member(spec, list))) {
      const FieldPath at = path.child(list).index(index++);
      check_container(container, at, volumes, causes);
      const std::string_view name = text_at(container, "name");
      if (!name.empty() && !names.emplace(name).second) causes.duplicate(at.child("name"), name);
    }
  }
}

void check_toleration(const Json& toleration, const FieldPath& path, Causes& causes) {
  const std::string_view key = text_at(toleration, "key");
  const std::string_view op = text_at(toleration, "operator");
  if (!key.empty()) causes.invalid_each(path.child("key"), key, object::qualified_name(key));
  if (key.empty() && op != "Exists") {
    causes.invalid(path.child("operator"), op,
                   "operator must be Exists when `key` is empty, which means \"match all values "
                   "and all keys\"");
  }
  if (has(toleration, "tolerationSeconds") && text_at(toleration, "effect") != "NoExecute") {
    causes.invalid(path.child("effect"), text_at(toleration, "effect"),
                   "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  const std::string_view value = text_at(toleration, "value");
  if (op.empty() || op == "Equal") {
    causes.invalid_each(path.child("operator"), value, object::label_value(value));
  } else if (op == "Exists") {
    if (!value.empty()) {
      causes.invalid(path.child("operator"), toleration,
                     "value must be empty when `operator` is 'Exists'");
    }
  } else if (op != "Lt" && op != "Gt") {
    causes.not_supported(path.child("operator"), op, {"Equal", "Exists"});
  }
  check_enum(text_at(toleration, "effect"), {"NoSchedule", "PreferNoSchedule", "NoExecute"},
             path.child("effect"), false, causes);
}

void check_name_at(const Json& spec, std::string_view key, NameCheck check, const FieldPath& path,
                   Causes& causes) {
  const std::string_view value = text_at(spec, key);
  if (!value.empty()) causes.invalid_each(path.child(key), value, check(value));
}

}  // namespace

void check_pod_spec(const Json* spec, const FieldPath& path, Causes& causes) {
  static const Json kNone(boost::json::object_kind);
  if (!spec || !spec->is_object()) spec = &kNone;
  const Volumes volumes = check_volumes(*spec, path, causes);
  check_all_containers(*spec, path, volumes, causes);
  check_enum(text_at(*spec, "restartPolicy"), {"Always", "OnFailure", "Never"},
             path.child("restartPolicy"), false, causes);
  check_enum(text_at(*spec, "dnsPolicy"),
             {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"},
             path.child("dnsPolicy"), false, causes);
  check_labels(member(*spec, "nodeSelector"), path.child("nodeSelector"), causes);
  check_name_at(*spec, "serviceAccountName", object::dns1123_subdomain, path, causes);
  check_name_at(*spec, "nodeName", object::dns1123_subdomain, path, causes);
  check_name_at(*spec, "hostname", object::dns1123_label, path, causes);
  check_name_at(*spec, "subdomain", object::dns1123_label, path, causes);
  check_name_at(*spec, "priorityClassName", object::dns1123_subdomain, path, causes);
  check_name_at(*spec, "runtimeClassName", object::dns1123_subdomain, path, causes);
  check_not_negative(member(*spec, "terminationGracePeriodSeconds"),
                     path.child("terminationGracePeriodSeconds"), causes);
  check_range(member(*spec, "activeDeadlineSeconds"), 1, 2147483647,
              path.child("activeDeadlineSeconds"), causes);
  std::size_t index = 0;
  for (const Json& toleration : elements(member(*spec, "tolerations"))) {
    check_toleration(toleration, path.child("tolerations").index(index++), causes);
  }
  index = 0;
  for (const Json& secret : elements(member(*spec, "imagePullSecrets"))) {
    const FieldPath at = path.child("imagePullSecrets").index(index++);
    if (text_at(secret, "name").empty()) causes.required(at.child("name"));
  }
  check_enum(text_at(*spec, "preemptionPolicy"), {"PreemptLowerPriority", "Never"},
             path.child("preemptionPolicy"), false, causes);
}

void check_pod_template(const Json* pod_template, const FieldPath& path, Causes& causes) {
  static const Json kNone(boost::json::object_kind);
  const Json& value = pod_template && pod_template->is_object() ? *pod_template : kNone;
  const auto meta = [&](std::string_view key) { return object::find(value, {"metadata", key}); };
  check_labels(meta("labels"), path.child("labels"), causes);
  check_annotations(meta("annotations"), path.child("annotations"), causes);
  check_pod_spec(member(value, "spec"), path.child("spec"), causes);
  if (!elements(object::find(value, {"spec", "ephemeralContainers"})).empty()) {
    causes.forbidden(path.child("spec").child("ephemeralContainers"),
                     "ephemeral containers not allowed in pod template");
  }
}

}  // namespace limen::validation::kinds
