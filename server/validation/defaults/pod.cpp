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

void field_version(Members& holder, std::string_view key) {
  Json* from = holder.if_contains(key);
  if (!from || !from->is_object()) return;
  Json* field = from->get_object().if_contains("fieldRef");
  if (field && field->is_object()) fill(field->get_object(), "apiVersion", "v1");
}

void container(Members& members) {
  fill(members, "imagePullPolicy",
       is_moving_image(text(members, "image")) ? "Always" : "IfNotPresent");
  fill(members, "terminationMessagePath", "/dev/termination-log");
  fill(members, "terminationMessagePolicy", "File");
  object_in(members, "resources");
  each_object(members, "ports", [](Members& port) { fill(port, "protocol", "TCP"); });
  for (const std::string_view key : {"requests", "limits"}) {
    Json* resources = members.if_contains("resources");
    if (resources && resources->is_object()) whole_milli(resources->get_object(), key);
  }
  each_object(members, "env", [](Members& variable) { field_version(variable, "valueFrom"); });
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

// Sources of volumes whose members have defaults of their own.
void volume_source(Members& members, std::string_view key,
                   std::initializer_list<std::pair<std::string_view, Json>> defaults) {
  Json* source = members.if_contains(key);
  if (!source || !source->is_object()) return;
  for (const auto& [name, value] : defaults) fill(source->get_object(), name, value);
}

void downward_items(Members& source) {
  each_object(source, "items", [](Members& item) {
    Json* field = item.if_contains("fieldRef");
    if (field && field->is_object()) fill(field->get_object(), "apiVersion", "v1");
  });
}

void projected_source(Members& source) {
  Json* token = source.if_contains("serviceAccountToken");
  if (token && token->is_object()) fill(token->get_object(), "expirationSeconds", 3600);
  Json* downward = source.if_contains("downwardAPI");
  if (downward && downward->is_object()) downward_items(downward->get_object());
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
  volume_sources(members);
  if (Json* downward = members.if_contains("downwardAPI"); downward && downward->is_object()) {
    downward_items(downward->get_object());
  }
  if (Json* projected = members.if_contains("projected"); projected && projected->is_object()) {
    each_object(projected->get_object(), "sources", projected_source);
  }
  if (Json* image = members.if_contains("image"); image && image->is_object()) {
    fill(image->get_object(), "pullPolicy",
         is_moving_image(text(image->get_object(), "reference")) ? "Always" : "IfNotPresent");
  }
  Json* ephemeral = members.if_contains("ephemeral");
  Json* made = ephemeral && ephemeral->is_object()
                   ? ephemeral->get_object().if_contains("volumeClaimTemplate")
                   : nullptr;
  if (made && made->is_object()) claim_template(made->get_object());
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

// On the host's network a port is the host's.
void host_ports(Members& members) {
  each_object(members, "ports", [](Members& port) {
    if (object::int_or(port.if_contains("hostPort"), 0) != 0 || !present(port, "containerPort")) {
      return;
    }
    const Json number = port.at("containerPort");
    port["hostPort"] = number;
  });
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

void volume_sources(Members& members) {
  volume_source(members, "hostPath", {{"type", ""}});
  volume_source(members, "iscsi", {{"iscsiInterface", "default"}});
  volume_source(members, "rbd",
                {{"pool", "rbd"}, {"user", "admin"}, {"keyring", "/etc/ceph/keyring"}});
  volume_source(
      members, "azureDisk",
      {{"cachingMode", "ReadWrite"}, {"fsType", "ext4"}, {"readOnly", false}, {"kind", "Shared"}});
  volume_source(members, "scaleIO", {{"fsType", "xfs"}, {"storageMode", "ThinProvisioned"}});
}

void pod_spec(Members& spec) {
  each_object(spec, "volumes", volume);
  for (const std::string_view key : {"initContainers", "containers", "ephemeralContainers"}) {
    each_object(spec, key, container);
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
  const Json* host = spec->if_contains("hostNetwork");
  const bool host_network = host && host->is_bool() && host->get_bool();
  for (const std::string_view key : {"initContainers", "containers"}) {
    each_object(*spec, key, requests_from_limits);
    if (host_network) each_object(*spec, key, host_ports);
  }
  fill(*spec, "enableServiceLinks", true);
}

void pod_template_object(Members& object) { pod_template(object); }

}  // namespace limen::validation::defaults
