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
}

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
  if (Members* conversion = object_in(*spec, "conversion")) fill(*conversion, "strategy", "None");
}

}  // namespace limen::validation::defaults
