#include "validation/kinds/containers.h"

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/resource_names.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMaxRestartRules = 20;
constexpr std::size_t kMaxExitCodes = 255;

void check_ports(const Json& container, const FieldPath& path, Causes& causes) {
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& port : elements(member(container, "ports"))) {
    const FieldPath at = path.child("ports").index(index++);
    const std::string_view name = text_at(port, "name");
    if (!name.empty()) {
      const object::Problems problems = object::port_name(name);
      causes.invalid_each(at.child("name"), name, problems);
      if (problems.empty() && !names.insert(name).second) {
        causes.duplicate(at.child("name"), name);
      }
    }
    const Json* number = member(port, "containerPort");
    if (object::int_or(number, 0) == 0) {
      causes.required(at.child("containerPort"));
    } else {
      check_port_number(number, at.child("containerPort"), causes);
    }
    const Json* host = member(port, "hostPort");
    if (object::int_or(host, 0) != 0) check_port_number(host, at.child("hostPort"), causes);
    check_protocol(port, at, causes);
  }
}

// `taken` spans the containers that run at the same time.
void check_host_ports(const Json& container, std::set<std::string>& taken, const FieldPath& path,
                      Causes& causes) {
  std::size_t index = 0;
  for (const Json& port : elements(member(container, "ports"))) {
    const FieldPath at = path.child("ports").index(index++);
    const std::int64_t number = number_at(port, "hostPort");
    if (number == 0) continue;
    const std::string key = std::string(text_at(port, "protocol")) + "/" +
                            std::string(text_at(port, "hostIP")) + "/" + std::to_string(number);
    if (!taken.insert(key).second) causes.duplicate(at.child("hostPort"), key);
  }
}

void check_image(const Json& container, const FieldPath& path, Causes& causes) {
  const std::string_view image = text_at(container, "image");
  if (base::trim(image) != image) {
    causes.invalid(path.child("image"), image, "must not have leading or trailing whitespace");
  }
}

void check_common(const Json& container, const PodContext& pod, const FieldPath& path,
                  Causes& causes) {
  check_needed_text(text_at(container, "name"), object::dns1123_label, path.child("name"), causes);
  check_filled(container, {"image"}, path, causes);
  check_enum(text_at(container, "terminationMessagePolicy"), {"File", "FallbackToLogsOnError"},
             path.child("terminationMessagePolicy"), true, causes);
  check_ports(container, path, causes);
  check_env(container, path, causes);
  check_mounts(container, pod, path, causes);
  check_enum(text_at(container, "imagePullPolicy"), {"Always", "IfNotPresent", "Never"},
             path.child("imagePullPolicy"), true, causes);
  check_resources(object_at(container, "resources"), check_container_resource_name, pod.claims,
                  path.child("resources"), causes);
  check_resize_policy(container, pod, path, causes);
  check_security_context(container, pod, path, causes);
}

void check_restart_rule(const Json& rule, const FieldPath& path, Causes& causes) {
  check_enum(text_at(rule, "action"), {"Restart", "RestartAllContainers"}, path.child("action"),
             true, causes);
  const FieldPath codes = path.child("exitCodes");
  if (!has(rule, "exitCodes")) return causes.required(codes, "must be specified");
  const Json& wanted = object_at(rule, "exitCodes");
  const std::string_view op = text_at(wanted, "operator");
  if (op.empty()) {
    causes.required(codes.child("operator"), "must be explicitly specified");
  } else {
    check_one_of(op, {"In", "NotIn"}, codes.child("operator"), causes);
  }
  const std::size_t count = elements(member(wanted, "values")).size();
  if (count > kMaxExitCodes) causes.too_many(codes.child("values"), count, kMaxExitCodes);
}

void check_restart(const Json& container, const FieldPath& path, Causes& causes) {
  const std::span<const Json> rules = elements(member(container, "restartPolicyRules"));
  if (has(container, "restartPolicy")) {
    check_one_of(text_at(container, "restartPolicy"), {"Always", "Never", "OnFailure"},
                 path.child("restartPolicy"), causes);
  } else if (!rules.empty()) {
    causes.required(path.child("restartPolicy"),
                    "must specify restartPolicy when restart rules are used");
  }
  if (rules.size() > kMaxRestartRules) {
    causes.too_many(path.child("restartPolicyRules"), rules.size(), kMaxRestartRules);
  }
  std::size_t index = 0;
  for (const Json& rule : rules) {
    check_restart_rule(rule, path.child("restartPolicyRules").index(index++), causes);
  }
}

