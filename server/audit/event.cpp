#include "audit/event.h"

#include <algorithm>
#include <map>

#include "audit/managed_fields.h"
#include "audit/request_uri.h"
#include "base/json_text.h"

namespace limen::audit {

namespace {

using base::append_json_string;
using request::AuditRecord;
using request::Identity;
using request::RequestContext;

constexpr std::size_t kMaxUserAgent = 1024;
constexpr std::string_view kEventType = R"("kind":"Event","apiVersion":"audit.k8s.io/v1",)";
constexpr std::string_view kAnnotations = R"(,"annotations":{)";
constexpr std::string_view kTruncated = R"("audit.k8s.io/truncated":"true")";
constexpr std::string_view kStatusType = R"("kind":"Status","apiVersion":"v1",)";

// `"key":"text",`, or nothing for an empty text.
void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  append_json_string(out, key);
  out += ':';
  append_json_string(out, text);
  out += ',';
}

// Ends an object or a list whose members each ended with a comma.
void close(std::string& out, char bracket) {
  if (out.back() == ',') out.pop_back();
  out += bracket;
}

void append_list(std::string& out, const std::vector<std::string>& items) {
  out += '[';
  for (const std::string& item : items) {
    append_json_string(out, item);
    out += ',';
  }
  close(out, ']');
}

void append_user(std::string& out, const Identity& user) {
  out += '{';
  append_member(out, "username", user.name);
  append_member(out, "uid", user.uid);
  if (!user.groups.empty()) {
    out += "\"groups\":";
    append_list(out, user.groups);
    out += ',';
  }
  if (!user.extra.empty()) {
    const std::map<std::string, std::vector<std::string>> sorted(user.extra.begin(),
                                                                 user.extra.end());
    out += "\"extra\":{";
    for (const auto& [key, values] : sorted) {
      append_json_string(out, key);
      out += ':';
      append_list(out, values);
      out += ',';
    }
    close(out, '}');
  }
  close(out, '}');
}

void append_object_reference(std::string& out, const RequestContext& context) {
  const request::RequestInfo& info = context.info;
  if (!info.is_resource) return;
  static const AuditRecord kNothing;
  const AuditRecord& body = context.audit ? *context.audit : kNothing;
  out += "\"objectRef\":{";
  append_member(out, "resource", info.resource);
  append_member(out, "namespace", info.ns.empty() ? body.ns : info.ns);
  append_member(out, "name", info.name.empty() ? body.name : info.name);
  append_member(out, "uid", body.uid);
  append_member(out, "apiGroup", info.group);
  append_member(out, "apiVersion", info.version);
  append_member(out, "resourceVersion", body.resource_version);
  append_member(out, "subresource", info.subresource);
  close(out, '}');
  out += ',';
}

// The Status of an error as kube-apiserver puts it there: without its type.
void append_status(std::string& out, const base::ApiError& error) {
  std::string text = error.to_json();
  while (text.ends_with('\n')) text.pop_back();
  const std::size_t type = text.find(kStatusType);
  if (type != std::string::npos) text.erase(type, kStatusType.size());
  out += "\"responseStatus\":" + text + ',';
}

void append_response_status(std::string& out, const RequestContext& context, Stage stage) {
  if (stage == Stage::request_received) return;
  if (context.audit->error) return append_status(out, *context.audit->error);
  out += "\"responseStatus\":{\"metadata\":{},";
  if (context.status() == 0) {
    out += R"("status":"Success","message":"Connection closed early","code":200},)";
  } else {
    out += "\"code\":" + std::to_string(context.status()) + "},";
  }
}

void append_user_agent(std::string& out, std::string_view agent) {
  if (agent.size() <= kMaxUserAgent) return append_member(out, "userAgent", agent);
  append_member(out, "userAgent", std::string(agent.substr(0, kMaxUserAgent)) + "...TRUNCATED");
}

// What admission changed in an object is as telling as the object: kept from level Request on.
bool shows_content(std::string_view key) {
  return key.starts_with("patch.admission.limen.io/") ||
         key.starts_with("patch.webhook.admission.k8s.io/");
}

// The first value of a key counts, as in kube-apiserver; keys are sorted.
void append_annotations(std::string& out, const RequestContext& context, AuditLevel level) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [key, value] : context.scope.annotations) {
    if (level >= AuditLevel::request || !shows_content(key)) sorted.emplace(key, value);
  }
  if (sorted.empty()) return;
  out += kAnnotations;
  for (const auto& [key, value] : sorted) {
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
    out += ',';
  }
  close(out, '}');
}

