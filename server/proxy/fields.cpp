#include "proxy/fields.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "transport/http_syntax.h"

namespace limen::proxy {

namespace {

using transport::same_word;

constexpr std::array<std::string_view, 8> kHopByHop = {
    "Connection", "Keep-Alive", "Proxy-Connection",  "Proxy-Authenticate",
    "TE",         "Trailer",    "Transfer-Encoding", "Upgrade"};
// What shows who the client is, or whom it wants to be taken for, and what is made anew.
constexpr std::array<std::string_view, 9> kNeverSent = {
    "Authorization", "Proxy-Authorization", "Host",     "Content-Length", "Impersonate-*",
    "X-Remote-*",    "X-Forwarded-For",     "Audit-Id", "Expect"};
constexpr std::array<std::string_view, 3> kNeverTaken = {"Date", "Content-Length", "Audit-Id"};

bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty() || pattern.back() != '*') return same_word(name, pattern);
  pattern.remove_suffix(1);
  return name.size() >= pattern.size() && same_word(name.substr(0, pattern.size()), pattern);
}

template <class Patterns>
bool matches_any(std::string_view name, const Patterns& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](std::string_view pattern) { return matches(name, pattern); });
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  if (!transport::is_token(name) || !transport::is_field_value(value)) return;
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

class RequestFields {
 public:
  RequestFields(const request::RequestContext& context, const ForwardRules& rules, bool upgrade)
      : context_(context), rules_(rules), upgrade_(upgrade) {}

  bool goes_on(std::string_view name) const {
    if (matches_any(name, kHopByHop) || matches_any(name, kNeverSent)) return false;
    if (matches_any(name, rules_.dropped) || is_set(name)) return false;
    if (!upgrade_ && matches(name, "Sec-WebSocket-*")) return false;
    return !named_by_connection(name);
  }

  // What the client's address is for whoever sees it through several servers.
  std::string forwarded_for() const {
    std::string text;
    for (const auto& [name, value] : context_.head().headers) {
      if (!same_word(name, "X-Forwarded-For")) continue;
      text += (text.empty() ? "" : ", ") + std::string(value);
    }
    const std::string& source = context_.exchange().peer().source_ip;
    if (!source.empty()) text += (text.empty() ? "" : ", ") + source;
    return text;
  }

  bool is_set(std::string_view name) const {
    return std::any_of(rules_.added.begin(), rules_.added.end(),
                       [name](const auto& one) { return same_word(one.first, name); });
  }

 private:
  bool named_by_connection(std::string_view name) const {
    for (const auto& field : context_.head().headers) {
      if (same_word(field.name, "Connection") && transport::list_has(field.value, name))
        return true;
    }
    return false;
  }

  const request::RequestContext& context_;
  const ForwardRules& rules_;
  const bool upgrade_;
};

}  // namespace

std::string without_bearer(std::string_view offer) {
  constexpr std::string_view kBearer = "base64url.bearer.authorization.k8s.io.";
  std::string kept;
  for (const std::string_view one : base::split(offer, ',')) {
    const std::string_view protocol = base::trim(one);
    if (protocol.empty() || protocol.starts_with(kBearer)) continue;
    if (!kept.empty()) kept += ", ";
    kept += protocol;
  }
  return kept;
}

std::string request_head(const request::RequestContext& context, const Target& target,
                         const ForwardRules& rules, std::size_t body_size, bool upgrade) {
  const transport::RequestHead& head = context.head();
  const RequestFields fields(context, rules, upgrade);
  std::string out(rules.method.empty() ? head.method : std::string_view(rules.method));
  const bool has_body = head.has_body && rules.method.empty();
  out += ' ';
  out += target.path.empty() ? "/" : target.path;
  out += " HTTP/1.1\r\n";
  add_field(out, "Host", target.host_header);
  for (const auto& [name, value] : head.headers) {
    if (!fields.goes_on(name)) continue;
    if (!same_word(name, "Sec-WebSocket-Protocol")) {
      add_field(out, name, value);
    } else if (const std::string offer = without_bearer(value); !offer.empty()) {
      add_field(out, name, offer);
    }
  }
  for (const auto& [name, value] : rules.added) add_field(out, name, value);
  if (!fields.is_set("X-Forwarded-For")) {
    if (const std::string chain = fields.forwarded_for(); !chain.empty()) {
      add_field(out, "X-Forwarded-For", chain);
    }
  }
  if (!fields.is_set("Audit-Id")) add_field(out, "Audit-Id", context.audit_id);
  if (has_body || head.content_length) {
    add_field(out, "Content-Length", std::to_string(body_size));
  }
  if (upgrade) {
    add_field(out, "Connection", "Upgrade");
    add_field(out, "Upgrade", head.header("Upgrade"));
  } else {
    add_field(out, "Connection", "close");
  }
  return out += "\r\n";
}

void take_answer_fields(const AnswerHead& answer, const ForwardRules& rules,
                        transport::ResponseHead& head) {
  const std::string_view connection = answer.field("Connection");
  bool cache_control_seen = false;
  for (const auto& [name, sent] : answer.fields) {
    if (matches_any(name, kHopByHop) || matches_any(name, kNeverTaken)) continue;
    if (transport::list_has(connection, name)) continue;
    std::string value = sent;
    if (rules.answer_field && !rules.answer_field(name, value)) continue;
    if (same_word(name, "Cache-Control") && !std::exchange(cache_control_seen, true)) {
      head.replace("Cache-Control", value);
    } else {
      head.add(name, value);
    }
  }
}

}  // namespace limen::proxy
