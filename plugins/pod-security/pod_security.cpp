// pod-security: pods are held to the Pod Security Standards, by what their namespace's labels say
// (PodSecurity).
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "checks.h"
#include "limen/cpp/plugin.hpp"
#include "namespaces.h"
#include "policy.h"

namespace {

using namespace limen::pod_security;

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return !value.empty() && std::find(list.begin(), list.end(), value) != list.end();
}

// Pods pass through these without their containers being changed. Any other subresource of a pod
// is looked at.
bool is_ignored(std::string_view subresource) {
  static constexpr std::string_view kIgnored[] = {"exec", "attach",      "binding", "eviction",
                                                  "log",  "portforward", "proxy",   "status"};
  return std::find(std::begin(kIgnored), std::end(kIgnored), subresource) != std::end(kIgnored);
}

// Whether an update of a pod changes something that a check looks at.
bool is_significant(const limen::Node& now, const limen::Node& before) {
  const limen::Node annotations = now.at("/metadata/annotations");
  const limen::Node old_annotations = before.at("/metadata/annotations");
  const auto changed = [&](const std::string& key) {
    return annotations[key].view_or("") != old_annotations[key].view_or("");
  };
  if (changed("seccomp.security.alpha.kubernetes.io/pod")) return true;
  for (const char* list : {"containers", "initContainers"}) {
    const limen::Node own = now["spec"][list], old = before["spec"][list];
    if (own.size() != old.size()) return true;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const limen::Node one = own.item(i), other = old.item(i);
      if (one["image"].view_or("") != other["image"].view_or("")) return true;
      if (changed("container.seccomp.security.alpha.kubernetes.io/" + one["name"].string_or("")))
        return true;
    }
  }
  // Ephemeral containers are only ever added; one that is there stays as it is.
  return now.at("/spec/ephemeralContainers").to_json() !=
         before.at("/spec/ephemeralContainers").to_json();
}

class PodSecurity final : public limen::Admission {
 public:
  PodSecurity(limen::Host& host, limen::Node config) : host_(host) {
    const limen::Node defaults = config["defaults"];
    read_default(defaults, "enforce", defaults_.enforce);
    read_default(defaults, "audit", defaults_.audit);
    read_default(defaults, "warn", defaults_.warn);
    const limen::Node exemptions = config["exemptions"];
    exempt_users_ = exemptions["usernames"].strings();
    exempt_namespaces_ = exemptions["namespaces"].strings();
    exempt_classes_ = exemptions["runtimeClasses"].strings();
  }
  static void check_config(limen::Node config, limen::Findings& findings) {
    for (const char* mode : {"enforce", "audit", "warn"}) {
      const std::string name(mode);
      Version version;
      const auto text = config["defaults"][name + "-version"].as_string();
      if (text && !read_version(*text, version))
        findings.error("/defaults/" + name + "-version", "must be \"latest\" or \"v1.x\"");
    }
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (call.is("", "namespaces")) return judge_namespace(call);
    const limen::Attributes about = call.attributes();
    const bool is_pod = about.api_group().empty() && about.resource() == "pods";
    if (is_pod ? is_ignored(about.subresource()) : !about.subresource().empty()) return {};
    const auto pod = limen::pod_of(about.api_group(), about.resource(), call.object());
    if (!pod) return {};
    return judge_pod(call, *pod, is_pod);
  }

 private:
  static void read_default(const limen::Node& defaults, const std::string& mode,
                           LevelVersion& out) {
    read_level(defaults[mode].view_or("privileged"), out.level);
    read_version(defaults[mode + "-version"].view_or("latest"), out.version);
  }

  limen::Result<void> judge_namespace(limen::AdmissionCall& call) const {
    std::vector<std::string> problems, old_problems;
    const Policy now = read_policy(call.object().at("/metadata/labels"), defaults_, problems);
    const Policy before =
        read_policy(call.old_object().at("/metadata/labels"), defaults_, old_problems);
    const std::string name = call.object().at("/metadata/name").string_or("");
    if (!problems.empty() && (call.is_create() || problems != old_problems)) {
      // Clients show the causes and not the message.
      for (const std::string& problem : problems) {
        const std::size_t colon = problem.find("]: ") + 1;
        call.cause("FieldValueInvalid", problem.substr(colon + 2), problem.substr(0, colon));
      }
      return call.deny(
          {"Namespace \"" + name + "\" is invalid: " + joined(problems), 422, "Invalid"});
    }
    const LevelVersion enforce = now.enforce;
    const bool relaxed =
        enforce.version == before.enforce.version && enforce.level <= before.enforce.level;
    const bool stricter =
        enforce != before.enforce && enforce.level != Level::privileged && !relaxed;
    if (call.is_update() && !stricter) return {};
    if (contains(exempt_namespaces_, name)) {
      warn_of_exemption(call, name, now);
      return {};
    }
    return call.is_update() ? warn_of_pods(call, enforce) : limen::Result<void>();
  }

  // Labels that say something are told to be in vain.
  void warn_of_exemption(limen::AdmissionCall& call, const std::string& ns,
                         const Policy& policy) const {
    if (policy.is_privileged() || policy == defaults_) return;
    const limen::Node labels = call.object().at("/metadata/labels");
    std::string told;
    const auto tell = [&](const std::string& mode, const LevelVersion& says) {
      const std::string label = kAnnotations + mode;
      if (says.level == Level::privileged || (!labels[label] && !labels[label + "-version"]))
        return;
      told += (told.empty() ? "" : ", ") + mode + "=" + says.text();
    };
    tell("enforce", policy.enforce);
    tell("audit", policy.audit);
    tell("warn", policy.warn);
    call.warn("namespace \"" + ns + "\" is exempt from Pod Security, and the policy (" + told +
              ") will be ignored");
  }

