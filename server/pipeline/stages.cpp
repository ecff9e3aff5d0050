#include "pipeline/stages.h"

#include <algorithm>
#include <utility>

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

// What Go's time.ParseDuration says of a text that is no duration.
std::string duration_problem(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const std::string quoted = base::go_quote(text);
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::size_t whole = std::min(rest.find_first_not_of(kDigits), rest.size());
    rest.remove_prefix(whole);
    std::size_t fraction = 0;
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      fraction = std::min(rest.find_first_not_of(kDigits), rest.size());
      rest.remove_prefix(fraction);
    }
    if (whole + fraction == 0) break;
    const std::string_view unit = rest.substr(0, rest.find_first_of(".0123456789"));
    if (unit.empty()) return "time: missing unit in duration " + quoted;
    if (!base::parse_duration("1" + std::string(unit))) {
      return "time: unknown unit " + base::go_quote(unit) + " in duration " + quoted;
    }
    rest.remove_prefix(unit.size());
  }
  return "time: invalid duration " + quoted;
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
    throw base::ApiError::bad_request("invalid timeout specified in the request URL - " +
                                      duration_problem(text));
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

void refuse_overload(request::RequestContext& context) {
  if (context.exchange().responded()) return;
  transport::ResponseHead head = context.new_head(429, "text/plain; charset=utf-8");
  head.add("Retry-After", "1");
  head.add("X-Content-Type-Options", "nosniff");
  context.set_status(429);
  context.exchange().respond(std::move(head),
                             std::string("Too many requests, please try again later.\n"));
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