// All before objectRef. `user` is null when nobody knows it.
std::string begin_event(const RequestContext& context, AuditLevel level, Stage stage,
                        const Identity* user) {
  const transport::RequestHead& head = context.head();
  std::string out = "{";
  out.reserve(1024);
  out += kEventType;
  append_member(out, "level", name_of(level));
  append_member(out, "auditID", context.audit_id);
  append_member(out, "stage", name_of(stage));
  append_member(out, "requestURI", shown_target(head.target));
  append_member(out, "verb", context.info.verb);
  out += "\"user\":";
  if (user != nullptr) {
    append_user(out, *user);
  } else {
    out += "{}";
  }
  out += ',';
  if (context.impersonator) {
    out += "\"impersonatedUser\":";
    append_user(out, context.user);
    out += ',';
    if (context.audit && !context.audit->impersonation_constraint.empty()) {
      out += "\"authenticationMetadata\":{";
      append_member(out, "impersonationConstraint", context.audit->impersonation_constraint);
      close(out, '}');
      out += ',';
    }
  }
  out += "\"sourceIPs\":";
  append_list(out, source_ips(head, context.exchange().peer()));
  out += ',';
  append_user_agent(out, head.header("User-Agent"));
  append_object_reference(out, context);
  return out;
}

std::string end_event(const RequestContext& context, AuditLevel level, base::SystemTime received,
                      base::SystemTime now) {
  std::string out;
  out += ",\"requestReceivedTimestamp\":\"" + base::format_micro_time(received) +
         "\",\"stageTimestamp\":\"" + base::format_micro_time(now) + '"';
  append_annotations(out, context, level);
  return out += '}';
}

}  // namespace

std::size_t Event::size() const {
  std::size_t bytes = head.size() + request_object.size() + tail.size();
  for (const transport::BodyPiece& piece : response_object) bytes += piece.view.size();
  return bytes;
}

std::string Event::to_json() const {
  std::string out = head;
  out.reserve(size() + 64);
  if (!request_object.empty()) {
    out += ",\"requestObject\":";
    out += omit_managed_fields ? without_managed_fields(request_object) : request_object;
  }
  if (!response_object.empty()) {
    std::string response;
    for (const transport::BodyPiece& piece : response_object) response += piece.view;
    out += ",\"responseObject\":";
    out += omit_managed_fields ? without_managed_fields(std::move(response)) : response;
  }
  out += tail;
  // Within JSON a line break is nothing but white space; an event is one line.
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string Event::to_item() const {
  std::string out = to_json();
  if (out.compare(1, kEventType.size(), kEventType) == 0) out.erase(1, kEventType.size());
  return out;
}

// Before the annotations there are only times, so the first that looks like their beginning is it.
void Event::truncate() {
  request_object.clear();
  response_object.clear();
  const std::size_t at = tail.find(kAnnotations);
  if (at == std::string::npos) {
    tail.insert(tail.size() - 1, std::string(kAnnotations).append(kTruncated) + '}');
  } else {
    tail.insert(at + kAnnotations.size(), std::string(kTruncated) + ',');
  }
}

Event make_event(const RequestContext& context, Stage stage, base::SystemTime now) {
  const AuditRecord& record = *context.audit;
  const Identity& user = context.impersonator ? *context.impersonator : context.user;
  Event event;
  event.head = begin_event(context, record.level, stage, &user);
  append_response_status(event.head, context, stage);
  event.head.pop_back();  // the comma
  event.request_object = record.request_object;
  event.response_object = record.response_object;
  if (record.error && record.level == AuditLevel::request_response && context.info.is_resource) {
    event.response_object.clear();
    event.response_object.emplace_back(record.error->to_json());
  }
  event.omit_managed_fields = record.omit_managed_fields;
  event.tail = end_event(context, record.level, record.received,
                         stage == Stage::request_received ? record.received : now);
  return event;
}

Event make_refusal(const RequestContext& context, AuditLevel level, const base::ApiError& error,
                   const std::string& message, base::SystemTime received, base::SystemTime now) {
  Event event;
  event.head = begin_event(context, level, Stage::response_started, nullptr);
  append_status(event.head, base::ApiError(error.code(), error.reason(), message, error.details()));
  event.head.pop_back();
  event.tail = end_event(context, level, received, now);
  return event;
}

}  // namespace limen::audit
