#include "request/context.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace limen::request {

namespace {

constexpr std::size_t kWarningBudget = 4096;    // runes of all warnings together, then each is cut
constexpr std::size_t kWarningItemLimit = 256;  // runes of one once they are cut

std::size_t rune_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

std::string_view cut_runes(std::string_view text, std::size_t runes) {
  std::size_t at = 0;
  while (at < text.size() && runes-- > 0) {
    at += std::max<std::size_t>(1, base::utf8_sequence_length(text.substr(at)));
  }
  return text.substr(0, at);
}

// `299 - "text"` with the quoted-string escapes of RFC 9110.
std::string warning_value(std::string_view text) {
  std::string out = "299 - \"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out += '\\';
    out += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F ? ' ' : byte;
  }
  return out += '"';
}

}  // namespace

RequestContext::RequestContext(std::shared_ptr<transport::Exchange> exchange,
                               base::Deadline deadline)
    : scope(exchange->loop(), deadline), exchange_(std::move(exchange)) {}

void RequestContext::warn(std::string text) {
  if (text.empty() || !base::is_valid_utf8(text)) return;
  if (std::find(scope.warnings.begin(), scope.warnings.end(), text) != scope.warnings.end()) return;
  scope.warnings.push_back(std::move(text));
}

bool RequestContext::wants_pretty() const {
  const std::string_view pretty = info.query.get("pretty");
  if (!pretty.empty()) {
    static constexpr std::string_view kTrue[] = {"1", "t", "T", "TRUE", "true", "True"};
    return std::find(std::begin(kTrue), std::end(kTrue), pretty) != std::end(kTrue);
  }
  const std::string_view agent = head().header("User-Agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

transport::ResponseHead RequestContext::new_head(int status, std::string_view content_type) const {
  transport::ResponseHead head(status);
  head.add("Audit-Id", audit_id);
  head.add("Cache-Control", "no-cache, private");
  if (!content_type.empty()) head.add("Content-Type", content_type);
  for (const auto& [name, value] : headers) head.add(name, value);
  if (flow) {
    head.add("X-Kubernetes-PF-FlowSchema-UID", flow->schema_uid);
    head.add("X-Kubernetes-PF-PriorityLevel-UID", flow->level_uid);
  }
  if (scope.warnings.empty()) return head;
  std::size_t total = 0;
  for (const std::string& warning : scope.warnings) total += rune_count(warning);
  std::size_t sent = 0;
  for (const std::string& warning : scope.warnings) {
    const std::string_view text =
        total > kWarningBudget ? cut_runes(warning, kWarningItemLimit) : std::string_view(warning);
    sent += rune_count(text);
    if (sent > kWarningBudget) break;
    head.add("Warning", warning_value(text));
  }
  return head;
}

void RequestContext::set_status(int status) {
  status_ = status;
  if (audit && audit->answering) std::exchange(audit->answering, nullptr)();
}

void RequestContext::respond(int status, std::string_view content_type, std::string body) {
  if (exchange_->responded()) return;
  set_status(status);
  exchange_->respond(new_head(status, content_type), std::move(body));
}

// Compact text ends with a newline, indented text without one: as kube-apiserver writes them.
std::string RequestContext::status_text(const base::ApiError& error) const {
  std::string text = error.to_json();
  if (!wants_pretty()) return text;
  text.pop_back();
  return base::indent_json(text);
}

void RequestContext::fail(const base::ApiError& error) {
  if (exchange_->responded()) return;
  if (audit) audit->error = error;
  set_status(error.code());
  transport::ResponseHead head = new_head(error.code(), "application/json");
  if (error.details().retry_after_seconds > 0) {
    head.add("Retry-After", std::to_string(error.details().retry_after_seconds));
  }
  if (error.code() == 403) head.add("X-Content-Type-Options", "nosniff");
  exchange_->respond(std::move(head), status_text(error));
}

void RequestContext::fail(const base::ApiError& error, std::string text) {
  if (exchange_->responded()) return;
  if (audit) audit->error = error;
  set_status(error.code());
  transport::ResponseHead head = new_head(error.code(), "text/plain; charset=utf-8");
  head.add("X-Content-Type-Options", "nosniff");
  exchange_->respond(std::move(head), std::move(text));
}

base::Task<std::string> RequestContext::read_body(std::size_t limit) {
  using Read = std::pair<transport::BodyStatus, std::string>;
  base::OneShot<Read> answer(scope.loop);
  exchange_->read_body(limit, [answer](transport::BodyStatus status, std::string body) {
    answer.set(Read(status, std::move(body)));
  });
  Read read = co_await answer;
  switch (read.first) {
    case transport::BodyStatus::complete:
      co_return std::move(read.second);
    case transport::BodyStatus::too_large:
      throw base::ApiError::request_entity_too_large("Request entity too large: limit is " +
                                                     std::to_string(limit));
    case transport::BodyStatus::timed_out:
      throw base::ApiError::timeout(
          "Timeout: request did not complete within the allotted timeout");
    case transport::BodyStatus::malformed:
    case transport::BodyStatus::cancelled:
      break;
  }
  throw base::ApiError::bad_request("unexpected EOF");
}

}  // namespace limen::request
