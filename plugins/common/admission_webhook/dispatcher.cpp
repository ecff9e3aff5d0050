#include "common/admission_webhook/dispatcher.h"

#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include "common/admission_webhook/self_lock.h"
#include "common/go_quote.h"

namespace limen::webhooks {

namespace {

using plugins::go_quote;

constexpr std::string_view kGroup = "admissionregistration.k8s.io";

std::optional<Labels> labels_if_any(const Node& object) {
  if (!object["metadata"].is_object()) return std::nullopt;
  return labels_of(object);
}

// A refusal by the webhook, in kube-apiserver's words. Codes below 400 are no refusal.
Refusal refusal_of(const Webhook& webhook, const Answer& answer) {
  Refusal out;
  out.code = answer.code < 400 ? 400 : answer.code > 599 ? 500 : static_cast<int>(answer.code);
  out.message = "admission webhook " + go_quote(webhook.name) + " denied the request";
  const std::string& why = answer.message.empty() ? answer.reason : answer.message;
  out.message += why.empty() ? " without explanation" : ": " + why;
  // Where the webhook names none there is none: StatusReasonUnknown.
  out.reason = answer.reason.empty() ? "Unknown" : answer.reason;
  out.causes = answer.causes;
  return out;
}

// The host keeps a limited number of series: what it takes no more is not counted, and that is no
// reason to fail a request.
template <class Metric, class Record>
void record(const Family<Metric>& family, std::initializer_list<std::string_view> labels,
            Record&& how) {
  try {
    how(family.with(labels));
  } catch (const std::invalid_argument&) {
  }
}
void add_one(const Counter& counter) { counter.add(); }

std::string milliseconds_of(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

const char* const kConfigSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "maxResponseBytes": {
      "type": "integer", "minimum": 1024, "maximum": 16777216, "default": 3145728,
      "description": "A longer answer of a webhook is a failure."
    },
    "allowedHosts": {
      "type": "array", "uniqueItems": true,
      "items": {"type": "string", "maxLength": 255,
        "pattern": "^((\\*\\.)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])$"},
      "description": "The only hosts that webhooks with a url may be at, such as hooks.example.com or *.example.com; empty or left out: any. Webhooks that are services are not concerned."
    },
    "kubeConfigFile": {
      "type": "string",
      "description": "Absolute path of a kubeconfig whose users, named after hosts, are what webhooks know this server by. A change is in force within a second."
    }
  }
})json";

Result<void> refuse(AdmissionCall& call, const Refusal& refusal) {
  for (const Answer::Cause& cause : refusal.causes) {
    call.cause(cause.type, cause.message, cause.field);
  }
  return call.deny({refusal.message, refusal.code, refusal.reason});
}

Facts::Facts(const AdmissionCall& call)
    : subject(Subject::of(call)),
      object(labels_if_any(call.object())),
      old_object(labels_if_any(call.old_object())) {}

Dispatcher::Dispatcher(Host& host, const Node& config, Kind kind)
    : host_(host),
      kind_(kind),
      resource_(kind == Kind::mutating ? "mutatingwebhookconfigurations"
                                       : "validatingwebhookconfigurations"),
      configurations_(host, resource_),
      caller_(host, config, kind == Kind::mutating),
      requests_(host.metrics().family<Counter>("webhook_request_total",
                                               "Questions to webhooks, by the HTTP code answered.",
                                               {"name", "operation", "code", "rejected"})),
      rejections_(host.metrics().family<Counter>(
          "webhook_rejection_count", "Requests refused by a webhook or because it failed.",
          {"name", "operation", "error_type", "rejection_code"})),
      failed_open_(host.metrics().family<Counter>(
          "webhook_fail_open_count", "Failures of a webhook that its failure policy ignored.",
          {"name"})),
      durations_(host.metrics().family<Histogram>("webhook_admission_duration_seconds",
                                                  "How long webhooks took to answer.",
                                                  {"name", "operation", "rejected"})) {}

Dispatcher::Choice Dispatcher::choose_namespace(const AdmissionCall& call, const Facts& facts,
                                                const Webhook& webhook) const {
  const Subject& subject = facts.subject;
  if (webhook.namespaces.empty()) return {true, std::nullopt};
  if (!webhook.namespaces.fault().empty()) {
    return {false, internal_error(call, webhook, webhook.namespaces.fault())};
  }
  if (subject.ns.empty() && !subject.is_namespace()) return {true, std::nullopt};
  if (subject.is_namespace() && subject.subresource.empty() &&
      (subject.operation == kCreate || subject.operation == kUpdate)) {
    return {webhook.namespaces.matches(facts.object.value_or(Labels())), std::nullopt};
  }
  const auto found = host_.objects().get("", "namespaces", "", subject.ns);
  if (!found.ok()) return {false, internal_error(call, webhook, found.error().message)};
  if (!*found) {
    return {false,
            Refusal{"namespaces " + go_quote(subject.ns) + " not found", 404, "NotFound", {}}};
  }
  return {webhook.namespaces.matches(labels_of(**found)), std::nullopt};
}

