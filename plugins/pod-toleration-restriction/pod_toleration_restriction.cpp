// pod-toleration-restriction: a namespace says which taints its pods tolerate, and which they may
// (PodTolerationRestriction).
#include <limen/cpp/plugin.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check_tolerations.h"
#include "common/pod_resources.h"
#include "common/tolerations.h"

namespace {

using limen::plugins::Toleration;
using Tolerations = std::vector<Toleration>;

constexpr const char* kDefaults = "scheduler.alpha.kubernetes.io/defaultTolerations";
constexpr const char* kWhitelist = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";

// What an annotation of the namespace says; nothing without the annotation. One without a value is
// an empty list: the cluster's own does not count then.
limen::Result<std::optional<Tolerations>> annotated(const limen::Node& ns, const char* key) {
  const auto text = ns.at("/metadata/annotations")[key].as_string();
  if (!text) return std::optional<Tolerations>();
  if (text->empty()) return std::optional<Tolerations>(Tolerations());
  auto list = limen::plugins::parse_tolerations(*text);
  if (list) return list;
  return limen::Error{"the annotation " + std::string(key) + " of the namespace " +
                          ns.at("/metadata/name").string_or("") + " is no list of tolerations",
                      LIMEN_E_INVALID};
}

class PodTolerationRestriction final : public limen::Admission {
 public:
  PodTolerationRestriction(limen::Host& host, limen::Node config)
      : host_(host),
        default_(limen::plugins::read_tolerations(config["default"])),
        whitelist_(limen::plugins::read_tolerations(config["whitelist"])) {
    check(config, [](const std::string&, const std::string& message) {
      throw limen::ConfigError(message);
    });
  }
  static void check_config(limen::Node config, limen::Findings& findings) {
    check(config, [&](const std::string& pointer, const std::string& message) {
      findings.error(pointer, message);
    });
  }

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const limen::Node spec = call.object()["spec"];
    const Tolerations before = limen::plugins::read_tolerations(spec["tolerations"]);
    Tolerations more;
    if (call.is_create()) {
      const auto ns = namespace_of(call);
      if (!ns.ok()) return ns.error();
      if (!*ns) return {};  // refused
      const auto defaults = annotated(**ns, kDefaults);
      if (!defaults.ok()) return defaults.error();
      more = defaults->value_or(default_);
    }
    // Only pods that ask for nothing are turned away by a node that runs out of memory.
    if (!limen::plugins::is_best_effort(spec)) {
      more.push_back({"node.kubernetes.io/memory-pressure", "Exists", "", "NoSchedule", {}});
    }
    const Tolerations after = more.empty() ? before : limen::plugins::merged(before, more);
    const auto allowed = allows(call, after);
    if (!allowed.ok()) return allowed.error();
    if (!*allowed || after == before) return {};
    return call.patch().set_json("/spec/tolerations", limen::plugins::to_json(after));
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const auto allowed =
        allows(call, limen::plugins::read_tolerations(call.object().at("/spec/tolerations")));
    return allowed.ok() ? limen::Result<void>() : limen::Result<void>(allowed.error());
  }

 private:
  static void check(const limen::Node& config, const limen::plugins::TellFault& tell) {
    for (const char* field : {"default", "whitelist"})
      limen::plugins::check_tolerations(config, field, tell);
  }

  // The pod's namespace; none when the call was refused for want of it.
  limen::Result<limen::SharedNode> namespace_of(limen::AdmissionCall& call) const {
    const std::string name(call.attributes().ns());
    auto found = host_.objects().get("", "namespaces", "", name);
    if (found.ok() && !*found) {
      const std::string message = "namespaces \"" + name + "\" not found";
      (void)call.deny({message, 404, "NotFound"});
    }
    return found;
  }

  // False when the call was refused: the namespace, or the cluster for it, allows the pod not all
  // of its tolerations.
  limen::Result<bool> allows(limen::AdmissionCall& call, const Tolerations& list) const {
    if (list.empty()) return true;
    const auto ns = namespace_of(call);
    if (!ns.ok()) return ns.error();
    if (!*ns) return false;
    const auto annotation = annotated(**ns, kWhitelist);
    if (!annotation.ok()) return annotation.error();
    const Tolerations whitelist = annotation->value_or(whitelist_);
    if (whitelist.empty() || limen::plugins::all_covered(list, whitelist)) return true;
    // kube-apiserver tells of it as of a failure: 500, without a reason.
    (void)call.deny(
        {"pod tolerations (possibly merged with namespace default tolerations) conflict with its "
         "namespace whitelist",
         500, "Unknown"});
    return false;
  }

  limen::Host& host_;
  const Tolerations default_, whitelist_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "apiVersion": {"type": "string", "enum": ["podtolerationrestriction.admission.k8s.io/v1alpha1"],
      "description": "May be given, as in kube-apiserver's file."},
    "kind": {"type": "string", "enum": ["Configuration"],
      "description": "May be given, as in kube-apiserver's file."},
    "default": {"type": "array",
      "description": "Tolerations for new pods of namespaces that have no defaults of their own.",
      "items": {"type": "object", "additionalProperties": false, "properties": {
        "key": {"type": "string"}, "operator": {"type": "string"}, "value": {"type": "string"},
        "effect": {"type": "string"}, "tolerationSeconds": {"type": "integer"}}}},
    "whitelist": {"type": "array",
      "description": "What pods may tolerate in namespaces that have no whitelist of their own; empty: everything.",
      "items": {"type": "object", "additionalProperties": false, "properties": {
        "key": {"type": "string"}, "operator": {"type": "string"}, "value": {"type": "string"},
        "effect": {"type": "string"}, "tolerationSeconds": {"type": "integer"}}}}
  }
})";

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PodTolerationRestriction>(
    {.id = "pod-toleration-restriction",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets a namespace say which taints its pods tolerate, and which they may.",
     .config_schema = kSchema,
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate}))
