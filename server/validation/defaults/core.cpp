#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

constexpr int kAffinitySeconds = 10800;

std::string_view text(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool is_unset_port(const Json* value) {
  if (!value || value->is_null()) return true;
  return value->is_string() ? value->get_string().empty() : object::int_or(value, 0) == 0;
}

}  // namespace

void service(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "sessionAffinity", "None");
  if (text(*spec, "sessionAffinity") == "ClientIP") {
    if (Members* config = object_in(*spec, "sessionAffinityConfig")) {
      if (Members* client = object_in(*config, "clientIP")) {
        fill(*client, "timeoutSeconds", kAffinitySeconds);
      }
    }
  }
  fill(*spec, "type", "ClusterIP");
  each_object(*spec, "ports", [](Members& port) {
    fill(port, "protocol", "TCP");
    if (is_unset_port(port.if_contains("targetPort")) && port.contains("port")) {
      const Json number = port.at("port");
      port["targetPort"] = number;
    }
  });
  const std::string type(text(*spec, "type"));
  const bool reachable_from_outside = type == "NodePort" || type == "LoadBalancer";
  if (reachable_from_outside) fill(*spec, "externalTrafficPolicy", "Cluster");
  if (reachable_from_outside || type == "ClusterIP") {
    fill(*spec, "internalTrafficPolicy", "Cluster");
  }
  if (type == "LoadBalancer") fill(*spec, "allocateLoadBalancerNodePorts", true);
}

void secret(Members& object) {
  fill(object, "type", "Opaque");
  if (text(object, "type").empty()) object["type"] = "Opaque";
}

// So that selectors can name one namespace.
void namespace_object(Members& object) {
  Members* metadata = object_in(object, "metadata");
  if (!metadata) return;
  const std::string name(text(*metadata, "name"));
  if (name.empty()) return;
  if (Members* labels = object_in(*metadata, "labels")) {
    (*labels)["kubernetes.io/metadata.name"] = name;
  }
}

void persistent_volume(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "persistentVolumeReclaimPolicy", "Retain");
  fill(*spec, "volumeMode", "Filesystem");
  if (Json* path = spec->if_contains("hostPath"); path && path->is_object()) {
    fill(path->get_object(), "type", "");
  }
}

void persistent_volume_claim(Members& object) {
  if (Members* spec = object_in(object, "spec")) fill(*spec, "volumeMode", "Filesystem");
}

void event(Members& object) {
  object_in(object, "source");
  fill(object, "reportingComponent", "");
  fill(object, "reportingInstance", "");
}

}  // namespace limen::validation::defaults
