// One webhook of a MutatingWebhookConfiguration or ValidatingWebhookConfiguration
// (admissionregistration.k8s.io/v1), read, and the requests its rules name. Values; any thread.
#pragma once

#include <cstdint>
#include <limen/cpp/admission.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/admission_webhook/selector.h"
#include "common/admission_webhook/versions.h"

namespace limen::webhooks {

struct Rule {
  std::vector<std::string> operations, groups, versions, resources;
  std::string scope = "*";
};

struct Webhook {
  std::string configuration, name;
  std::vector<Rule> rules;
  bool equivalent = true;   // matchPolicy
  bool fails_open = false;  // failurePolicy Ignore
  bool reinvocable = false;
  bool has_conditions = false;  // matchConditions, which nobody evaluates yet
  Selector namespaces, objects;
  std::int64_t timeout_seconds = 10;
  std::string side_effects;    // empty: not said
  std::string review_version;  // v1 or v1beta1, the first it knows; empty: neither
  // Where it is: an URL, or a service.
  std::string url;
  std::string service_ns, service_name, service_path;
  std::int64_t service_port = 443;
  std::string ca_pem;  // empty: the system's trust store
  std::string fault;   // why it cannot be called; empty: it can
};

Webhook read_webhook(std::string_view configuration, const Node& webhook);

// What rules look at. Views.
struct Subject {
  std::uint32_t operation = kCreate;
  std::string_view group, version, resource, subresource, ns;  // ns of a Namespace: its own name

  static Subject of(const AdmissionCall& call);
  bool is_namespace() const { return group.empty() && resource == "namespaces"; }
};

// The request's name, or where it has none that of the new object. Borrowed from the call.
std::string_view name_of(const AdmissionCall& call);

// CREATE, UPDATE, DELETE or CONNECT.
std::string_view operation_name(std::uint32_t operation);

// The version the webhook is asked in when one of its rules names the request: that of the request,
// or with matchPolicy Equivalent another that holds the same objects. Nothing: it is not asked.
std::optional<ObjectVersion> asked_in(const Webhook& webhook, const Subject& subject,
                                      const RequestVersions& versions);
// True when a rule names the subject, with matchPolicy Equivalent in whatever version of its group.
bool may_name(const Webhook& webhook, const Subject& subject);

// Objects of this group decide what webhooks and policies are asked: they are never sent to one, so
// that none can keep itself from being taken away.
bool is_exempt(const Subject& subject);

}  // namespace limen::webhooks
