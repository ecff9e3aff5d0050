#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

bool present(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && !value->is_null();
}

std::string_view text(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

void ingress(Members& object) {
  if (Members* status = object_in(object, "status")) object_in(*status, "loadBalancer");
}

// A policy with egress rules restricts both ways, any other only what comes in.
void network_policy(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  object_in(*spec, "podSelector");
  Json& types = (*spec)["policyTypes"];
  if (types.is_null() || (types.is_array() && types.get_array().empty())) {
    boost::json::array& list = types.emplace_array();
    list.emplace_back("Ingress");
    const Json* egress = spec->if_contains("egress");
    if (egress && egress->is_array() && !egress->get_array().empty()) list.emplace_back("Egress");
  }
  for (const std::string_view direction : {"ingress", "egress"}) {
    each_object(*spec, direction, [](Members& rule) {
      each_object(rule, "ports", [](Members& port) { fill(port, "protocol", "TCP"); });
    });
  }
}

void storage_class(Members& object) {
  fill(object, "reclaimPolicy", "Delete");
  fill(object, "volumeBindingMode", "Immediate");
}

void priority_class(Members& object) { fill(object, "preemptionPolicy", "PreemptLowerPriority"); }

// How fast an autoscaler moves one way, where its behaviour says anything of the kind.
void scaling(Members& behavior, std::string_view direction, std::string_view policies) {
  Json* found = behavior.if_contains(direction);
  if (!found || found->is_null()) {
    behavior[direction] = boost::json::object();
    found = behavior.if_contains(direction);
  }
  if (!found->is_object()) return;
  Members& rules = found->get_object();
  fill(rules, "selectPolicy", "Max");
  if (direction == "scaleUp") fill(rules, "stabilizationWindowSeconds", 0);
  if (!present(rules, "policies")) {
    rules["policies"] =
        boost::json::parse(boost::json::string_view(policies.data(), policies.size()));
  }
}

void autoscaler(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "minReplicas", 1);
  const bool second_version = text(object, "apiVersion") == "autoscaling/v2";
  if (second_version && !present(*spec, "metrics")) {
    (*spec)["metrics"] = boost::json::parse(
        R"([{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization",)"
        R"("averageUtilization":80}}}])");
  }
  Json* behavior = spec->if_contains("behavior");
  if (!behavior || !behavior->is_object()) return;
  scaling(behavior->get_object(), "scaleUp",
          R"([{"type":"Pods","value":4,"periodSeconds":15},)"
          R"({"type":"Percent","value":100,"periodSeconds":15}])");
  scaling(behavior->get_object(), "scaleDown",
          R"([{"type":"Percent","value":100,"periodSeconds":15}])");
}

void ingress_class(Members& object) {
  Json* spec = object.if_contains("spec");
  Json* parameters =
      spec && spec->is_object() ? spec->get_object().if_contains("parameters") : nullptr;
  if (parameters && parameters->is_object()) fill(parameters->get_object(), "scope", "Cluster");
}

void csi_driver(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "attachRequired", true);
  fill(*spec, "podInfoOnMount", false);
  fill(*spec, "storageCapacity", false);
  fill(*spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
  fill(*spec, "requiresRepublish", false);
  fill(*spec, "seLinuxMount", false);
  Json& modes = (*spec)["volumeLifecycleModes"];
  if (modes.is_null() || (modes.is_array() && modes.get_array().empty())) {
    modes = boost::json::array{"Persistent"};
  }
}

namespace {

void hooks(Members& object, bool mutating) {
  each_object(object, "webhooks", [&](Members& hook) {
    fill(hook, "failurePolicy", "Fail");
    fill(hook, "matchPolicy", "Equivalent");
    object_in(hook, "namespaceSelector");
    object_in(hook, "objectSelector");
    fill(hook, "timeoutSeconds", 10);
    if (mutating) fill(hook, "reinvocationPolicy", "Never");
    each_object(hook, "rules", [](Members& rule) { fill(rule, "scope", "*"); });
    Json* client = hook.if_contains("clientConfig");
    Json* service =
        client && client->is_object() ? client->get_object().if_contains("service") : nullptr;
    if (service && service->is_object()) fill(service->get_object(), "port", 443);
  });
}

}  // namespace

void validating_webhooks(Members& object) { hooks(object, false); }
void mutating_webhooks(Members& object) { hooks(object, true); }

void endpoint_slice(Members& object) {
  each_object(object, "ports", [](Members& port) {
    fill(port, "name", "");
    fill(port, "protocol", "TCP");
  });
}

void api_service(Members& object) {
  Json* spec = object.if_contains("spec");
  Members* members = spec ? spec->if_object() : nullptr;
  Json* service = members ? members->if_contains("service") : nullptr;
  if (service && service->is_object()) fill(service->get_object(), "port", 443);
}

void custom_resource_definition(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  if (Members* names = object_in(*spec, "names")) {
    const std::string kind(text(*names, "kind"));
    if (text(*names, "singular").empty()) (*names)["singular"] = lower(kind);
    if (text(*names, "listKind").empty() && !kind.empty()) (*names)["listKind"] = kind + "List";
  }
  Json& conversion = (*spec)["conversion"];
  if (conversion.is_null()) conversion.emplace_object()["strategy"] = "None";
  Json* webhook = object::member(conversion, "webhook");
  Json* client = webhook ? object::member(*webhook, "clientConfig") : nullptr;
  Json* service = client ? object::member(*client, "service") : nullptr;
  if (service && service->is_object()) fill(service->get_object(), "port", 443);
}

}  // namespace limen::validation::defaults