Dispatcher::Choice Dispatcher::choose(const AdmissionCall& call, const Facts& facts,
                                      const Webhook& webhook) const {
  Choice out = choose_namespace(call, facts, webhook);
  if (!out.asked) return out;
  const Selector& objects = webhook.objects;
  if (!objects.fault().empty()) {
    return {false, internal_error(call, webhook, objects.fault())};
  }
  out.asked = objects.empty() || (facts.object && objects.matches(*facts.object)) ||
              (facts.old_object && objects.matches(*facts.old_object));
  if (!out.asked || !call.dry_run()) return out;
  if (webhook.side_effects != "None" && webhook.side_effects != "NoneOnDryRun") {
    count_rejection(call, webhook, "apiserver_internal_error", 0);
    out.asked = false;
    out.refusal =
        Refusal{"admission webhook " + go_quote(webhook.name) + " does not support dry run",
                400,
                "BadRequest",
                {}};
  }
  return out;
}

Refusal Dispatcher::internal_error(const AdmissionCall& call, const Webhook& webhook,
                                   const std::string& why) const {
  count_rejection(call, webhook, "apiserver_internal_error", 0);
  return {"Internal error occurred: " + why, 500, "InternalError", {{"", why, ""}}};
}

Refusal Dispatcher::no_conversion(std::string_view why) {
  const std::string text(why);
  return {"Internal error occurred: " + text, 500, "InternalError", {{"", text, ""}}};
}

std::optional<Refusal> Dispatcher::judge_failure(AdmissionCall& call, const Webhook& webhook,
                                                 const Reply& reply,
                                                 const std::string& failed_open_key) const {
  const std::string error =
      "failed calling webhook " + go_quote(webhook.name) + ": " + reply.failure;
  const std::string took = milliseconds_of(reply.took);
  host_.log().warn(webhook.fails_open ? "calling a webhook failed; its failure policy ignores that"
                                      : "calling a webhook failed; its failure policy refuses",
                   {{"configuration", webhook.configuration},
                    {"webhook", webhook.name},
                    {"error", reply.failure},
                    {"milliseconds", took}});
  if (webhook.fails_open) {
    record(failed_open_, {webhook.name}, add_one);
    call.annotate(failed_open_key, webhook.name);
    if (!reply.out_of_time) return std::nullopt;
    return Refusal{
        "Timeout: request did not complete within requested timeout", 504, "Timeout", {}};
  }
  count_rejection(call, webhook, "calling_webhook_error", reply.http_code);
  return Refusal{"Internal error occurred: " + error,
                 500,
                 "InternalError",
                 {{"", error, ""}, time_of(webhook, reply)}};
}

Answer::Cause Dispatcher::time_of(const Webhook& webhook, const Reply& reply) const {
  return {"",
          "webhook " + go_quote(webhook.name) + " of the " +
              (kind_ == Kind::mutating ? "Mutating" : "Validating") + "WebhookConfiguration " +
              go_quote(webhook.configuration) + " took " + milliseconds_of(reply.took) + " ms",
          ""};
}

std::optional<Refusal> Dispatcher::judge(AdmissionCall& call, const Webhook& webhook,
                                         const Reply& reply,
                                         const std::string& failed_open_key) const {
  if (!reply.answer) {
    auto refusal = judge_failure(call, webhook, reply, failed_open_key);
    count(call, webhook, reply, refusal.has_value());
    return refusal;
  }
  const Answer& answer = *reply.answer;
  count(call, webhook, reply, !answer.allowed);
  for (const std::string& warning : answer.warnings) call.warn(warning);
  for (const auto& [key, text] : answer.annotations) call.annotate(webhook.name + "/" + key, text);
  if (answer.allowed) return std::nullopt;
  Refusal refusal = refusal_of(webhook, answer);
  count_rejection(call, webhook, "no_error", refusal.code);
  return refusal;
}

void Dispatcher::count_rejection(const AdmissionCall& call, const Webhook& webhook,
                                 std::string_view type, int code) const {
  record(rejections_, {webhook.name, operation_name(call.operation()), type, std::to_string(code)},
         add_one);
}

void Dispatcher::count(const AdmissionCall& call, const Webhook& webhook, const Reply& reply,
                       bool rejected) const {
  const std::string_view operation = operation_name(call.operation());
  const std::string_view word = rejected ? "true" : "false";
  record(requests_, {webhook.name, operation, std::to_string(reply.http_code), word}, add_one);
  record(durations_, {webhook.name, operation, word}, [&](const Histogram& histogram) {
    histogram.observe(std::chrono::duration<double>(reply.took).count());
  });
}

void Dispatcher::warn_of_lock_outs(AdmissionCall& call) const {
  if (!call.is(kGroup, resource_) || !(call.is_create() || call.is_update())) return;
  for (const std::string& why : lock_out_warnings(host_, call.object())) call.warn(why);
}

}  // namespace limen::webhooks
