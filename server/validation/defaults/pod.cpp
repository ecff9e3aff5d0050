#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

constexpr int kFileMode = 0644;  // of files made from secrets, config maps and the like

bool present(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && !value->is_null();
}

std::string_view text(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// An image without a tag or with "latest" may change under its name; others are taken as fixed.
bool is_moving_image(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return false;
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool has_tag =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return !has_tag || image.substr(colon + 1) == "latest";
}

void http_get(Members& handler) {
  Json* found = handler.if_contains("httpGet");
  if (Members* get = found ? found->if_object() : nullptr) {
    fill(*get, "path", "/");
    if (text(*get, "path").empty()) (*get)["path"] = "/";
    fill(*get, "scheme", "HTTP");
  }
}

void probe(Members& container, std::string_view key) {
  Json* found = container.if_contains(key);
  Members* members = found ? found->if_object() : nullptr;
  if (!members) return;
  // Zero means unset for these.
  const auto number = [&](std::string_view name, int value) {
    Json& current = (*members)[name];
    if (object::int_or(&current, 0) == 0) current = value;
  };
  number("timeoutSeconds", 1);
  number("periodSeconds", 10);
  number("successThreshold", 1);
  number("failureThreshold", 3);
  http_get(*members);
  if (Json* grpc = members->if_contains("grpc"); grpc && grpc->is_object()) {
    fill(grpc->get_object(), "service", "");
  }
}

void container(Members& members, bool host_network) {
  fill(members, "imagePullPolicy",
       is_moving_image(text(members, "image")) ? "Always" : "IfNotPresent");
  fill(members, "terminationMessagePath", "/dev/termination-log");
  fill(members, "terminationMessagePolicy", "File");
  object_in(members, "resources");
  each_object(members, "ports", [&](Members& port) {
    fill(port, "protocol", "TCP");
    if (host_network && object::int_or(port.if_contains("hostPort"), 0) == 0 &&
        present(port, "containerPort")) {
      const Json number = port.at("containerPort");
      port["hostPort"] = number;
    }
  });
  each_object(members, "env", [](Members& variable) {
    Json* from = variable.if_contains("valueFrom");
    if (!from || !from->is_object()) return;
    Json* field = from->get_object().if_contains("fieldRef");
    if (field && field->is_object()) fill(field->get_object(), "apiVersion", "v1");
  });
  for (const std::string_view key : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    probe(members, key);
  }
  if (Json* lifecycle = members.if_contains("lifecycle"); lifecycle && lifecycle->is_object()) {
    for (const std::string_view key : {"postStart", "preStop"}) {
      Json* handler = lifecycle->get_object().if_contains(key);
      if (handler && handler->is_object()) http_get(handler->get_object());
    }
  }
}

void volume(Members& members) {
  bool has_source = false;
  for (const auto& entry : members) {
    has_source = has_source || (entry.key() != "name" && !entry.value().is_null());
  }
  if (!has_source) members["emptyDir"].emplace_object();
  for (const std::string_view key : {"secret", "configMap", "downwardAPI", "projected"}) {
    Json* source = members.if_contains(key);
    if (source && source->is_object()) fill(source->get_object(), "defaultMode", kFileMode);
  }
  if (Json* path = members.if_contains("hostPath"); path && path->is_object()) {
    fill(path->get_object(), "type", "");
  }
  if (Json* projected = members.if_contains("projected"); projected && projected->is_object()) {
    each_object(projected->get_object(), "sources", [](Members& source) {
      Json* token = source.if_contains("serviceAccountToken");
      if (token && token->is_object()) fill(token->get_object(), "expirationSeconds", 3600);
    });
  }
}

// Requests follow limits where only limits are given.
void requests_from_limits(Members& members) {
  Json* resources = members.if_contains("resources");
  if (!resources || !resources->is_object()) return;
  Json* limits = resources->get_object().if_contains("limits");
  if (!limits || !limits->is_object() || limits->get_object().empty()) return;
  const Members wanted = limits->get_object();
  Members* requests = object_in(resources->get_object(), "requests");
  if (!requests) return;
  for (const auto& limit : wanted) fill(*requests, limit.key(), limit.value());
}

// The deprecated name of the service account's member always says the same.
void service_account(Members& spec) {
  const std::string name(text(spec, "serviceAccountName"));
  const std::string old_name(text(spec, "serviceAccount"));
  if (!name.empty()) {
    spec["serviceAccount"] = name;
  } else if (!old_name.empty()) {
    spec["serviceAccountName"] = old_name;
  }
}

}  // namespace

void pod_spec(Members& spec) {
  const Json* host = spec.if_contains("hostNetwork");
  const bool host_network = host && host->is_bool() && host->get_bool();
  each_object(spec, "volumes", volume);
  for (const std::string_view key : {"initContainers", "containers", "ephemeralContainers"}) {
    each_object(spec, key, [&](Members& each) { container(each, host_network); });
  }
  fill(spec, "restartPolicy", "Always");
  fill(spec, "terminationGracePeriodSeconds", 30);
  fill(spec, "dnsPolicy", "ClusterFirst");
  service_account(spec);
  object_in(spec, "securityContext");
  fill(spec, "schedulerName", "default-scheduler");
}

void pod_template(Members& workload_spec) {
  Members* pod = object_in(workload_spec, "template");
  if (!pod) return;
  object_in(*pod, "metadata");
  if (Members* spec = object_in(*pod, "spec")) pod_spec(*spec);
}

void pod(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  pod_spec(*spec);
  for (const std::string_view key : {"initContainers", "containers"}) {
    each_object(*spec, key, requests_from_limits);
  }
  fill(*spec, "enableServiceLinks", true);
}

void pod_template_object(Members& object) { pod_template(object); }

}  // namespace limen::validation::defaults
