#include "pipeline/stages.h"

#include "authz/refusal.h"
#include "base/strings.h"
#include "base/time.h"
#include "base/utf8.h"

namespace limen::pipeline {

namespace {

constexpr std::size_t kMaxAuditId = 64;

// A client's id goes into headers and logs; anything but plain visible ASCII is replaced by our
// own.
bool is_plain(std::string_view id) {
  for (const char byte : id)
    if (byte <= ' ' || byte > '~' || byte == '"') return false;
  return !id.empty() && id.size() <= kMaxAuditId;
}

}  // namespace

void assign_audit_id(request::RequestContext& context) {
  const std::string_view sent = context.head().header("Audit-ID");
  context.audit_id = is_plain(sent) ? std::string(sent) : base::random_uuid();
}

void parse_target(request::RequestContext& context) {
  const transport::RequestHead& head = context.head();
  if (parse_request(head.method, head.target, context.info) != request::TargetStatus::ok) {
    throw base::ApiError::bad_request(
        "the request target is malformed: a path must be absolute and free of empty, \".\" and "
        "\"..\" segments and of encoded slashes");
  }
}

bool is_long_running(const request::RequestInfo& info) {
  if (info.verb == "watch" || info.verb == "proxy") return true;
  const std::string_view sub = info.subresource;
  return info.is_resource && (sub == "attach" || sub == "exec" || sub == "portforward" ||
                              sub == "proxy" || sub == "log");
}

std::chrono::nanoseconds allotted_time(const request::RequestInfo& info,
                                       std::chrono::nanoseconds limit) {
  const std::string_view text = info.query.get("timeout");
  if (text.empty()) return limit;
  const auto wanted = base::parse_duration(text);
  if (!wanted) {
    const bool digits_only = text.find_first_not_of("0123456789.") == std::string_view::npos;
    throw base::ApiError::bad_request(
        "invalid timeout specified in the request URL - time: " +
        std::string(digits_only ? "missing unit in duration " : "invalid duration ") +
        base::go_quote(text));
  }
  if (wanted->count() <= 0) return limit;
  return std::min(*wanted, limit);
}

std::string_view bearer_token(request::RequestContext& context) {
  const std::string_view value = base::trim(context.head().header("Authorization"));
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() || !base::iequals(value.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  const std::string_view token = value.substr(kScheme.size());
  if (token.front() == ' ') {
    context.warn(
        "the provided Authorization header contains extra space before the bearer token, and is "
        "ignored");
    return {};
  }
  return token.substr(0, token.find(' '));
}

std::string websocket_token(const transport::RequestHead& head) {
  constexpr std::string_view kPrefix = "base64url.bearer.authorization.k8s.io.";
  if (!base::iequals(base::trim(head.header("Upgrade")), "websocket")) return {};
  std::string token;
  std::size_t others = 0, tokens = 0;
  for (const transport::HeaderView& header : head.headers) {
    if (!base::iequals(header.name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view item : base::split(header.value, ',')) {
      const std::string_view protocol = base::trim(item);
      if (!protocol.starts_with(kPrefix)) {
        others += protocol.empty() ? 0 : 1;
      } else if (++tokens == 1) {
        token = base::base64url_decode(protocol.substr(kPrefix.size())).value_or(std::string());
      }
    }
  }
  return others > 0 && tokens == 1 && base::is_valid_utf8(token) ? token : std::string();
}

base::ApiError refusal(const authz::Attributes& attributes, const authz::Outcome& outcome) {
  if (!outcome.error.empty()) return base::ApiError::internal(outcome.error);
  return authz::forbidden_error(attributes, outcome.reason);
}

void refuse(request::RequestContext& context, const authz::Attributes& attributes,
            const authz::Outcome& outcome) {
  const base::ApiError error = refusal(attributes, outcome);
  if (!outcome.error.empty()) {
    context.fail(error,
                 authz::escape_html("Internal Server Error: " +
                                    base::go_quote(context.head().target) + ": " + outcome.error) +
                     "\n");
  }
  throw error;
}

}  // namespace limen::pipeline
