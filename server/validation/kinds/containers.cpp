#include "validation/kinds/containers.h"

#include "base/strings.h"
#include "object/metadata.h"
#include "object/quantity.h"

namespace limen::validation::kinds {

namespace {

using object::member;
using object::text_at;
using Names = std::set<std::string, std::less<>>;

void check_port(const Json& port, const FieldPath& path, Names& names, Causes& causes) {
  const std::string_view name = text_at(port, "name");
  if (!name.empty()) {
    if (const object::Problems problems = object::port_name(name); !problems.empty()) {
      causes.invalid_each(path.child("name"), name, problems);
    } else if (!names.emplace(name).second) {
      causes.duplicate(path.child("name"), name);
    }
  }
  const Json* number = member(port, "containerPort");
  if (object::int_or(number, 0) == 0) {
    causes.required(path.child("containerPort"));
  } else {
    check_range(number, 1, 65535, path.child("containerPort"), causes);
  }
  const Json* host = member(port, "hostPort");
  if (object::int_or(host, 0) != 0) {
    check_range(host, 1, 65535, path.child("hostPort"), causes);
  }
  check_enum(text_at(port, "protocol"), {"SCTP", "TCP", "UDP"}, path.child("protocol"), false,
             causes);
}

void check_env(const Json& variable, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(variable, "name");
  if (name.empty()) {
    causes.required(path.child("name"));
  } else {
    causes.invalid_each(path.child("name"), name, object::env_var_name(name));
  }
  if (!has(variable, "valueFrom")) return;
  const FieldPath from = path.child("valueFrom");
  std::size_t sources = 0;
  for (const auto& source : members(member(variable, "valueFrom"))) {
    if (!source.value().is_null()) ++sources;
  }
  if (sources == 0) {
    causes.invalid(from, std::string_view(),
                   "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
                   "`secretKeyRef` or `fileKeyRef`");
  } else if (!text_at(variable, "value").empty()) {
    causes.invalid(from, std::string_view(), "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    causes.invalid(from, std::string_view(),
                   "may not have more than one field specified at a time");
  }
}

void check_mounts(const Json& container, const FieldPath& path, const Names& volumes,
                  Causes& causes) {
  Names paths;
  std::size_t index = 0;
  for (const Json& mount : elements(member(container, "volumeMounts"))) {
    const FieldPath at = path.child("volumeMounts").index(index++);
    const std::string_view name = text_at(mount, "name");
    if (name.empty()) {
      causes.required(at.child("name"));
    } else if (!volumes.contains(name)) {
      causes.not_found(at.child("name"), name);
    }
    const std::string_view where = text_at(mount, "mountPath");
    if (where.empty()) {
      causes.required(at.child("mountPath"));
    } else if (!paths.emplace(where).second) {
      causes.invalid(at.child("mountPath"), where, "must be unique");
    }
    if (!text_at(mount, "subPath").empty() && !text_at(mount, "subPathExpr").empty()) {
      causes.invalid(at.child("subPathExpr"), text_at(mount, "subPathExpr"),
                     "subPathExpr and subPath are mutually exclusive");
    }
  }
}

void check_amounts(const Json* amounts, const FieldPath& path, Causes& causes) {
  for (const auto& amount : members(amounts)) {
    const std::string_view name = amount.key();
    causes.invalid_each(path, name, object::qualified_name(name));
    const auto value = object::Quantity::parse(text(&amount.value()));
    if (value && value->sign() < 0) {
      causes.invalid(path.key(name), amount.value(), "must be greater than or equal to 0");
    }
  }
}

void check_resources(const Json& resources, const FieldPath& path, Causes& causes) {
  const Json* limits = member(resources, "limits");
  const Json* requests = member(resources, "requests");
  check_amounts(limits, path.child("limits"), causes);
  check_amounts(requests, path.child("requests"), causes);
  for (const auto& request : members(requests)) {
    const Json* limit = members(limits).if_contains(request.key());
    const auto wanted = object::Quantity::parse(text(&request.value()));
    const auto allowed = limit ? object::Quantity::parse(text(limit)) : std::nullopt;
    if (wanted && allowed && *wanted > *allowed) {
      causes.invalid(path.child("requests"), request.value(),
                     "must be less than or equal to " + std::string(request.key()) + " limit of " +
                         allowed->to_string());
    }
  }
}

void check_probe(const Json& container, std::string_view key, const FieldPath& container_path,
                 Causes& causes) {
  const Json* probe = member(container, key);
  if (!probe || !probe->is_object()) return;
  const FieldPath path = container_path.child(key);
  std::size_t handlers = 0;
  for (const std::string_view handler : {"exec", "grpc", "httpGet", "tcpSocket"}) {
    if (!has(*probe, handler)) continue;
    if (++handlers > 1) {
      causes.forbidden(path.child(handler), "may not specify more than 1 handler type");
    }
  }
  if (handlers == 0) causes.required(path, "must specify a handler type");
  for (const std::string_view number : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                        "successThreshold", "failureThreshold"}) {
    check_not_negative(member(*probe, number), path.child(number), causes);
  }
  const Json* successes = member(*probe, "successThreshold");
  if (key != "readinessProbe" && successes && object::int_or(successes, 1) > 1) {
    causes.invalid(path.child("successThreshold"), *successes, "must be 1");
  }
}

void check_image(const Json& container, const FieldPath& path, Causes& causes) {
  const std::string_view image = text_at(container, "image");
  if (image.empty()) {
    causes.required(path.child("image"));
  } else if (base::trim(image) != image) {
    causes.invalid(path.child("image"), image, "must not have leading or trailing whitespace");
  }
}

}  // namespace

void check_container(const Json& container, const FieldPath& path, const Names& volumes,
                     Causes& causes) {
  const std::string_view name = text_at(container, "name");
  if (name.empty()) {
    causes.required(path.child("name"));
  } else {
    causes.invalid_each(path.child("name"), name, object::dns1123_label(name));
  }
  check_image(container, path, causes);
  Names ports;
  std::size_t index = 0;
  for (const Json& port : elements(member(container, "ports"))) {
    check_port(port, path.child("ports").index(index++), ports, causes);
  }
  index = 0;
  for (const Json& variable : elements(member(container, "env"))) {
    check_env(variable, path.child("env").index(index++), causes);
  }
  check_mounts(container, path, volumes, causes);
  if (const Json* resources = member(container, "resources")) {
    check_resources(*resources, path.child("resources"), causes);
  }
  for (const std::string_view probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    check_probe(container, probe, path, causes);
  }
  check_enum(text_at(container, "imagePullPolicy"), {"Always", "IfNotPresent", "Never"},
             path.child("imagePullPolicy"), false, causes);
  check_enum(text_at(container, "terminationMessagePolicy"), {"FallbackToLogsOnError", "File"},
             path.child("terminationMessagePolicy"), false, causes);
}

}  // namespace limen::validation::kinds
