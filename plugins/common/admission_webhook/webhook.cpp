#include "common/admission_webhook/webhook.h"

#include <algorithm>
#include <utility>

#include "common/base64.h"

namespace limen::webhooks {

namespace {

bool listed(const std::vector<std::string>& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return one == "*" || one == word; });
}

bool names_resource(const Rule& rule, const Subject& subject) {
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const std::string& one) {
    const std::size_t slash = one.find('/');
    const std::string_view resource = std::string_view(one).substr(0, slash);
    const std::string_view sub =
        slash == std::string::npos ? std::string_view() : std::string_view(one).substr(slash + 1);
    return (resource == "*" || resource == subject.resource) &&
           (sub == "*" || sub == subject.subresource);
  });
}

bool in_scope(const Rule& rule, const Subject& subject) {
  if (rule.scope != "Namespaced" && rule.scope != "Cluster") return true;
  const bool cluster = subject.ns.empty() || subject.is_namespace();
  return cluster == (rule.scope == "Cluster");
}

// All of a rule but the group and the version.
bool fits(const Rule& rule, const Subject& subject) {
  return listed(rule.operations, operation_name(subject.operation)) &&
         names_resource(rule, subject) && in_scope(rule, subject);
}

void read_client_config(const Node& config, Webhook& out) {
  out.url = config["url"].string_or("");
  const Node service = config["service"];
  out.service_ns = service["namespace"].string_or("");
  out.service_name = service["name"].string_or("");
  out.service_path = service["path"].string_or("");
  out.service_port = service["port"].int_or(443);
  const auto pem = plugins::base64_decode(config["caBundle"].view_or(""));
  if (pem) {
    out.ca_pem = *pem;
  } else {
    out.fault = "clientConfig.caBundle is not base64";
  }
  if (out.url.empty() == out.service_name.empty()) {
    out.fault = "clientConfig names neither or both of url and service";
  } else if (!out.url.empty() && !out.url.starts_with("https://")) {
    out.fault = "clientConfig.url is not https://...";
  }
}

std::string known_version(const Node& versions) {
  for (const std::string& one : versions.strings())
    if (one == "v1" || one == "v1beta1") return one;
  return {};
}

}  // namespace

Webhook read_webhook(std::string_view configuration, const Node& webhook) {
  Webhook out;
  out.configuration = configuration;
  out.name = webhook["name"].string_or("");
  for (const auto& [key, rule] : webhook["rules"]) {
    out.rules.push_back({rule["operations"].strings(), rule["apiGroups"].strings(),
                         rule["apiVersions"].strings(), rule["resources"].strings(),
                         rule["scope"].string_or("*")});
  }
  out.equivalent = webhook["matchPolicy"].view_or("Equivalent") != "Exact";
  out.fails_open = webhook["failurePolicy"].view_or("Fail") == "Ignore";
  out.reinvocable = webhook["reinvocationPolicy"].view_or("Never") == "IfNeeded";
  out.has_conditions = webhook["matchConditions"].size() > 0;
  out.namespaces = Selector(webhook["namespaceSelector"]);
  out.objects = Selector(webhook["objectSelector"]);
  out.timeout_seconds = std::clamp<std::int64_t>(webhook["timeoutSeconds"].int_or(10), 1, 30);
  out.side_effects = webhook["sideEffects"].string_or("");
  out.review_version = known_version(webhook["admissionReviewVersions"]);
  read_client_config(webhook["clientConfig"], out);
  return out;
}

std::string_view name_of(const AdmissionCall& call) {
  const std::string_view asked = call.attributes().name();
  return asked.empty() ? call.object().at("/metadata/name").view_or("") : asked;
}

Subject Subject::of(const AdmissionCall& call) {
  const Attributes about = call.attributes();
  Subject out{call.operation(), about.api_group(),   about.api_version(),
              about.resource(), about.subresource(), about.ns()};
  if (out.is_namespace()) out.ns = name_of(call);
  return out;
}

std::string_view operation_name(std::uint32_t operation) {
  switch (operation) {
    case kCreate:
      return "CREATE";
    case kUpdate:
      return "UPDATE";
    case kDelete:
      return "DELETE";
    default:
      return "CONNECT";
  }
}

std::optional<ObjectVersion> asked_in(const Webhook& webhook, const Subject& subject,
                                      const RequestVersions& versions) {
  for (const Rule& rule : webhook.rules) {
    if (fits(rule, subject) && listed(rule.groups, subject.group) &&
        listed(rule.versions, subject.version)) {
      return versions.request();
    }
  }
  if (!webhook.equivalent) return std::nullopt;
  for (const Rule& rule : webhook.rules) {
    if (!fits(rule, subject)) continue;
    for (const ObjectVersion& one : versions.all()) {
      if (listed(rule.groups, one.api_group) && listed(rule.versions, one.api_version)) return one;
    }
  }
  return std::nullopt;
}

bool may_name(const Webhook& webhook, const Subject& subject) {
  return std::any_of(webhook.rules.begin(), webhook.rules.end(), [&](const Rule& rule) {
    return fits(rule, subject) && listed(rule.groups, subject.group) &&
           (webhook.equivalent || listed(rule.versions, subject.version));
  });
}

bool is_exempt(const Subject& subject) {
  static constexpr std::string_view kExempt[] = {
      "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
      "validatingadmissionpolicies",   "validatingadmissionpolicybindings",
      "mutatingadmissionpolicies",     "mutatingadmissionpolicybindings"};
  return subject.group == "admissionregistration.k8s.io" &&
         std::find(std::begin(kExempt), std::end(kExempt), subject.resource) != std::end(kExempt);
}

}  // namespace limen::webhooks
