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
  const Json* outer = spec->if_contains("externalIPs");
  const bool has_outer = outer && outer->is_array() && !outer->get_array().empty();
  if (reachable_from_outside || (type == "ClusterIP" && has_outer))
    fill(*spec, "externalTrafficPolicy", "Cluster");
  if (reachable_from_outside || type == "ClusterIP") {
    fill(*spec, "internalTrafficPolicy", "Cluster");
  }
  if (type != "LoadBalancer") return;
  fill(*spec, "allocateLoadBalancerNodePorts", true);
  Json* status = object.if_contains("status");
  Json* balancer =
      status && status->is_object() ? status->get_object().if_contains("loadBalancer") : nullptr;
  if (!balancer || !balancer->is_object()) return;
  each_object(balancer->get_object(), "ingress", [](Members& point) {
    if (!text(point, "ip").empty()) fill(point, "ipMode", "VIP");
  });
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
  volume_sources(*spec);
}

void claim_template(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "volumeMode", "Filesystem");
  if (Members* resources = object_in(*spec, "resources")) {
    whole_milli(*resources, "requests");
    whole_milli(*resources, "limits");
  }
}

void persistent_volume_claim(Members& object) { claim_template(object); }

// Limits of containers have defaults that follow one another: the most is the default, the default
// limit is the default request, the least is the default request where there is neither.
void limit_range(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  each_object(*spec, "limits", [](Members& item) {
    for (const std::string_view key :
         {"min", "max", "default", "defaultRequest", "maxLimitRequestRatio"}) {
      whole_milli(item, key);
    }
    if (text(item, "type") != "Container") return;
    const auto follow = [&](std::string_view key, std::string_view from) {
      const Json* found = item.if_contains(from);
      if (!found || !found->is_object() || found->get_object().empty()) return;
      const Members values = found->get_object();
      Members* target = object_in(item, key);
      if (!target) return;
      for (const auto& value : values) fill(*target, value.key(), value.value());
    };
    follow("default", "max");
    follow("defaultRequest", "default");
    follow("defaultRequest", "min");
  });
}

void resource_quota(Members& object) {
  if (Members* spec = object_in(object, "spec")) whole_milli(*spec, "hard");
}

// What may be used is all there is, where nothing else is said.
void node(Members& object) {
  Members* status = object_in(object, "status");
  const Json* capacity = status ? status->if_contains("capacity") : nullptr;
  if (!capacity || !capacity->is_object()) return;
  const Json all = *capacity;
  fill(*status, "allocatable", all);
}

void endpoints(Members& object) {
  each_object(object, "subsets", [](Members& subset) {
    each_object(subset, "ports", [](Members& port) { fill(port, "protocol", "TCP"); });
  });
}

void event(Members& object) {
  object_in(object, "source");
  fill(object, "reportingComponent", "");
  fill(object, "reportingInstance", "");
}

}  // namespace limen::validation::defaults
