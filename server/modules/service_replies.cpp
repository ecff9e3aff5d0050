// The setters modules answer with: authenticator, authorizer, rules and admission replies.
//
// Each copies what it is given into the call and checks it there; a breach makes the whole call an
// error, never a part of an answer.
#include "modules/call.h"
#include "modules/host_scope.h"
#include "modules/patch.h"

namespace limen::modules {

namespace {

Call* answering_admission(limen_call* handle, std::string_view setter) {
  return answering(handle, setter, CallKind::admit, CallKind::validate);
}

// ---- authenticator -----------------------------------------------------------------------------

limen_str header(const limen_call* handle, limen_str name) noexcept {
  Call* call = CallTable::get().find(handle, "header");
  if (call == nullptr) return {nullptr, 0};
  return call->head.first(to_view(name), call->inputs);
}

limen_status header_at(const limen_call* handle, std::uint32_t index, limen_pair* out) noexcept {
  Call* call = CallTable::get().find(handle, "header_at");
  if (call == nullptr || out == nullptr) return LIMEN_E_INVALID;
  return call->head.at(index, call->inputs, *out) ? LIMEN_OK : LIMEN_E_NOT_FOUND;
}

void set_user(limen_call* handle, limen_str name, limen_str uid) noexcept {
  Call* call = answering(handle, "set_user", CallKind::authenticate);
  if (call == nullptr) return;
  call->authn.identity = {};
  call->authn.audiences.clear();
  if (!call->take_text(name, call->authn.identity.name, "user name") ||
      !call->take_text(uid, call->authn.identity.uid, "user uid")) {
    return;
  }
  if (call->authn.identity.name.empty()) call->violate("named a user with an empty name");
}

void add_group(limen_call* handle, limen_str group) noexcept {
  Call* call = answering(handle, "add_group", CallKind::authenticate);
  std::string text;
  if (call == nullptr || !call->take_text(group, text, "group")) return;
  call->authn.identity.groups.push_back(std::move(text));
}

void add_extra(limen_call* handle, limen_str key, limen_str value) noexcept {
  Call* call = answering(handle, "add_extra", CallKind::authenticate);
  std::string name, text;
  if (call == nullptr || !call->take_text(key, name, "extra key") ||
      !call->take_text(value, text, "extra value")) {
    return;
  }
  for (auto& [known, values] : call->authn.identity.extra) {
    if (known == name) {
      values.push_back(std::move(text));
      return;
    }
  }
  call->authn.identity.extra.emplace_back(std::move(name),
                                          std::vector<std::string>{std::move(text)});
}

void add_audience(limen_call* handle, limen_str audience) noexcept {
  Call* call = answering(handle, "add_audience", CallKind::authenticate);
  std::string text;
  if (call == nullptr || !call->take_text(audience, text, "audience")) return;
  call->authn.audiences.push_back(std::move(text));
}

void cache_for(limen_call* handle, std::int64_t ns) noexcept {
  Call* call = answering(handle, "cache_for", CallKind::authenticate);
  if (call != nullptr) call->authn.cache_for = std::chrono::nanoseconds(ns < 0 ? 0 : ns);
}

void add_challenge(limen_call* handle, limen_str challenge) noexcept {
  Call* call = answering(handle, "add_challenge", CallKind::authenticate);
  std::string text;
  if (call == nullptr || !call->take_text(challenge, text, "challenge")) return;
  call->authn.challenges.push_back(std::move(text));
}

void warn_client(limen_call* handle, limen_str message) noexcept {
  Call* call = answering(handle, "warn", CallKind::authenticate);
  std::string text;
  if (call == nullptr || !call->take_text(message, text, "warning")) return;
  call->authn.warnings.push_back(std::move(text));
}

void annotate_audit(limen_call* handle, limen_str key, limen_str value) noexcept {
  Call* call = answering(handle, "annotate", CallKind::authenticate);
  std::string name, text;
  if (call == nullptr || !call->take_text(key, name, "annotation key") ||
      !call->take_text(value, text, "annotation value")) {
    return;
  }
  call->authn.annotations.emplace_back(std::move(name), std::move(text));
}

// ---- authorizer
// ----------------------------------------------------------------------------------

void decide(limen_call* handle, std::int32_t verdict, limen_str reason) noexcept {
  Call* call = answering(handle, "decide", CallKind::authorize);
  if (call == nullptr || !call->take_text(reason, call->authz.reason, "reason")) return;
  switch (verdict) {
    case LIMEN_DENY:
      call->authz.verdict = authz::Verdict::deny;
      return;
    case LIMEN_ALLOW:
      call->authz.verdict = authz::Verdict::allow;
      return;
    case LIMEN_VERDICT_NO_OPINION:
      call->authz.verdict = authz::Verdict::no_opinion;
      return;
    default:
      call->authz.verdict = authz::Verdict::deny;
      call->violate("gave verdict " + std::to_string(verdict) +
                    ", which this server does not know");
  }
}

void set_rule(limen_call* handle, limen_str rule_id) noexcept {
  Call* call = answering(handle, "set_rule", CallKind::authorize);
  if (call != nullptr) call->take_text(rule_id, call->rule_id, "rule id");
}

void add_authz_cause(limen_call* handle, limen_str key, limen_str value) noexcept {
  Call* call = answering(handle, "add_cause", CallKind::authorize);
  std::string name, text;
  if (call == nullptr || !call->take_text(key, name, "cause") ||
      !call->take_text(value, text, "cause")) {
    return;
  }
  call->authz_causes.emplace_back(std::move(name), std::move(text));
}

void set_authz_error(limen_call* handle, limen_str message) noexcept {
  Call* call = answering(handle, "set_error", CallKind::authorize);
  if (call != nullptr) call->take_text(message, call->authz.error, "error text");
}

// ---- rules
// -----------------------------------------------------------------------------------------

bool take_list(Call& call, limen_str_list list, std::vector<std::string>& out,
               std::string_view what) {
  if (list.items == nullptr && list.count > 0) {
    call.violate("gave a null pointer as " + std::string(what));
    return false;
  }
  for (std::size_t i = 0; i < list.count; ++i) {
    std::string text;
    if (!call.take_text(list.items[i], text, what)) return false;
    // Even empty texts count against the limit, or a list could grow for ever.
    call.reply_bytes += sizeof(std::string);
    out.push_back(std::move(text));
  }
  return true;
}

void add_resource_rule(limen_call* handle, limen_str_list verbs, limen_str_list groups,
                       limen_str_list resources, limen_str_list names) noexcept {
  Call* call = answering(handle, "add_resource_rule", CallKind::rules);
  authz::ResourceRule rule;
  if (call != nullptr && take_list(*call, verbs, rule.verbs, "verb") &&
      take_list(*call, groups, rule.api_groups, "API group") &&
      take_list(*call, resources, rule.resources, "resource") &&
      take_list(*call, names, rule.resource_names, "resource name")) {
    call->rules.resource_rules.push_back(std::move(rule));
  }
}

void add_non_resource_rule(limen_call* handle, limen_str_list verbs, limen_str_list urls) noexcept {
  Call* call = answering(handle, "add_non_resource_rule", CallKind::rules);
  authz::NonResourceRule rule;
  if (call != nullptr && take_list(*call, verbs, rule.verbs, "verb") &&
      take_list(*call, urls, rule.urls, "URL")) {
    call->rules.non_resource_rules.push_back(std::move(rule));
  }
}

void set_incomplete(limen_call* handle, limen_str error) noexcept {
  Call* call = answering(handle, "set_incomplete", CallKind::rules);
  if (call == nullptr || !call->take_text(error, call->rules.error, "error")) return;
  call->rules.incomplete = true;
}

// ---- admission
// -------------------------------------------------------------------------------------

void deny(limen_call* handle, std::int32_t code, limen_str reason, limen_str message) noexcept {
  Call* call = answering_admission(handle, "deny");
  if (call == nullptr) return;
  AdmissionReply& reply = call->admission;
  reply.denied = true;  // whatever is wrong with the rest
  reply.code = code == 0 ? 403 : code;
  if (reply.code < 400 || reply.code > 599) {
    call->violate("refused with HTTP code " + std::to_string(code));
  }
  call->take_text(reason, reply.reason, "reason");
  call->take_text(message, reply.message, "message");
  if (call->refusals == nullptr) return;
  try {
    call->refusals->refused(refusal_of(reply));
  } catch (const std::exception&) {
    // No memory to keep it in: what the reply says still counts.
  }
}

void add_cause(limen_call* handle, limen_str type, limen_str message, limen_str field) noexcept {
  Call* call = answering_admission(handle, "add_cause");
  base::StatusCause cause;
  if (call != nullptr && call->take_text(type, cause.reason, "cause") &&
      call->take_text(message, cause.message, "cause") &&
      call->take_text(field, cause.field, "cause")) {
    call->admission.causes.push_back(std::move(cause));
  }
}

void warn(limen_call* handle, limen_str message) noexcept {
  Call* call = answering_admission(handle, "warn");
  std::string text;
  if (call == nullptr || !call->take_text(message, text, "warning")) return;
  call->admission.warnings.push_back(std::move(text));
}

void annotate(limen_call* handle, limen_str key, limen_str value) noexcept {
  Call* call = answering_admission(handle, "annotate");
  std::string name, text;
  if (call == nullptr || !call->take_text(key, name, "annotation key") ||
      !call->take_text(value, text, "annotation value")) {
    return;
  }
  call->admission.annotations.emplace_back(std::move(name), std::move(text));
}

}  // namespace

AuthnHeaders authn_headers() { return {header, header_at}; }

const limen_authn_reply& authn_reply_table() {
  static constexpr limen_authn_reply table = {sizeof(limen_authn_reply),
                                              0,
                                              set_user,
                                              add_group,
                                              add_extra,
                                              add_audience,
                                              cache_for,
                                              add_challenge,
                                              warn_client,
                                              annotate_audit};
  return table;
}

const limen_authz_reply& authz_reply_table() {
  static constexpr limen_authz_reply table = {
      sizeof(limen_authz_reply), 0, decide, set_rule, add_authz_cause, set_authz_error};
  return table;
}

const limen_rules_reply& rules_reply_table() {
  static constexpr limen_rules_reply table = {sizeof(limen_rules_reply), 0, add_resource_rule,
                                              add_non_resource_rule, set_incomplete};
  return table;
}

const limen_admission_reply& admission_reply_table(bool mutating) {
  static const limen_admission_reply validating = {
      sizeof(limen_admission_reply), 0, deny, add_cause, warn, annotate, nullptr};
  static const limen_admission_reply admitting = {
      sizeof(limen_admission_reply), 0, deny, add_cause, warn, annotate, &patch_table()};
  return mutating ? admitting : validating;
}

}  // namespace limen::modules
