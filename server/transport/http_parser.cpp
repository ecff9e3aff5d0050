#include "transport/http_parser.h"

#include "transport/http_syntax.h"

namespace limen::transport {
namespace {

TextRange range_in(std::string_view text, std::string_view part) {
  return {static_cast<std::uint32_t>(part.data() - text.data()),
          static_cast<std::uint32_t>(part.size())};
}

// Origin-form, absolute-form or the asterisk (RFC 9112 section 3.2); CONNECT names an authority.
bool is_known_form(std::string_view method, std::string_view target) {
  return target.front() == '/' || target == "*" || method == "CONNECT" ||
         target.find("://") != std::string_view::npos;
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

}  // namespace

void HeadParser::reset() {
  constexpr std::size_t kHeadersKept = 64;
  std::vector<HeaderRange> headers = std::move(head_.headers);
  headers.clear();
  if (headers.capacity() > kHeadersKept) headers = {};
  *this = HeadParser(*limits_);
  head_.headers = std::move(headers);
}

HeadParser::Status HeadParser::fail(int code, std::string_view detail) {
  error_.code = code;
  error_.detail = detail;
  return Status::failed;
}

HeadParser::Status HeadParser::parse(std::string_view text) {
  while (true) {
    const std::size_t newline = text.find('\n', searched_);
    if (newline == std::string_view::npos) {
      searched_ = text.size();
      return over_limit(text.size(), text.size()) ? Status::failed : Status::need_more;
    }
    if (over_limit(newline, newline + 1)) return Status::failed;
    if (newline == line_begin_ || text[newline - 1] != '\r') return fail(400);
    const std::string_view line = text.substr(line_begin_, newline - 1 - line_begin_);
    line_begin_ = searched_ = newline + 1;
    if (stage_ == Stage::headers && line.empty()) {
      head_.size = line_begin_;
      return finish(text) ? Status::complete : Status::failed;
    }
    if (!take_line(text, line)) return Status::failed;
  }
}

// A line without its LF ends at `line_end`; with it, and all that is known, at `text_end`. When two
// limits are passed the one met first counts, so that the answer does not depend on the cuts.
bool HeadParser::over_limit(std::size_t line_end, std::size_t text_end) {
  const std::size_t head_met = limits_->header_bytes + 1;
  const bool head_over = text_end >= head_met;
  if (stage_ != Stage::headers) {
    // One more than the limit may be the CR; two more cannot.
    const std::size_t line_met = line_begin_ + limits_->request_line_bytes + 2;
    if (line_end >= line_met && (!head_over || line_met <= head_met)) {
      fail(414);
      return true;
    }
  }
  if (head_over) fail(431);
  return head_over;
}

bool HeadParser::take_line(std::string_view text, std::string_view line) {
  if (stage_ == Stage::leading && line.empty()) {
    // One empty line before the request line is forgiven (RFC 9112 section 2.2).
    stage_ = Stage::request_line;
    return true;
  }
  if (stage_ != Stage::headers) {
    stage_ = Stage::headers;
    return take_request_line(text, line);
  }
  return take_header(text, line);
}

bool HeadParser::take_request_line(std::string_view text, std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) {
    fail(400);
    return false;
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || !is_target(target) || !is_known_form(method, target)) {
    fail(400);
    return false;
  }
  head_.method = range_in(text, method);
  head_.target = range_in(text, target);
  return take_version(line.substr(last + 1));
}

bool HeadParser::take_version(std::string_view version) {
  constexpr std::string_view kForm = "HTTP/d.d";
  if (version.size() != kForm.size() || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    fail(400);
    return false;
  }
  if (version[5] != '1') {
    fail(505, "unsupported protocol version");
    return false;
  }
  head_.http_1_0 = version[7] == '0';
  return true;
}

bool HeadParser::take_header(std::string_view text, std::string_view line) {
  const std::optional<FieldLine> field = split_field_line(line);
  if (!field) {
    fail(400);
    return false;
  }
  if (!is_field_value(field->value)) {
    fail(400, "invalid header value");
    return false;
  }
  if (head_.headers.size() >= limits_->header_count) {
    fail(431);
    return false;
  }
  const HeaderRange where{range_in(text, field->name), range_in(text, field->value)};
  head_.headers.push_back(where);
  return note_header(field->name, field->value, where.value);
}

// Remembers what framing and connection handling need. Names are told apart by length first.
bool HeadParser::note_header(std::string_view name, std::string_view value, TextRange where) {
  if (name.size() == 4 && same_word(name, "Host")) {
    ++hosts_;
    host_ = where;
  } else if (name.size() == 6 && same_word(name, "Expect")) {
    has_expect_ = true;
    head_.expects_continue = head_.expects_continue || list_has(value, "100-continue");
  } else if (name.size() == 10 && same_word(name, "Connection")) {
    asks_close_ = asks_close_ || list_has(value, "close");
    asks_keep_alive_ = asks_keep_alive_ || list_has(value, "keep-alive");
  } else if (name.size() == 14 && same_word(name, "Content-Length")) {
    return take_content_length(value);
  } else if (name.size() == 17 && same_word(name, "Transfer-Encoding")) {
    ++codings_;
    coding_ = where;
  }
  return true;
}

bool HeadParser::take_content_length(std::string_view value) {
  constexpr std::size_t kMostDigits = 18;  // fits 64 bits with room for sums
  if (has_length_ || value.empty() || value.size() > kMostDigits) {
    fail(400);
    return false;
  }
  std::uint64_t length = 0;
  for (char digit : value) {
    if (!is_digit(digit)) {
      fail(400);
      return false;
    }
    length = length * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  has_length_ = true;
  head_.content_length = length;
  return true;
}

bool HeadParser::finish(std::string_view text) {
  if (!check_framing(text) || !check_host(text)) return false;
  if (head_.http_1_0) {
    head_.keep_alive = asks_keep_alive_ && !asks_close_;
    head_.expects_continue = false;  // RFC 9110 section 10.1.1: not from a 1.0 client
  } else {
    head_.keep_alive = !asks_close_;
    head_.unknown_expectation = has_expect_ && !head_.expects_continue;
  }
  return true;
}

bool HeadParser::check_framing(std::string_view text) {
  if (codings_ == 0) {
    if (has_length_) head_.framing = Framing::length;
    return true;
  }
  // A 1.0 client knows no codings, and a length beside one is how requests are smuggled
  // (RFC 9112 section 6.1).
  if (head_.http_1_0 || has_length_) {
    fail(400);
    return false;
  }
  if (codings_ != 1 || !same_word(coding_.in(text), "chunked")) {
    fail(501);
    error_.unsupported_coding = true;
    return false;
  }
  head_.framing = Framing::chunked;
  return true;
}

bool HeadParser::check_host(std::string_view text) {
  if (hosts_ > 1) {
    fail(400);
    return false;
  }
  if (hosts_ == 0 && !head_.http_1_0 && head_.method.in(text) != "CONNECT") {
    fail(400, "missing required Host header");
    return false;
  }
  if (hosts_ == 1 && !is_host(host_.in(text))) {
    fail(400, "malformed Host header");
    return false;
  }
  return true;
}

}  // namespace limen::transport