  limen::Result<void> warn_of_pods(limen::AdmissionCall& call, const LevelVersion& enforce) const {
    const std::string ns = call.object().at("/metadata/name").string_or("");
    ExistingPods pods(ns, enforce);
    std::size_t total = 0;
    const auto listed = host_.objects().list("", "pods", ns, "", [&](const limen::Node& pod) {
      ++total;
      if (contains(exempt_classes_, pod.at("/spec/runtimeClassName").view_or(""))) {
        pods.skip();
      } else if (total <= kMaxPodsToCheck) {
        pods.add(pod);
      }
      return true;
    });
    if (!listed.ok()) {
      call.warn("failed to list pods while checking new PodSecurity enforce level");
      return {};
    }
    for (const std::string& warning : pods.warnings(total)) call.warn(warning);
    return {};
  }

  limen::Result<void> judge_pod(limen::AdmissionCall& call, const limen::PodPlace& pod,
                                bool enforced) const {
    const limen::Attributes about = call.attributes();
    if (contains(exempt_namespaces_, about.ns())) return exempt(call, "namespace");
    if (contains(exempt_users_, about.user().name())) return exempt(call, "user");
    const auto found = host_.objects().get("", "namespaces", "", about.ns());
    if (!found.ok() || !*found) {
      return call.deny(
          {"failed to lookup namespace \"" + std::string(about.ns()) + "\"", 500, "InternalError"});
    }
    std::vector<std::string> problems;
    const Policy policy = read_policy((*found)->at("/metadata/labels"), defaults_, problems);
    const bool privileged = enforced ? policy.is_privileged()
                                     : policy.audit.level == Level::privileged &&
                                           policy.warn.level == Level::privileged;
    if (problems.empty() && privileged) {
      if (enforced) call.annotate(kAnnotations + "enforce-policy", policy.enforce.text());
      return {};
    }
    if (enforced && call.is_update() && !is_significant(call.object(), call.old_object()))
      return {};
    if (contains(exempt_classes_, pod.spec["runtimeClassName"].view_or("")))
      return exempt(call, "runtimeClass");
    if (!problems.empty())
      call.annotate(kAnnotations + "error", "Failed to parse policy: " + joined(problems));
    return apply(call, pod, policy, enforced);
  }

  static limen::Result<void> apply(limen::AdmissionCall& call, const limen::PodPlace& pod,
                                   const Policy& policy, bool enforced) {
    std::string refusal;
    if (enforced) {
      call.annotate(kAnnotations + "enforce-policy", policy.enforce.text());
      const std::string wrong = details(evaluate(policy.enforce, pod));
      if (!wrong.empty())
        refusal = "violates PodSecurity \"" + policy.enforce.text() + "\": " + wrong;
    }
    const std::string audited = details(evaluate(policy.audit, pod));
    if (!audited.empty()) {
      call.annotate(kAnnotations + "audit-violations",
                    "would violate PodSecurity \"" + policy.audit.text() + "\": " + audited);
    }
    if (!refusal.empty()) return call.deny(refusal);
    const std::string warned = details(evaluate(policy.warn, pod));
    if (!warned.empty())
      call.warn("would violate PodSecurity \"" + policy.warn.text() + "\": " + warned);
    return {};
  }

  static limen::Result<void> exempt(limen::AdmissionCall& call, const char* why) {
    call.annotate(kAnnotations + "exempt", why);
    return {};
  }

  static std::string joined(const std::vector<std::string>& problems) {
    if (problems.size() == 1) return problems[0];
    std::string out;
    for (const std::string& problem : problems) out += (out.empty() ? "[" : ", ") + problem;
    return out + "]";
  }

  static inline const std::string kAnnotations = "pod-security.kubernetes.io/";

  limen::Host& host_;
  Policy defaults_;
  std::vector<std::string> exempt_users_, exempt_namespaces_, exempt_classes_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "defaults": {"type": "object", "additionalProperties": false,
      "description": "For namespaces whose labels say nothing.",
      "properties": {
        "enforce": {"type": "string", "enum": ["privileged", "baseline", "restricted"], "default": "privileged",
          "description": "Pods that violate this level are refused."},
        "enforce-version": {"type": "string", "default": "latest",
          "description": "The version of Kubernetes whose checks count: latest or v1.x."},
        "audit": {"type": "string", "enum": ["privileged", "baseline", "restricted"], "default": "privileged",
          "description": "Violations of this level are noted in the audit."},
        "audit-version": {"type": "string", "default": "latest"},
        "warn": {"type": "string", "enum": ["privileged", "baseline", "restricted"], "default": "privileged",
          "description": "Whoever violates this level is warned."},
        "warn-version": {"type": "string", "default": "latest"}
      }},
    "exemptions": {"type": "object", "additionalProperties": false,
      "description": "Pods that are not looked at.",
      "properties": {
        "usernames": {"type": "array", "uniqueItems": true, "items": {"type": "string", "minLength": 1}},
        "namespaces": {"type": "array", "uniqueItems": true,
          "items": {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}},
        "runtimeClasses": {"type": "array", "uniqueItems": true,
          "items": {"type": "string", "maxLength": 253,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}}
      }}
  }
})";

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PodSecurity>(
    {.id = "pod-security",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Holds pods to the Pod Security Standards, as their namespace's labels say.",
     .config_schema = kSchema,
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate | limen::kUpdate}))