std::set<std::string_view> names_of(const Json& spec, std::string_view list) {
  std::set<std::string_view> out;
  for (const Json& container : elements(member(spec, list))) {
    out.insert(text_at(container, "name"));
  }
  return out;
}

// What a container that is only looked into a pod with may not have.
void check_ephemeral_fields(const Json& container, const FieldPath& path, Causes& causes) {
  constexpr std::string_view kNot = "cannot be set for an Ephemeral Container";
  for (const std::string_view key :
       {"ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules",
        "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}) {
    const Json* value = member(container, key);
    const bool empty = !value || value->is_null() ||
                       (value->is_object() && key == "resources" && value->get_object().empty()) ||
                       (value->is_array() && value->get_array().empty());
    if (!empty) causes.forbidden(path.child(key), kNot);
  }
  std::size_t index = 0;
  for (const Json& mount : elements(member(container, "volumeMounts"))) {
    const FieldPath at = path.child("volumeMounts").index(index++);
    for (const std::string_view key : {"subPath", "subPathExpr"}) {
      if (!text_at(mount, key).empty()) causes.forbidden(at.child(key), kNot);
    }
  }
}

}  // namespace

void check_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                      Causes& causes) {
  const std::span<const Json> list = elements(member(spec, "containers"));
  if (list.empty()) return causes.required(path);
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& container : list) {
    const FieldPath at = path.index(index++);
    check_common(container, pod, at, causes);
    const std::string_view name = text_at(container, "name");
    if (!names.insert(name).second) causes.duplicate(at.child("name"), name);
    check_lifecycle(container, pod, at, causes);
    check_probes(container, pod, at, causes);
    check_restart(container, at, causes);
  }
  std::set<std::string> host_ports;
  index = 0;
  for (const Json& container : list) {
    check_host_ports(container, host_ports, path.index(index++), causes);
  }
}

void check_init_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                           Causes& causes) {
  std::set<std::string_view> names = names_of(spec, "containers");
  std::size_t index = 0;
  for (const Json& container : elements(member(spec, "initContainers"))) {
    const FieldPath at = path.index(index++);
    check_common(container, pod, at, causes);
    check_restart(container, at, causes);
    const std::string_view name = text_at(container, "name");
    if (names.contains(name)) {
      causes.duplicate(at.child("name"), name);
    } else if (!name.empty()) {
      names.insert(name);
    }
    std::set<std::string> host_ports;
    check_host_ports(container, host_ports, at, causes);
    if (text_at(container, "restartPolicy") == "Always") {
      check_lifecycle(container, pod, at, causes);
      check_probes(container, pod, at, causes);
      continue;
    }
    for (const std::string_view key :
         {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
      if (has(container, key)) {
        causes.forbidden(at.child(key),
                         "may not be set for init containers without restartPolicy=Always");
      }
    }
  }
}

void check_ephemeral_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                                Causes& causes) {
  std::set<std::string_view> others = names_of(spec, "containers");
  others.merge(names_of(spec, "initContainers"));
  std::set<std::string_view> names = others;
  std::size_t index = 0;
  for (const Json& container : elements(member(spec, "ephemeralContainers"))) {
    const FieldPath at = path.index(index++);
    check_common(container, pod, at, causes);
    check_image(container, at, causes);
    const std::string_view name = text_at(container, "name");
    if (!names.insert(name).second) causes.duplicate(at.child("name"), name);
    const std::string_view target = text_at(container, "targetContainerName");
    if (!target.empty() && !others.contains(target)) {
      causes.not_found(at.child("targetContainerName"), target);
    }
    check_ephemeral_fields(container, at, causes);
  }
}

void check_pod_images(const Json& spec, const FieldPath& path, Causes& causes) {
  for (const std::string_view list : {"containers", "initContainers"}) {
    std::size_t index = 0;
    for (const Json& container : elements(member(spec, list))) {
      check_image(container, path.child(list).index(index++), causes);
    }
  }
}

}  // namespace limen::validation::kinds
